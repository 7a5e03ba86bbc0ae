import { RotError } from '@rootcap/errors';
import {
  type FieldTable,
  LOCK_COMMANDS,
  LOCK_SPEC_COMMANDS,
  type Lock,
  type LockCommand,
  type LockCommandName,
} from '@rootcap/ocp-lock';
import type { FirmwareContext } from '../../context.ts';
import { COMMAND_ID } from '../../messages/command-ids.ts';
import type { RuntimeCommand } from '../command.ts';
import { type DefinedCommand, defineCommand } from '../define-command.ts';
import { chipLockPort } from '../ocp-lock/port.ts';

/** @throws RotError RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND unless the chip has OCP LOCK */
function requireOcpLock({ chip: { soc } }: FirmwareContext): void {
  if (!soc.ocpLockEnabled) throw new RotError('RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND');
}

function lockOf(context: FirmwareContext): Lock {
  const { options, state } = context;
  return { port: chipLockPort(context), state: state.runtime.ocpLock, conformance: options.conformance };
}

/** A command of the block as one of the mailbox: only for privilege level 0, which is asked before its length. */
function mailboxCommand<const Request extends FieldTable, const Response extends FieldTable>(
  name: string,
  id: number,
  { length, request, response, handle }: LockCommand<Request, Response>,
): DefinedCommand<Request, Response> {
  const command = defineCommand<Request, Response>({
    name,
    id,
    request,
    response,
    length,
    pl0: 'first',
    handle: (context, fields) => handle(lockOf(context), fields),
  });
  return { ...command, lengthError: 'RUNTIME_MAILBOX_INVALID_PARAMS', requires: requireOcpLock };
}

/** @see caliptra-sw:runtime/src/ocp_lock */
export const OCP_LOCK_COMMANDS = (Object.keys(LOCK_COMMANDS) as LockCommandName[]).map((short) => {
  const name = `OCP_LOCK_${short}` as const;
  const command: LockCommand = LOCK_COMMANDS[short];
  return mailboxCommand(name, COMMAND_ID[name], command);
}) as readonly unknown[] as readonly RuntimeCommand[];

/** ASCII of "LKAT". Specification 1.1, LOAD_KAT_MEK */
const LOAD_KAT_MEK_ID = 0x4c4b_4154;
const { TEST_ACCESS_KEY, LOAD_KAT_MEK } = LOCK_SPEC_COMMANDS;

/** Commands that a device gets, or gets otherwise, with `conformance: 'spec-1.1'`. */
export const OCP_LOCK_SPEC_COMMANDS = {
  TEST_ACCESS_KEY: mailboxCommand('OCP_LOCK_TEST_ACCESS_KEY', COMMAND_ID.OCP_LOCK_TEST_ACCESS_KEY, TEST_ACCESS_KEY),
  LOAD_KAT_MEK: mailboxCommand('OCP_LOCK_LOAD_KAT_MEK', LOAD_KAT_MEK_ID, LOAD_KAT_MEK),
} as const;
