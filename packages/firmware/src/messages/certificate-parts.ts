import { assembleCertificate, assembledSize, assembleInto, type DiceAlgorithm } from '@rootcap/dice';
import type { FirmwareContext } from '../context.ts';
import { emptyVarSizeResponse, VAR_SIZE_DATA_OFFSET } from './response.ts';

/** Certificates that the device keeps as signed part and signature. */
export type CertifiedLayer = 'ldevid' | 'fmc-alias' | 'rt-alias';

const SIGNATURE_SIZE: Readonly<Record<DiceAlgorithm, number>> = { 'ecdsa-p384': 96, mldsa87: 4627 };

interface CertificateParts {
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signed part, empty if there is none yet, and signature in the size of its place. */
function storedParts(
  { persistent: { rom, fw, fht, dataVault } }: FirmwareContext,
  layer: CertifiedLayer,
  algorithm: DiceAlgorithm,
): CertificateParts {
  const ecc = algorithm === 'ecdsa-p384';
  switch (layer) {
    case 'ldevid':
      return ecc
        ? {
            tbs: cut(rom.slice('ecc_ldevid_tbs'), fht.get('ecc_ldevid_tbs_size')),
            signature: dataVault.get('ldev_dice_ecc_signature'),
          }
        : {
            tbs: cut(rom.slice('mldsa_ldevid_tbs'), fht.get('mldsa_ldevid_tbs_size')),
            signature: dataVault.slice('ldev_dice_mldsa_signature'),
          };
    case 'fmc-alias':
      return ecc
        ? {
            tbs: cut(rom.slice('ecc_fmcalias_tbs'), fht.get('ecc_fmcalias_tbs_size')),
            signature: dataVault.get('fmc_dice_ecc_signature'),
          }
        : {
            tbs: cut(rom.slice('mldsa_fmcalias_tbs'), fht.get('mldsa_fmcalias_tbs_size')),
            signature: dataVault.slice('fmc_dice_mldsa_signature'),
          };
    case 'rt-alias':
      return ecc
        ? {
            tbs: cut(fw.slice('ecc_rtalias_tbs'), fht.get('rtalias_ecc_tbs_size')),
            signature: fht.get('rt_dice_ecc_sign'),
          }
        : {
            tbs: cut(fw.slice('mldsa_rtalias_tbs'), fw.get('rtalias_mldsa_tbs_size')),
            signature: fw.slice('rt_dice_mldsa_sign'),
          };
  }
}

function cut(area: Uint8Array, size: number): Uint8Array {
  return area.subarray(0, size);
}

function partsOf(
  context: FirmwareContext,
  layer: CertifiedLayer,
  algorithm: DiceAlgorithm,
): CertificateParts | undefined {
  const { tbs, signature } = storedParts(context, layer, algorithm);
  return tbs.length === 0 ? undefined : { tbs, signature: signature.subarray(0, SIGNATURE_SIZE[algorithm]) };
}

/** DER of a certificate that ROM or FMC made; undefined before they did. */
export function storedCertificate(
  context: FirmwareContext,
  layer: CertifiedLayer,
  algorithm: DiceAlgorithm,
): Uint8Array | undefined {
  const parts = partsOf(context, layer, algorithm);
  return parts && assembleCertificate(algorithm, parts.tbs, parts.signature);
}

/** Response with the same certificate, assembled in its place; undefined before there is one. */
export function certificateResponse(
  context: FirmwareContext,
  layer: CertifiedLayer,
  algorithm: DiceAlgorithm,
): Uint8Array | undefined {
  const parts = partsOf(context, layer, algorithm);
  if (parts === undefined) return undefined;
  const { tbs, signature } = parts;
  const response = emptyVarSizeResponse(assembledSize(algorithm, tbs.length, signature));
  assembleInto(response, VAR_SIZE_DATA_OFFSET, algorithm, tbs, signature);
  return response;
}
