import {
  type DiceAlgorithm,
  deviceFlags,
  deviceInfoHash,
  effectiveFuseSvn,
  fmcAliasTbs,
  fmcTcbInfos,
  fmcTcbInfos20,
  ldevidTbs,
  type MeasuredGeneration,
  ownerInfoHash,
  type TcbInfo,
  type Validity,
  vendorInfoHash,
} from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type DiceLayer, signWith } from '../dice-layer.ts';
import { eraseKey } from '../drivers/key-vault.ts';
import { deviceUeid } from '../fuses.ts';
import { measuredState } from '../measured-state.ts';

/** Where the parts of one certificate are kept until somebody asks for it. */
interface Place {
  readonly tbs: 'ecc_ldevid_tbs' | 'mldsa_ldevid_tbs' | 'ecc_fmcalias_tbs' | 'mldsa_fmcalias_tbs';
  readonly size: 'ecc_ldevid_tbs_size' | 'mldsa_ldevid_tbs_size' | 'ecc_fmcalias_tbs_size' | 'mldsa_fmcalias_tbs_size';
  readonly signature:
    | 'ldev_dice_ecc_signature'
    | 'ldev_dice_mldsa_signature'
    | 'fmc_dice_ecc_signature'
    | 'fmc_dice_mldsa_signature';
  readonly publicKey: 'ldev_dice_ecc_pub_key' | 'ldev_dice_mldsa_pub_key' | 'fmc_ecc_pub_key' | 'fmc_mldsa_pub_key';
  readonly tooLarge: 'ROM_GLOBAL_UNSUPPORTED_LDEVID_TBS_SIZE' | 'ROM_GLOBAL_UNSUPPORTED_FMCALIAS_TBS_SIZE';
}

const LDEVID_PLACES: Readonly<Record<DiceAlgorithm, Place>> = {
  'ecdsa-p384': {
    tbs: 'ecc_ldevid_tbs',
    size: 'ecc_ldevid_tbs_size',
    signature: 'ldev_dice_ecc_signature',
    publicKey: 'ldev_dice_ecc_pub_key',
    tooLarge: 'ROM_GLOBAL_UNSUPPORTED_LDEVID_TBS_SIZE',
  },
  mldsa87: {
    tbs: 'mldsa_ldevid_tbs',
    size: 'mldsa_ldevid_tbs_size',
    signature: 'ldev_dice_mldsa_signature',
    publicKey: 'ldev_dice_mldsa_pub_key',
    tooLarge: 'ROM_GLOBAL_UNSUPPORTED_LDEVID_TBS_SIZE',
  },
};

const FMC_ALIAS_PLACES: Readonly<Record<DiceAlgorithm, Place>> = {
  'ecdsa-p384': {
    tbs: 'ecc_fmcalias_tbs',
    size: 'ecc_fmcalias_tbs_size',
    signature: 'fmc_dice_ecc_signature',
    publicKey: 'fmc_ecc_pub_key',
    tooLarge: 'ROM_GLOBAL_UNSUPPORTED_FMCALIAS_TBS_SIZE',
  },
  mldsa87: {
    tbs: 'mldsa_fmcalias_tbs',
    size: 'mldsa_fmcalias_tbs_size',
    signature: 'fmc_dice_mldsa_signature',
    publicKey: 'fmc_mldsa_pub_key',
    tooLarge: 'ROM_GLOBAL_UNSUPPORTED_FMCALIAS_TBS_SIZE',
  },
};

/** Names of issuer and subject, as every certificate of a layer has them. */
export function certificateNames(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  issuer: DiceLayer,
  subject: DiceLayer,
) {
  const authority = issuer[algorithm];
  const own = subject[algorithm];
  return {
    generation: context.profile.templates,
    ueid: deviceUeid(context.chip.soc),
    publicKey: own.encoded,
    serialNumber: own.certificateSerialNumber,
    subjectSerialNumber: own.subjectSerialNumber,
    subjectKeyIdentifier: own.subjectKeyIdentifier,
    issuerSerialNumber: authority.subjectSerialNumber,
    authorityKeyIdentifier: authority.subjectKeyIdentifier,
  };
}

/** Signs the LDevID certificate with IDevID, whose key is erased right after. */
export function certifyLdevid(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  idevid: DiceLayer,
  ldevid: DiceLayer,
): void {
  const tbs = ldevidTbs(algorithm, certificateNames(context, algorithm, idevid, ldevid));
  certify(context, algorithm, idevid, ldevid, tbs, LDEVID_PLACES[algorithm]);
}

/** Signs the FMC alias certificate with LDevID, whose key is erased right after. */
export function certifyFmcAlias(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  ldevid: DiceLayer,
  fmcAlias: DiceLayer,
  validity: Validity,
): void {
  const tbs = fmcAliasTbs(algorithm, {
    ...certificateNames(context, algorithm, ldevid, fmcAlias),
    validity,
    tcbInfos: fmcAliasTcbInfos(context, context.profile.measured),
  });
  certify(context, algorithm, ldevid, fmcAlias, tbs, FMC_ALIAS_PLACES[algorithm]);
}

function certify(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  issuer: DiceLayer,
  subject: DiceLayer,
  tbs: Uint8Array,
  place: Place,
): void {
  const { chip, persistent } = context;
  const signature = signWith(context, algorithm, issuer[algorithm], tbs);
  eraseKey(chip, issuer[algorithm].slot);
  const area = persistent.rom.slice(place.tbs);
  if (tbs.length > area.length) throw new RotError(place.tooLarge);
  persistent.dataVault.slice(place.signature).fill(0);
  persistent.dataVault.set(place.signature, registerForm(algorithm, signature));
  persistent.dataVault.set(place.publicKey, subject[algorithm].publicKey);
  persistent.fht.set(place.size, tbs.length);
  area.set(tbs);
}

/** ML-DSA signatures lie in registers and memory with one zero byte behind them. */
export function registerForm(algorithm: DiceAlgorithm, signature: Uint8Array): Uint8Array {
  if (algorithm === 'ecdsa-p384') return signature;
  const output = new Uint8Array(4628);
  output.set(signature);
  return output;
}

/** What the FMC alias certificate and CSR say of device and firmware. */
export function fmcAliasTcbInfos(context: FirmwareContext, generation: MeasuredGeneration): readonly TcbInfo[] {
  const { provider } = context;
  const { soc } = context.chip;
  const { dataVault } = context.persistent;
  const state = measuredState(context);
  const vendorPkHash = soc.bytes('FUSE_VENDOR_PK_HASH');
  const ownerPkHash = dataVault.get('owner_pk_hash');
  const firmware = { fmcTci: dataVault.get('fmc_tci'), fwSvn: dataVault.get('cold_boot_fw_svn') & 0xff };
  if (generation === '2.0')
    return fmcTcbInfos20({
      ...firmware,
      deviceInfoHash: deviceInfoHash(provider, vendorPkHash, ownerPkHash, state),
      deviceFlags: deviceFlags(state),
      fuseSvn: effectiveFuseSvn(state),
    });
  return fmcTcbInfos({
    ...firmware,
    ownerInfoHash: ownerInfoHash(provider, ownerPkHash, state),
    vendorInfoHash: vendorInfoHash(provider, generation, vendorPkHash, state),
  });
}
