import { DEFAULT_HANDLE, DpeError, DERIVE_CONTEXT_FLAGS as FLAGS, runCommand } from '@rootcap/dpe';
import type { FirmwareContext } from '../../context.ts';
import { withDpe } from './invoke.ts';

/** A measurement that becomes the new default context of a locality, on top of the old one. */
export interface Measurement {
  /** 48 bytes. */
  readonly measurement: Uint8Array;
  readonly tciType: number;
  readonly svn: number;
  /** Locality of the new context. */
  readonly locality: number;
  /** Locality of the context below it, if it is another one. */
  readonly from?: number;
}

const MEASUREMENT_FLAGS =
  FLAGS.MAKE_DEFAULT |
  FLAGS.CHANGE_LOCALITY |
  FLAGS.ALLOW_NEW_CONTEXT_TO_EXPORT |
  FLAGS.INPUT_ALLOW_X509 |
  FLAGS.ALLOW_RECURSIVE;

/** Derives a context as the runtime does for every measurement it is given. @returns the DPE's refusal, if it refused */
export function deriveMeasurement(
  context: FirmwareContext,
  { measurement, tciType, svn, locality, from = locality }: Measurement,
): DpeError | undefined {
  try {
    withDpe(context, 'ecdsa-p384', { withUeid: true }, (env) =>
      runCommand(env, from, {
        name: 'DeriveContext',
        request: {
          handle: DEFAULT_HANDLE,
          data: measurement,
          flags: MEASUREMENT_FLAGS,
          tci_type: tciType,
          target_locality: locality,
          svn,
        },
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof DpeError) return error;
    throw error;
  }
}
