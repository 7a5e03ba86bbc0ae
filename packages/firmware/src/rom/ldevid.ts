import { utf8ToBytes } from '@rootcap/crypto';
import { KeyUsage } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { type DiceLayer, deriveKeyPairs, describeLayer } from '../dice-layer.ts';
import { eraseKey } from '../drivers/key-vault.ts';
import { CDI_USAGE, KEY_ID } from '../key-ids.ts';
import { certifyLdevid } from './certificates.ts';

const SLOTS = { ecc: KEY_ID.LDEVID_ECDSA_PRIV_KEY, mldsa: KEY_ID.LDEVID_MLDSA_KEYPAIR_SEED } as const;
const LABELS = { ecc: 'ldevid_ecc_key', mldsa: 'ldevid_mldsa_key' } as const;

/**
 * Local device identity: mixes the field entropy into the CDI, so that a new owner gets new keys.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/ldev_id.rs
 */
export function* deriveLdevid(context: FirmwareContext, idevid: DiceLayer): Firmware<DiceLayer> {
  deriveStableRoot(context, 'stable_identity_root_idev', KEY_ID.STABLE_IDEV);
  deriveCdi(context);
  yield* report(context, 'LDevIdCdiDerivationComplete');
  deriveStableRoot(context, 'stable_identity_root_ldev', KEY_ID.STABLE_LDEV);

  const publicKeys = deriveKeyPairs(context, KEY_ID.ROM_FMC_CDI, SLOTS, LABELS);
  yield* report(context, 'LDevIdKeyPairDerivationComplete');
  const ldevid = describeLayer(context, SLOTS, publicKeys);
  yield* report(context, 'LDevIdSubjIdSnGenerationComplete');
  yield* report(context, 'LDevIdSubjKeyIdGenerationComplete');

  certifyLdevid(context, 'ecdsa-p384', idevid, ldevid);
  certifyLdevid(context, 'mldsa87', idevid, ldevid);
  yield* report(context, 'LDevIdCertSigGenerationComplete');
  yield* report(context, 'LDevIdDerivationComplete');
  return ldevid;
}

/** The layer again from what ROM left in the data vault, for a device that resumes while it waits for firmware. */
export function storedLdevid(context: FirmwareContext): DiceLayer {
  const { dataVault } = context.persistent;
  return describeLayer(context, SLOTS, {
    ecc: dataVault.get('ldev_dice_ecc_pub_key'),
    mldsa: dataVault.get('ldev_dice_mldsa_pub_key'),
  });
}

/** Two plain HMACs, not the KDF: over the label, then over the field entropy. */
function deriveCdi({ chip, drivers }: FirmwareContext): void {
  const cdi = { slot: KEY_ID.ROM_FMC_CDI };
  drivers.hmac.macToSlot(cdi, utf8ToBytes('ldevid_cdi'), { ...cdi, usage: KeyUsage.HMAC_KEY });
  drivers.hmac.macToSlot(cdi, { slot: KEY_ID.FE }, { ...cdi, usage: CDI_USAGE });
  eraseKey(chip, KEY_ID.FE);
}

/** Root of keys that stay the same across firmware updates. The write lock keeps later firmware from replacing it. */
function deriveStableRoot({ chip, drivers }: FirmwareContext, label: string, slot: number): void {
  drivers.hmac.kdf({ slot: KEY_ID.ROM_FMC_CDI }, label, { slot, usage: KeyUsage.AES_KEY });
  chip.keyVault.lockWrite(slot);
}
