import { BOOT_STATUS } from '../boot-status.ts';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import type { DiceLayer } from '../dice-layer.ts';
import { ROM_MAJOR_VERSION, ROM_MARKER, ROM_MINOR_VERSION } from '../memory/persistent-data.ts';
import { BOOT_MODE } from '../memory/tables.ts';
import { initializeFht } from './fht.ts';
import { processFirmware } from './firmware-processor.ts';
import { deriveFmcAlias } from './fmc-alias.ts';
import { deriveIdevid } from './idevid.ts';
import { deriveLdevid } from './ldevid.ts';

/**
 * From secrets in fuses to the FMC alias certificate.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/mod.rs
 */
export function* coldReset(context: FirmwareContext): Firmware {
  const { rom, dataVault } = context.persistent;
  yield* report(context, 'ColdResetStarted');
  rom.set('marker', ROM_MARKER);
  rom.set('major_version', ROM_MAJOR_VERSION);
  rom.set('minor_version', ROM_MINOR_VERSION);
  rom.set('boot_mode', BOOT_MODE.Normal);
  dataVault.set('rom_cold_boot_status', BOOT_STATUS.ColdResetStarted);
  initializeFht(context);

  const idevid = yield* deriveIdevid(context);
  const ldevid = yield* deriveLdevid(context, idevid);
  generateCmbAesKey(context);
  yield* bootFirmware(context, ldevid);
}

/** The part of cold reset from the wait for firmware on. */
export function* bootFirmware(context: FirmwareContext, ldevid: DiceLayer): Firmware {
  const validity = yield* processFirmware(context);
  yield* deriveFmcAlias(context, ldevid, validity);
  context.persistent.dataVault.set('rom_cold_boot_status', BOOT_STATUS.ColdResetComplete);
  yield* report(context, 'ColdResetComplete');
}

/** Key, in two shares, that wraps the keys of the cryptographic mailbox until the next cold reset. */
function generateCmbAesKey({ chip, persistent }: FirmwareContext): void {
  for (const share of ['cmb_aes_key_share0', 'cmb_aes_key_share1'] as const) {
    // The words of the response are kept as little-endian words.
    const words = new DataView(chip.trng.generate().slice().buffer);
    const stored = new DataView(new ArrayBuffer(32));
    for (let i = 0; i < 32; i += 4) stored.setUint32(i, words.getUint32(i, false), true);
    persistent.rom.set(share, new Uint8Array(stored.buffer));
  }
}
