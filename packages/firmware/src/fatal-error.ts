import { RotError } from '@rootcap/errors';
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
export function* fatalError(context: FirmwareContext, code: number, stage: 'rom' | 'firmware'): Firmware {
  zeroizeEngines(context);
  stopWatchdog(context.chip);
  if (stage === 'rom') yield* waitForDeviceReset(context);
  context.reportError('CPTRA_FW_ERROR_FATAL', code);
  context.reportError('CPTRA_FW_ERROR_NON_FATAL', code);
  yield* failCommands(context);
}

/** Fails whatever command is or will be in the mailbox, forever. */
export function* failCommands(context: FirmwareContext): Firmware {
  for (;;) {
    yield* mailboxCommand(context, 'fatal');
    context.chip.mailbox.complete('CMD_FAILURE');
  }
}

const WAIT_FOR_DEVICE_RESET = 2;

/**
 * A strap lets the recovery initiator look at the device before ROM reports the error. ROM does not care whether the
 * interface can be read: if nothing answers where the straps say it is, there is nobody to wait for.
 */
function* waitForDeviceReset({ chip: { soc }, drivers: { recovery } }: FirmwareContext): Firmware {
  if (!soc.subsystemMode || (soc.get('SS_STRAP_GENERIC', 3) & WAIT_FOR_DEVICE_RESET) === 0) return;
  const ready = (): boolean => {
    try {
      return recovery.deviceResetRequested;
    } catch (error) {
      if (error instanceof RotError) return true;
      throw error;
    }
  };
  while (!ready()) yield { for: 'device-reset', ready };
}
