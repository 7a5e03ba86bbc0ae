import { RotError } from '@rootcap/errors';
import { BOOT_STATUS } from '../boot-status.ts';
import type { FirmwareContext } from '../context.ts';
import { KEY_ID } from '../key-ids.ts';
import { ROM_MAJOR_VERSION, ROM_MARKER } from '../memory/persistent-data.ts';
import { lockOcpLockKeys } from './ocp-lock.ts';

/** Key-vault locks go with every reset while the keys stay: ROM locks its long-lived keys anew. */
export function relockKeys(context: FirmwareContext): void {
  const { keyVault } = context.chip;
  lockOcpLockKeys(context);
  for (const slot of [KEY_ID.STABLE_IDEV, KEY_ID.STABLE_LDEV, KEY_ID.STABLE_OWNER]) keyVault.lockWrite(slot);
}

/** @throws RotError if data memory does not hold what a ROM of this major version left */
export function requireRomData({ persistent: { rom } }: FirmwareContext): void {
  if (rom.get('marker') !== ROM_MARKER) throw new RotError('ROM_INVALID_ROM_PERSISTENT_DATA_MARKER');
  if (rom.get('major_version') !== ROM_MAJOR_VERSION) throw new RotError('ROM_INVALID_ROM_PERSISTENT_DATA_VERSION');
}

/**
 * Nothing is derived or loaded: the firmware in ICCM runs again, if the resets before went well.
 *
 * @see caliptra-sw:rom/dev/src/flow/warm_reset.rs
 */
export function warmReset(context: FirmwareContext): void {
  const { dataVault } = context.persistent;
  relockKeys(context);
  requireRomData(context);
  if (dataVault.get('rom_cold_boot_status') !== BOOT_STATUS.ColdResetComplete)
    throw new RotError('ROM_WARM_RESET_UNSUCCESSFUL_PREVIOUS_COLD_RESET');
  if (dataVault.get('rom_update_reset_status') === BOOT_STATUS.UpdateResetStarted)
    throw new RotError('ROM_WARM_RESET_UNSUCCESSFUL_PREVIOUS_UPDATE_RESET');
}
