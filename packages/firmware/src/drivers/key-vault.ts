import { RotError } from '@rootcap/errors';
import type { Chip } from '@rootcap/hardware';

/** Erases a slot. @throws RotError if the slot is locked. @see caliptra-sw:drivers/src/key_vault.rs */
export function eraseKey(chip: Chip, slot: number): void {
  if (chip.keyVault.isUseLocked(slot)) throw new RotError('DRIVER_KV_ERASE_USE_LOCK_SET_FAILURE', `slot ${slot}`);
  if (chip.keyVault.isWriteLocked(slot)) throw new RotError('DRIVER_KV_ERASE_WRITE_LOCK_SET_FAILURE', `slot ${slot}`);
  chip.keyVault.clear(slot);
}

/** Erases a PCR. @throws RotError if it is locked. @see caliptra-sw:drivers/src/pcr_bank.rs */
export function erasePcr(chip: Chip, index: number): void {
  if (!chip.pcrBank.clear(index)) throw new RotError('DRIVER_PCR_BANK_ERASE_WRITE_LOCK_SET_FAILURE', `PCR ${index}`);
}
