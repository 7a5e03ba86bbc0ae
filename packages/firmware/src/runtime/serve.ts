import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import type { Firmware } from '../coroutine.ts';
import { hasValidChecksum, sealMessage } from '../messages/checksum.ts';
import { COMMAND_ID } from '../messages/command-ids.ts';
import { headerOnly } from '../messages/response.ts';
import { takesExternalCommands } from '../profile.ts';
import { type Handled, isCoroutine, type RuntimeCommand, runCommand } from './command.ts';
import { externalCommand, readExternalRequest } from './external-command.ts';
import { verifyExternalFirmware, verifyMailboxFirmware } from './firmware-verify.ts';

const RESERVED_AXI_USER = 0xffff_ffff;

/** What a sender who withdrew its command at once leaves. */
const NOTHING_PENDING = { command: 0, dlen: 0, axiUser: 0 } as const;

/** What the runtime does after a command. */
export type Outcome = 'continue' | 'shutdown' | 'update';

type CommandTable = ReadonlyMap<number, RuntimeCommand>;

/** A command and what it answers, or will; or the wish for an update, which has no answer. */
type Call = { readonly id: number; readonly handled: Handled | Firmware<Handled> } | 'update';

/** Runs the command in the mailbox and answers it. */
export function* serve(context: FirmwareContext, commands: CommandTable): Firmware<Outcome> {
  const { mailbox } = context.chip;
  try {
    const call = callPending(context, commands);
    if (call === 'update') return 'update';
    const { id, handled } = call;
    const response = (isCoroutine(handled) ? yield* handled : handled) ?? headerOnly();
    if (response.length > mailbox.sram.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
    mailbox.respond(sealMessage(0, response));
    return id === COMMAND_ID.SHUTDOWN ? 'shutdown' : 'continue';
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    context.reportError('CPTRA_FW_ERROR_NON_FATAL', error.code);
    mailbox.complete('CMD_FAILURE');
    return 'continue';
  }
}

/** Two commands carry a firmware bundle as it is: no checksum, no layout. */
function callPending(context: FirmwareContext, commands: CommandTable): Call {
  const { mailbox } = context.chip;
  const { command: id, dlen, axiUser } = mailbox.pending() ?? NOTHING_PENDING;
  if (axiUser === RESERVED_AXI_USER) throw new RotError('RUNTIME_CMD_RESERVED_PAUSER');
  if (id === COMMAND_ID.FIRMWARE_LOAD) return 'update';
  if (id === COMMAND_ID.FIRMWARE_VERIFY) return { id, handled: verifyMailboxFirmware(context, dlen) };
  const message = mailbox.request();
  if (dlen > mailbox.sram.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${dlen} bytes`);
  requireSealed(id, message);
  if (id === COMMAND_ID.EXTERNAL_MAILBOX_CMD && takesExternalCommands(context))
    return callExternal(context, commands, message);
  return call(context, commands, id, message);
}

/** A command that is too large for the mailbox of a subsystem. */
function callExternal(context: FirmwareContext, commands: CommandTable, message: Uint8Array): Call {
  const external = externalCommand(context, message);
  const { id } = external;
  if (id === COMMAND_ID.FIRMWARE_LOAD) return 'update';
  if (id === COMMAND_ID.FIRMWARE_VERIFY) return { id, handled: verifyExternalFirmware(context, external) };
  const request = readExternalRequest(context, external);
  requireSealed(id, request);
  return call(context, commands, id, request);
}

/** @throws RotError if there is no header, or its checksum is wrong */
function requireSealed(id: number, message: Uint8Array): void {
  if (message.length < 4) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${message.length} bytes`);
  if (!hasValidChecksum(id, message)) throw new RotError('RUNTIME_INVALID_CHECKSUM');
}

function call(context: FirmwareContext, commands: CommandTable, id: number, message: Uint8Array): Call {
  const command = commands.get(id);
  if (command === undefined) throw new RotError('RUNTIME_UNIMPLEMENTED_COMMAND');
  return { id, handled: runCommand(context, command, message) };
}
