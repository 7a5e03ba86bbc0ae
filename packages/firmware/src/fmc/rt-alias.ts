import { type DiceAlgorithm, rtAliasTbs, rtTcbInfo, type Validity } from '@rootcap/dice';
import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { type DiceLayer, deriveKeyPairs, describeLayer, signWith } from '../dice-layer.ts';
import { CDI_USAGE, KEY_ID } from '../key-ids.ts';
import { certificateNames, registerForm } from '../rom/certificates.ts';
import { keyHandle } from '../rom/fht.ts';
import { FMC_ALIAS_LABELS } from '../rom/fmc-alias.ts';
import { certificateValidity } from '../rom/load-firmware.ts';
import { handedOverFmcAlias, handedOverSlot } from './hand-off.ts';

const SLOTS = { ecc: KEY_ID.RT_ECDSA_PRIV_KEY, mldsa: KEY_ID.RT_MLDSA_KEYPAIR_SEED } as const;
export const RT_ALIAS_LABELS = { ecc: 'alias_rt_ecc_key', mldsa: 'alias_rt_mldsa_key' } as const;
const OWN_SLOTS: readonly number[] = [KEY_ID.RT_CDI, SLOTS.ecc, SLOTS.mldsa, KEY_ID.TMP];

/**
 * Identity of the runtime: its CDI depends on the digest of the runtime image. Afterwards nobody can use the FMC alias
 * keys any more, except the hardware to sign PCRs.
 *
 * @see caliptra-sw:fmc/src/flow/rt_alias.rs
 */
export function* deriveRtAlias(context: FirmwareContext): Firmware {
  const { drivers, persistent } = context;
  const fmcCdi = handedOverSlot(context, 'fmc_cdi_kv_hdl');
  const fmcAlias = authority(context, fmcCdi);
  refuseCollision(fmcCdi, 'FMC_CDI_KV_COLLISION');
  refuseCollision(fmcAlias['ecdsa-p384'].slot, 'FMC_ALIAS_KV_COLLISION');
  refuseCollision(fmcAlias.mldsa87.slot, 'FMC_ALIAS_KV_COLLISION');

  const cdi = { slot: KEY_ID.RT_CDI, usage: CDI_USAGE };
  drivers.hmac.kdf({ slot: fmcCdi }, 'alias_rt_cdi', cdi, persistent.dataVault.get('rt_tci'));
  yield* report(context, 'RtAliasDeriveCdiComplete');
  const publicKeys = deriveKeyPairs(context, cdi.slot, SLOTS, RT_ALIAS_LABELS);
  yield* report(context, 'RtAliasKeyPairDerivationComplete');
  const rtAlias = describeLayer(context, SLOTS, publicKeys);
  yield* report(context, 'RtAliasSubjIdSnGenerationComplete');
  yield* report(context, 'RtAliasSubjKeyIdGenerationComplete');

  const validity = certificateValidity({ header: persistent.manifest.get('header') });
  certify(context, 'ecdsa-p384', fmcCdi, fmcAlias, rtAlias, validity);
  certify(context, 'mldsa87', fmcCdi, fmcAlias, rtAlias, validity);
  yield* report(context, 'RtAliasCertSigGenerationComplete');
  yield* report(context, 'RtAliasDerivationComplete');
  updateHandoff(context, publicKeys.ecc);
}

function refuseCollision(slot: number, symbol: ErrorName): void {
  if (OWN_SLOTS.includes(slot)) throw new RotError(symbol, `slot ${slot}`);
}

/**
 * The FMC alias keys. A warm reset with debug unlocked wiped the key vault, so that FMC makes keys anew from what is in
 * the CDI's slot; they only serve to let the firmware run.
 */
function authority(context: FirmwareContext, fmcCdi: number): DiceLayer {
  const { soc } = context.chip;
  if (soc.resetReason !== 'warm' || soc.debugLocked) return handedOverFmcAlias(context);
  const slots = {
    ecc: handedOverSlot(context, 'fmc_ecc_priv_key_kv_hdl'),
    mldsa: handedOverSlot(context, 'fmc_mldsa_keypair_seed_kv_hdl'),
  };
  return describeLayer(context, slots, deriveKeyPairs(context, fmcCdi, slots, FMC_ALIAS_LABELS));
}

function certify(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  fmcCdi: number,
  fmcAlias: DiceLayer,
  rtAlias: DiceLayer,
  validity: Validity,
): void {
  const { keyVault } = context.chip;
  const { dataVault } = context.persistent;
  const tbs = rtAliasTbs(algorithm, {
    ...certificateNames(context, algorithm, fmcAlias, rtAlias),
    validity,
    tcbInfo: rtTcbInfo(
      { rtTci: dataVault.get('rt_tci'), fwSvn: dataVault.get('fw_svn') & 0xff },
      context.profile.templates,
    ),
  });
  const authorityKey = fmcAlias[algorithm];
  const signature = signWith(context, algorithm, authorityKey, tbs);
  keyVault.lockUse(authorityKey.slot);
  keyVault.lockUse(fmcCdi);
  store(context, algorithm, tbs, signature);
}

function store(
  { persistent: { fht, fw } }: FirmwareContext,
  algorithm: DiceAlgorithm,
  tbs: Uint8Array,
  signature: Uint8Array,
): void {
  const ecc = algorithm === 'ecdsa-p384';
  const area = fw.slice(ecc ? 'ecc_rtalias_tbs' : 'mldsa_rtalias_tbs');
  if (tbs.length > area.length)
    throw new RotError(ecc ? 'FMC_RT_ALIAS_ECC_TBS_SIZE_EXCEEDED' : 'FMC_RT_ALIAS_MLDSA_TBS_SIZE_EXCEEDED');
  area.set(tbs);
  if (ecc) {
    fht.set('rt_dice_ecc_sign', signature);
    fht.set('rtalias_ecc_tbs_size', tbs.length);
  } else {
    fw.set('rt_dice_mldsa_sign', registerForm(algorithm, signature));
    fw.set('rtalias_mldsa_tbs_size', tbs.length);
  }
}

function updateHandoff({ persistent: { fht } }: FirmwareContext, eccPublicKey: Uint8Array): void {
  fht.set('rt_cdi_kv_hdl', keyHandle(KEY_ID.RT_CDI));
  fht.set('rt_ecc_priv_key_kv_hdl', keyHandle(SLOTS.ecc));
  fht.set('rt_mldsa_keypair_seed_kv_hdl', keyHandle(SLOTS.mldsa));
  fht.set('rt_dice_ecc_pub_key', eccPublicKey);
}
