import { KeyUsage } from '@rootcap/hardware';
import { ROM_LABELS } from '@rootcap/ocp-lock';
import type { FirmwareContext } from '../context.ts';
import { eraseKey } from '../drivers/key-vault.ts';
import { KEY_ID } from '../key-ids.ts';

/**
 * HEK and MDK of OCP LOCK, while the IDevID CDI is in its slot. The seed and the intermediate key are erased in every
 * case.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/ocp_lock.rs
 */
export function deriveOcpLockKeys({ chip, drivers: { hmac } }: FirmwareContext): void {
  const intermediate = { slot: KEY_ID.TMP, usage: KeyUsage.HMAC_KEY };
  try {
    hmac.macToSlot({ slot: KEY_ID.ROM_FMC_CDI }, { slot: KEY_ID.HEK_SEED }, intermediate);
    hmac.kdf(intermediate, ROM_LABELS.hek, { slot: KEY_ID.HEK, usage: KeyUsage.HMAC_KEY });
  } finally {
    eraseKey(chip, KEY_ID.HEK_SEED);
    eraseKey(chip, KEY_ID.TMP);
  }
  hmac.kdf({ slot: KEY_ID.ROM_FMC_CDI }, ROM_LABELS.mdk, { slot: KEY_ID.MDK, usage: KeyUsage.AES_KEY });
}

/** Ends the LOCK part of ROM: no HEK without a seed that was reported good, and no later change of the two keys. */
export function completeOcpLock(context: FirmwareContext): void {
  const { chip, persistent } = context;
  if (persistent.ocpLockMetadata.get('hek_available') === 0) eraseKey(chip, KEY_ID.HEK);
  lockOcpLockKeys(context);
  chip.soc.setField('SS_OCP_LOCK_CTRL', 'lock_in_progress', 1);
}

export function lockOcpLockKeys({ chip }: FirmwareContext): void {
  chip.keyVault.lockWrite(KEY_ID.HEK);
  chip.keyVault.lockWrite(KEY_ID.MDK);
}
