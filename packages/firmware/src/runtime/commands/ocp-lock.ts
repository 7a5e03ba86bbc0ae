import { RotError } from '@rootcap/errors';
import {
  type FieldTable,
  LOCK_COMMANDS,
  LOCK_SPEC_COMMANDS,
  type LockCommand,
  type LockCommandName,
} from '@rootcap/ocp-lock';
import { type Struct, struct } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { COMMAND_ID } from '../../messages/command-ids.ts';
import { MailboxReqHeader, MailboxRespHeader } from '../../messages/layouts/header.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import type { RuntimeCommand } from '../command.ts';
import type { AnyDefinedCommand } from '../define-command.ts';
import { chipLockPort } from '../ocp-lock/port.ts';

/** @throws RotError RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND unless the chip has OCP LOCK */
function requireOcpLock({ chip: { soc } }: FirmwareContext): void {
  if (!soc.ocpLockEnabled) throw new RotError('RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND');
}

type Message = Readonly<Record<string, unknown>>;

/** A command of the block as one of the mailbox: only for privilege level 0, which is asked before its length. */
function mailboxCommand(name: string, id: number, command: LockCommand): RuntimeCommand & AnyDefinedCommand {
  const request = struct(`${name}_REQ`, { hdr: MailboxReqHeader, ...command.request }) as unknown as Struct<Message>;
  const response = struct(`${name}_RESP`, {
    hdr: MailboxRespHeader,
    ...command.response,
  }) as unknown as Struct<Message>;
  const built = {
    id,
    name,
    request,
    response,
    length: command.length,
    lengthError: 'RUNTIME_MAILBOX_INVALID_PARAMS',
    pl0: 'first',
    requires: requireOcpLock,
    handle(context: FirmwareContext, fields: Message) {
      const lock = {
        port: chipLockPort(context),
        state: context.state.runtime.ocpLock,
        conformance: context.options.conformance,
      };
      return response.encode({ hdr: RESPONSE_HEADER, ...command.handle(lock, fields) });
    },
  };
  return built as unknown as RuntimeCommand & AnyDefinedCommand;
}

/** @see caliptra-sw:runtime/src/ocp_lock */
export const OCP_LOCK_COMMANDS: readonly RuntimeCommand[] = (Object.keys(LOCK_COMMANDS) as LockCommandName[]).map(
  (short) => {
    const name = `OCP_LOCK_${short}` as const;
    return mailboxCommand(name, COMMAND_ID[name], LOCK_COMMANDS[short] as unknown as LockCommand<FieldTable>);
  },
);

/** ASCII of "LKAT". Specification 1.1, LOAD_KAT_MEK */
const LOAD_KAT_MEK_ID = 0x4c4b_4154;

/** Commands that a device gets, or gets otherwise, with `conformance: 'spec-1.1'`. */
export const OCP_LOCK_SPEC_COMMANDS = {
  TEST_ACCESS_KEY: mailboxCommand(
    'OCP_LOCK_TEST_ACCESS_KEY',
    COMMAND_ID.OCP_LOCK_TEST_ACCESS_KEY,
    LOCK_SPEC_COMMANDS.TEST_ACCESS_KEY as unknown as LockCommand,
  ),
  LOAD_KAT_MEK: mailboxCommand(
    'OCP_LOCK_LOAD_KAT_MEK',
    LOAD_KAT_MEK_ID,
    LOCK_SPEC_COMMANDS.LOAD_KAT_MEK as unknown as LockCommand,
  ),
} as const;
