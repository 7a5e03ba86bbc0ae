import { type ErrorName, RotError } from '@rootcap/errors';
import type { Struct } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import type { Firmware } from '../coroutine.ts';
import { COMMAND_ID, type CommandName } from '../messages/command-ids.ts';
import { ensurePl0 } from './privilege.ts';

/**
 * How the length of a request is judged: `exact` size of its struct, `shorter` requests filled up with zeros, `any`
 * because the body is not looked at, or `raw`: the handler gets the message as it is.
 */
export type RequestLength = 'exact' | 'shorter' | 'any' | 'raw';

/**
 * Whether a command is for privilege level 0 only, and when that is checked: `first`, before its length; `decoded`, right
 * after the length; `own`, by the handler after other checks; `sometimes`, by the handler for some requests.
 */
export type Pl0Rule = 'first' | 'decoded' | 'own' | 'sometimes';

/**
 * A mailbox command of the runtime, as data: help, docs and tests read the same entry. A prototype adds its own by
 * passing one to `createDevice({ commands })`.
 */
export interface RuntimeCommand<Request = never> {
  readonly id: number;
  readonly name: string;
  readonly request: Struct<Request>;
  readonly length: RequestLength;
  /** Code for a request of another length. Default RUNTIME_INSUFFICIENT_MEMORY. */
  readonly lengthError?: ErrorName;
  /** Absent: any client may send it. */
  readonly pl0?: Pl0Rule;
  /** Asked before anything else. @throws RotError if this device does not have what the command is about */
  readonly requires?: (context: FirmwareContext) => void;
  /**
   * @returns the response with an empty checksum, which the mailbox seals; nothing for a response of header only
   * @throws RotError to refuse; the command then leaves no trace
   */
  handle(context: FirmwareContext, request: Request): Handled | Firmware<Handled>;
}

/** What a command answers; the few that have to wait for others are coroutines. */
export type Handled = Uint8Array | undefined;

/** Declares a command of the interface. */
export function runtimeCommand<Request>(
  name: CommandName,
  length: RequestLength,
  request: Struct<Request>,
  handle: RuntimeCommand<Request>['handle'],
  lengthError?: ErrorName,
): RuntimeCommand {
  const command: RuntimeCommand<Request> = {
    id: COMMAND_ID[name],
    name,
    request,
    length,
    ...(lengthError === undefined ? {} : { lengthError }),
    handle,
  };
  return command as unknown as RuntimeCommand;
}

/** Declares a command that takes its request apart itself; `request` is how it is laid out. */
export function rawCommand(
  name: CommandName,
  request: { readonly name: string },
  handle: (context: FirmwareContext, message: Uint8Array) => Handled | Firmware<Handled>,
): RuntimeCommand {
  return { id: COMMAND_ID[name], name, request: request as never, length: 'raw', handle: handle as never };
}

/** The same command for privilege level 0 only. */
export function pl0Only(rule: Pl0Rule, command: RuntimeCommand): RuntimeCommand {
  return { ...command, pl0: rule };
}

/** Decodes a request by its length class and runs the command, up to the first wait if it has to wait for others. */
export function runCommand(
  context: FirmwareContext,
  command: RuntimeCommand,
  message: Uint8Array,
): Handled | Firmware<Handled> {
  command.requires?.(context);
  if (command.pl0 === 'first') ensurePl0(context);
  const request = decodeRequest(command, message);
  if (command.pl0 === 'decoded') ensurePl0(context);
  return command.handle(context, request as never);
}

/** Whether a command has yet to give its answer. */
export function isCoroutine(handled: Handled | Firmware<Handled>): handled is Firmware<Handled> {
  return !(handled === undefined || handled instanceof Uint8Array);
}

function decodeRequest(command: RuntimeCommand, message: Uint8Array): unknown {
  const { request, length, lengthError } = command;
  if (length === 'raw') return message;
  if (length === 'any') return request.decodeFrom(message);
  return decodeSized(request, length, message, lengthError);
}

/** @throws RotError `lengthError` for a message longer than its struct, or shorter than an `exact` one */
export function decodeSized<Request>(
  request: Struct<Request>,
  length: 'exact' | 'shorter',
  message: Uint8Array,
  lengthError: ErrorName = 'RUNTIME_INSUFFICIENT_MEMORY',
): Request {
  if (message.length === request.size) return request.decode(message);
  if (length === 'exact' || message.length > request.size) throw new RotError(lengthError, `${message.length} bytes`);
  const whole = new Uint8Array(request.size);
  whole.set(message);
  return request.decode(whole);
}
