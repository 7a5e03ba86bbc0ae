import { UC_AXI_USER } from '@rootcap/hardware';
import type { FirmwareContext } from './context.ts';
import { type Firmware, mailboxCommand } from './coroutine.ts';
import { stopWatchdog } from './drivers/watchdog.ts';

/** Zeroizes every engine and every key slot that is not write-locked, and takes the SHA accelerator for good. */
export function zeroizeEngines({ chip }: FirmwareContext): void {
  for (const engine of [chip.aes, chip.ecc, chip.hmac, chip.abr, chip.sha256, chip.sha512]) engine.zeroize();
  chip.keyVault.clearAll();
  chip.shaAccelerator.tryLock('uc', UC_AXI_USER);
}

/**
 * The end of a firmware that found something it cannot live with: secrets go, the code shows in both error registers,
 * and every command from now on fails. Only a reset leads out.
 *
 * @see caliptra-sw:common/src/error_handler.rs
 */
export function* fatalError(context: FirmwareContext, code: number): Firmware {
  const { soc } = context.chip;
  zeroizeEngines(context);
  stopWatchdog(context.chip);
  yield* waitForDeviceReset(context);
  soc.set('CPTRA_FW_ERROR_FATAL', code);
  soc.set('CPTRA_FW_ERROR_NON_FATAL', code);
  yield* failCommands(context);
}

/** Fails whatever command is or will be in the mailbox, forever. */
export function* failCommands(context: FirmwareContext): Firmware {
  for (;;) {
    yield* mailboxCommand(context, 'fatal');
    context.chip.mailbox.complete('CMD_FAILURE');
  }
}

/** A strap lets the recovery initiator look at the device before it reports the error. */
function* waitForDeviceReset({ chip: { soc }, drivers: { recovery } }: FirmwareContext): Firmware {
  const wait = soc.subsystemMode && (soc.get('SS_STRAP_GENERIC', 3) & 2) !== 0;
  while (wait && !recovery.deviceResetRequested)
    yield { for: 'device-reset', ready: () => recovery.deviceResetRequested };
}
