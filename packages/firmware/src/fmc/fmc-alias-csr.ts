import { assembleCsr, type DiceAlgorithm, fmcAliasCsrTbs, measuredGeneration } from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type DiceLayer, signWith } from '../dice-layer.ts';
import { deviceUeid } from '../fuses.ts';
import { UNPROVISIONED_CSR } from '../memory/persistent-data.ts';
import { fmcAliasTcbInfos } from '../rom/certificates.ts';
import { handedOverFmcAlias } from './hand-off.ts';

/**
 * CSRs with which an owner's CA can certify the FMC alias keys.
 *
 * @see caliptra-sw:fmc/src/flow/fmc_alias_csr.rs
 */
export function makeFmcAliasCsrs(context: FirmwareContext): void {
  const { fmcAliasCsrs } = context.persistent;
  const fmcAlias = handedOverFmcAlias(context);
  const ecc = makeCsr(context, 'ecdsa-p384', fmcAlias);
  fmcAliasCsrs.slice('ecc_csr').set(fitting(ecc, fmcAliasCsrs.slice('ecc_csr').length));
  fmcAliasCsrs.set('ecc_csr_len', ecc.length);
  const mldsa = makeCsr(context, 'mldsa87', fmcAlias);
  fmcAliasCsrs.slice('mldsa_csr').set(fitting(mldsa, fmcAliasCsrs.slice('mldsa_csr').length));
  fmcAliasCsrs.set('mldsa_csr_len', mldsa.length);
}

/** @returns undefined if FMC made none */
export function storedFmcAliasCsr(
  { persistent: { fmcAliasCsrs } }: FirmwareContext,
  algorithm: DiceAlgorithm,
): Uint8Array | undefined {
  const ecc = algorithm === 'ecdsa-p384';
  const length = fmcAliasCsrs.get(ecc ? 'ecc_csr_len' : 'mldsa_csr_len');
  if (length === UNPROVISIONED_CSR) return undefined;
  return fmcAliasCsrs.slice(ecc ? 'ecc_csr' : 'mldsa_csr').subarray(0, length);
}

/** The same for a command. @throws RotError if there is none */
export function requireFmcAliasCsr(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array {
  const csr = storedFmcAliasCsr(context, algorithm);
  if (csr === undefined) throw new RotError('RUNTIME_GET_FMC_CSR_UNPROVISIONED');
  if (csr.length === 0) throw new RotError('RUNTIME_GET_FMC_CSR_UNSUPPORTED_FMC');
  return csr;
}

function fitting(csr: Uint8Array, size: number): Uint8Array {
  if (csr.length > size) throw new RotError('FMC_ALIAS_CSR_OVERFLOW');
  return csr;
}

function makeCsr(context: FirmwareContext, algorithm: DiceAlgorithm, fmcAlias: DiceLayer): Uint8Array {
  const { soc } = context.chip;
  const romVersion = soc.get('CPTRA_FW_REV_ID', 0) & 0xffff;
  const key = fmcAlias[algorithm];
  const tbs = fmcAliasCsrTbs(algorithm, {
    generation: context.profile.templates,
    ueid: deviceUeid(soc),
    publicKey: key.encoded,
    subjectSerialNumber: key.subjectSerialNumber,
    // FMC follows the ROM it finds, so that its CSR says what ROM's certificate says.
    tcbInfos: fmcAliasTcbInfos(context, measuredGeneration(romVersion)),
  });
  return assembleCsr(algorithm, tbs, signWith(context, algorithm, key, tbs));
}
