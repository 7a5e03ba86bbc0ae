import type { AnyLayout } from './all-layouts.ts';
import { COMMAND_ID, type CommandName } from './messages/command-ids.ts';
import { messagesOf } from './messages/interface.ts';
import { ROM_COMMANDS } from './rom/commands/table.ts';
import type { Pl0Rule, RequestLength } from './runtime/command.ts';
import { RUNTIME_COMMANDS } from './runtime/commands/table.ts';

/** How a stage takes a command: how it judges the length of a request, and who may send it. */
export interface CommandUse {
  readonly length: RequestLength;
  readonly pl0?: Pl0Rule;
}

/** A command of the mailbox interface, whether the firmware of the model has it or not. */
export interface CommandEntry {
  readonly name: CommandName;
  readonly id: number;
  /** The id as text: its four characters. */
  readonly code: string;
  readonly rom?: CommandUse;
  readonly runtime?: CommandUse;
  /** Absent: raw bytes without checksum. */
  readonly request?: AnyLayout;
  /** Absent: only a status. */
  readonly response?: AnyLayout;
}

/** Commands that the course of a stage takes itself; they are in no table of handlers. */
const IN_ROM: Partial<Record<CommandName, CommandUse>> = {
  FIRMWARE_LOAD: { length: 'raw' },
  RI_DOWNLOAD_FIRMWARE: { length: 'any' },
  RI_DOWNLOAD_ENCRYPTED_FIRMWARE: { length: 'any' },
  MANUF_DEBUG_UNLOCK_REQ_TOKEN: { length: 'exact' },
  PRODUCTION_AUTH_DEBUG_UNLOCK_REQ: { length: 'exact' },
  PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN: { length: 'exact' },
};
const IN_RUNTIME: Partial<Record<CommandName, CommandUse>> = {
  FIRMWARE_LOAD: { length: 'raw' },
  FIRMWARE_VERIFY: { length: 'raw' },
  EXTERNAL_MAILBOX_CMD: { length: 'exact' },
};

function romUse(name: CommandName): CommandUse | undefined {
  const command = ROM_COMMANDS.find((candidate) => candidate.name === name);
  return command === undefined ? IN_ROM[name] : { length: command.length };
}

function runtimeUse(name: CommandName): CommandUse | undefined {
  const command = RUNTIME_COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) return IN_RUNTIME[name];
  return { length: command.length, ...(command.pl0 === undefined ? {} : { pl0: command.pl0 }) };
}

function entryOf(name: CommandName): CommandEntry {
  const id = COMMAND_ID[name];
  const rom = romUse(name);
  const runtime = runtimeUse(name);
  return {
    name,
    id,
    code: String.fromCharCode(id >>> 24, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff),
    ...(rom === undefined ? {} : { rom }),
    ...(runtime === undefined ? {} : { runtime }),
    ...messagesOf(name),
  };
}

let entries: readonly CommandEntry[] | undefined;

/** Every command of the interface, in its order. */
export function commandCatalogue(): readonly CommandEntry[] {
  entries ??= (Object.keys(COMMAND_ID) as CommandName[]).map(entryOf);
  return entries;
}
