import type { DiceAlgorithm } from '@rootcap/dice';
import {
  CALIPTRA_CERTIFICATE_SPACE,
  CALIPTRA_COMPATIBILITY,
  type DpeCrypto,
  type DpeEnvironment,
  DpeError,
  ML_DSA_87,
  P384_SHA384,
} from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import type { LayerKey } from '../../dice-layer.ts';
import { aliasKey, rederiveAlias } from '../alias-keys.ts';
import { RuntimeDpeCrypto } from './crypto.ts';
import { runtimeDpePlatform } from './platform.ts';
import { dpeState } from './state.ts';

/** Algorithm of the alias key that certifies → DPE profile. */
export const DPE_PROFILES = { 'ecdsa-p384': P384_SHA384, mldsa87: ML_DSA_87 } as const;

export interface InvokeOptions {
  /** Whether certificates of exported CDIs can be made. */
  readonly withUeid: boolean;
  /** DMTF device information for a certificate. */
  readonly deviceInfo?: Uint8Array | undefined;
  /** Room for the DPE response, in bytes. */
  readonly maxResponseSize?: number;
}

/** Lends the DPE's cryptography to an operation and erases whatever that derived. */
export function withDpeCrypto<T>(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  alias: LayerKey,
  operation: (crypto: DpeCrypto) => T,
): T {
  const crypto = new RuntimeDpeCrypto(context, algorithm, alias);
  try {
    return operation(crypto);
  } finally {
    crypto.eraseDerived();
  }
}

/**
 * Runs one operation on the DPE of the runtime. Whatever it derived is erased afterwards, also where it is refused.
 *
 * @throws DpeError
 * @see caliptra-sw:runtime/src/invoke_dpe.rs (invoke_dpe_cmd), lib.rs (ec_dpe_env, mldsa_dpe_env)
 */
export function withDpe<T>(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  options: InvokeOptions,
  operation: (env: DpeEnvironment) => T,
): T {
  const alias = dpeInternal(() => aliasKey(context, algorithm));
  // Once for the issuer's name, once for the signature.
  rederiveAlias(context, algorithm);
  return withDpeCrypto(context, algorithm, alias, (crypto) =>
    operation({
      profile: DPE_PROFILES[algorithm],
      state: dpeState(context),
      crypto,
      platform: runtimeDpePlatform(context, algorithm, alias, options),
      statuses: context.profile.dpeStatuses,
      reservedCertificateSize: CALIPTRA_CERTIFICATE_SPACE,
      ...(context.options.dpeRootSizedTcbInfos === true ? { compatibility: CALIPTRA_COMPATIBILITY } : {}),
      ...(options.maxResponseSize === undefined ? {} : { maxResponseSize: options.maxResponseSize }),
    }),
  );
}

/** An environment that cannot be made is an internal error of the DPE. */
function dpeInternal<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RotError) throw new DpeError('InternalError', error.message);
    throw error;
  }
}

/** Leaves what the DPE adds to its status, such as the code of a driver, where the SoC can read it. */
export function reportDpeDetail({ chip: { soc } }: FirmwareContext, { detail }: DpeError): void {
  if (detail !== undefined) soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', detail, 0);
}
