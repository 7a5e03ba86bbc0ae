import { RotError } from '@rootcap/errors';
import { ImageManifest, pl0PauserOf } from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';

/** Whether the sender of the current command has privilege level 0; without the header's flag nobody has. */
function callerIsPl0(context: FirmwareContext): boolean {
  const { header } = ImageManifest.decode(context.persistent.rom.slice('manifest1'));
  const sender = context.chip.mailbox.pending()?.axiUser;
  return sender !== undefined && sender === pl0PauserOf(header);
}

/** @throws RotError RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL */
export function ensurePl0(context: FirmwareContext): void {
  if (!callerIsPl0(context)) throw new RotError('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL');
}
