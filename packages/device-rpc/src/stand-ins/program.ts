import type { Firmware, FirmwareContext } from '@rootcap/firmware';
import type { Chip } from '@rootcap/hardware';

/** What a program of a test bench does with a command: without checksums and headers. */
export type TestCommand =
  | {
      /** @returns the response, or that there is none */
      answer(context: FirmwareContext, request: Uint8Array): Uint8Array | 'complete';
    }
  | { run(context: FirmwareContext): Firmware };

/** Commands by id. */
export type Program = ReadonlyMap<number, TestCommand>;

/** EXTERNAL_MAILBOX_CMD: the command proper is the second word of the request. */
const EXTERNAL_MAILBOX_CMD = 0x4558_544d;

/** Bytes of each word in memory order: registers hold big-endian words, the core stores them little-endian. */
export function wordsInMemory(bytes: Uint8Array): Uint8Array {
  const swapped = bytes.slice();
  for (let i = 0; i < swapped.length; i += 4) swapped.subarray(i, i + 4).reverse();
  return swapped;
}

/** Waits until a command stands in the mailbox. */
export function* pendingCommand({ mailbox }: Chip): Firmware {
  const ready = (): boolean => mailbox.pending() !== undefined;
  while (!ready()) yield { for: 'mailbox-command', ready };
}

/** Waits until the command that nobody answers is withdrawn. */
export function* unanswered({ mailbox }: Chip): Firmware {
  const ready = (): boolean => mailbox.pending() === undefined;
  while (!ready()) yield { for: 'mailbox-idle', ready };
}

/** Answers the pending command. @returns false if the program does not know it */
export function* serve(context: FirmwareContext, program: Program): Firmware<boolean> {
  const { mailbox } = context.chip;
  const pending = mailbox.pending();
  if (pending === undefined) return true;
  const request = mailbox.request();
  const id = pending.command === EXTERNAL_MAILBOX_CMD ? secondWord(request) : pending.command;
  const command = program.get(id);
  if (command === undefined) return false;
  if ('run' in command) yield* command.run(context);
  else {
    const response = command.answer(context, request);
    if (response === 'complete') mailbox.complete('CMD_COMPLETE');
    else mailbox.respond(response);
  }
  return true;
}

function secondWord(request: Uint8Array): number {
  return request.length < 8 ? 0 : new DataView(request.buffer, request.byteOffset, 8).getUint32(4, true);
}

/** Has the core reset itself, with whatever stands in the mailbox. */
export function* triggerUpdateReset({ chip: { soc } }: FirmwareContext): Firmware {
  soc.setField('INTERNAL_FW_UPDATE_RESET', 'core_rst', 1);
  for (;;) yield { for: 'update-reset', ready: () => false };
}
