import { type DpeCommand, readBody } from './commands/command.ts';
import { DPE_COMMANDS, type DpeCommandName, type DpeRequest } from './commands/table.ts';
import type { DpeEnvironment } from './environment.ts';
import { COMMAND_MAGIC, CommandHdr, RESPONSE_MAGIC, ResponseHdr } from './messages.ts';
import type { DpeProfile } from './profiles.ts';
import { DpeError, OCP_STATUSES } from './statuses.ts';

/** A command as it came: `name` tells which request it is. */
export type ParsedCommand = {
  readonly [Name in DpeCommandName]: { readonly name: Name; readonly request: DpeRequest<Name> };
}[DpeCommandName];

const BY_ID: ReadonlyMap<number, DpeCommandName> = new Map(
  (Object.keys(DPE_COMMANDS) as DpeCommandName[]).map((name) => [DPE_COMMANDS[name].id, name]),
);

/**
 * Reads a command. Bytes behind it are ignored; the header's profile does not matter to GetProfile.
 *
 * @throws DpeError InvalidCommand for a bad header, another profile or an unknown command, InvalidArgument for a body
 *   that is too short. Caliptra firmware fails the mailbox command then; the reference simulator stops.
 */
export function parseCommand(profile: DpeProfile, input: Uint8Array): ParsedCommand {
  if (input.length < CommandHdr.size)
    throw new DpeError('InvalidCommand', `${input.length} bytes, at least ${CommandHdr.size} expected`);
  const header = CommandHdr.decodeFrom(input);
  if (header.magic !== COMMAND_MAGIC)
    throw new DpeError('InvalidCommand', `magic: ${header.magic}, ${COMMAND_MAGIC} expected`);
  const name = BY_ID.get(header.cmd_id);
  if (name !== 'GetProfile' && header.profile !== profile.id)
    throw new DpeError('InvalidCommand', `profile: ${header.profile}, ${profile.id} expected`);
  if (name === undefined) throw new DpeError('InvalidCommand', `cmd_id: ${header.cmd_id} is not known`);
  const command = DPE_COMMANDS[name] as DpeCommand<unknown>;
  const body = input.subarray(CommandHdr.size);
  const request = readBody(command.request(profile, body), body);
  command.validate?.(request);
  return { name, request } as ParsedCommand;
}

/**
 * Executes a parsed command.
 *
 * @param locality - of the caller, 32 bits
 * @returns the whole response
 * @throws DpeError if it is refused: nothing has changed, except that an exported CDI may have been kept
 */
export function runCommand(env: DpeEnvironment, locality: number, { name, request }: ParsedCommand): Uint8Array {
  if (env.state.hashSize !== env.profile.hashSize)
    throw new RangeError(
      `state: hashes of ${env.state.hashSize} bytes, ${env.profile.name} has ${env.profile.hashSize}`,
    );
  try {
    return (DPE_COMMANDS[name] as DpeCommand<unknown>).handle(env, locality, request);
  } finally {
    env.crypto.clear?.();
  }
}

/** The answer to a refused command: the header alone, 12 bytes. */
export function errorResponse(
  { profile, statuses = OCP_STATUSES }: Pick<DpeEnvironment, 'profile' | 'statuses'>,
  { status }: DpeError,
): Uint8Array {
  return ResponseHdr.encode({ magic: RESPONSE_MAGIC, status: statuses[status], profile: profile.id });
}

/**
 * Answers a command as it came, also one that cannot be read.
 *
 * @param locality - of the caller, 32 bits
 * @returns the response; a refusal is its status
 */
export function executeCommand(env: DpeEnvironment, locality: number, input: Uint8Array): Uint8Array {
  try {
    return runCommand(env, locality, parseCommand(env.profile, input));
  } catch (error) {
    if (error instanceof DpeError) return errorResponse(env, error);
    throw error;
  }
}

/** A command with its header, as a client sends it. @throws StructError if a field does not fit */
export function encodeCommand<Name extends DpeCommandName>(
  profile: DpeProfile,
  name: Name,
  request: DpeRequest<Name>,
): Uint8Array {
  const command = DPE_COMMANDS[name] as DpeCommand<unknown>;
  return commandWith(profile, name, command.request(profile).encode(request));
}

/** A command whose body is encoded already. */
export function commandWith(profile: DpeProfile, name: DpeCommandName, body: Uint8Array): Uint8Array {
  const output = new Uint8Array(CommandHdr.size + body.length);
  const cmd_id = DPE_COMMANDS[name].id;
  output.set(CommandHdr.encode({ magic: COMMAND_MAGIC, cmd_id, profile: profile.id }));
  output.set(body, CommandHdr.size);
  return output;
}
