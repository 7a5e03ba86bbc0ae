import type { DpeError } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import { u32 } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { PCR_ID } from '../../rom/pcrs.ts';
import { privilegeOf } from '../privilege.ts';
import { requireFreeContext } from './contexts.ts';
import { reportDpeDetail } from './invoke.ts';
import { MANAGED_CONTEXTS, rememberManagedContext } from './managed-contexts.ts';
import { deriveMeasurement } from './measure.ts';

/** Firmware id of the MCU's firmware, whose context the runtime keeps itself. */
const MCU_FW_ID = 2;

export interface StashRequest {
  /** TCI type, or firmware id: 4 bytes. */
  readonly metadata: Uint8Array;
  /** 48 bytes. */
  readonly measurement: Uint8Array;
  readonly svn: number;
  readonly locality: number;
  /** Whether the measurement was verified against the SoC manifest: only then it may be the MCU's. */
  readonly verified?: boolean;
}

/**
 * Measures what the SoC will run: a DPE context on top of the locality's default one, and PCR 31.
 *
 * @returns the DPE's refusal, if it refused: PCR 31 then stays as it is
 * @throws RotError if there are too many contexts, or the id is reserved
 * @see caliptra-sw:runtime/src/stash_measurement.rs
 */
export function stashMeasurement(context: FirmwareContext, request: StashRequest): DpeError | undefined {
  const { metadata, measurement, svn, locality, verified = false } = request;
  const id = u32.read(metadata, 0);
  const isMcu = id === MCU_FW_ID;
  if (isMcu && !verified) throw new RotError('RUNTIME_STASH_MEASUREMENT_RESERVED_FW_ID');
  requireFreeContext(context, privilegeOf(context, locality));
  const tciType = isMcu ? MANAGED_CONTEXTS.mcu_rt : id;
  const refusal = deriveMeasurement(context, { measurement, tciType, svn, locality });
  if (refusal !== undefined) {
    reportDpeDetail(context, refusal);
    return refusal;
  }
  if (isMcu) rememberManagedContext(context, 'mcu_rt', locality);
  context.chip.pcrBank.extend(PCR_ID.STASH_MEASUREMENT, measurement);
  return undefined;
}
