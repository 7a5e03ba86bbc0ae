import { type ErrorName, errorName, RotError } from '@rootcap/errors';
import {
  type AnyDefinedCommand,
  type AnyLayout,
  COMMAND_ID,
  type CommandName,
  commandCatalogue,
  commandName,
  decodeResponse,
  ExternalMailboxCmdReq,
  encodeRequest,
  type Messages,
  type MessagesOf,
  messagesOf,
  type RequestFields,
  type RequestLength,
  type ResponseFields,
  sealMessage,
} from '@rootcap/firmware';
import type { MailboxStatus } from '@rootcap/hardware';
import type { Device } from './device.ts';
import { DeviceError, wrongState } from './device-error.ts';

export interface MailboxResponse {
  readonly status: MailboxStatus;
  /** Empty unless status is DATA_READY. */
  readonly data: Uint8Array;
}

export interface ExecuteOptions {
  /** AXI user of the sender. Default the device's. */
  readonly axiUser?: number;
}

/** A command by its name, or one of one's own. */
export type Callable = CommandName | AnyDefinedCommand;

type MessagesFor<C extends Callable> = C extends CommandName ? MessagesOf<C> : C extends Messages ? C : never;

/** Fields of a command's request; raw bytes for a command without a layout, such as FIRMWARE_LOAD. */
export type CallFields<C extends Callable> = RequestFields<MessagesFor<C>>;
/** Fields of a command's response; its bytes if it has no layout. */
export type CallResponse<C extends Callable> = ResponseFields<MessagesFor<C>>;

/** What can be left out altogether: fields all of which have defaults. */
type MayBeLeftOut<F> = undefined extends F ? true : Record<never, never> extends F ? true : false;
type CallArguments<C extends Callable> =
  MayBeLeftOut<CallFields<C>> extends true
    ? [fields?: CallFields<C>, options?: ExecuteOptions]
    : [fields: CallFields<C>, options?: ExecuteOptions];

/** The SoC's mailbox client. */
export class DeviceMailbox {
  readonly #device: Device;
  readonly #axiUser: number;

  constructor(device: Device, axiUser: number) {
    this.#device = device;
    this.#axiUser = axiUser;
  }

  /**
   * Runs a command with the fields of its request: the checksum, sizes and counts follow from them, reserved fields and what
   * plain JavaScript leaves out are zero bytes.
   *
   * @returns the fields of its response, data cut to its size
   * @throws RotError with the code in the device's error register if the command fails with one, DeviceError if it fails without,
   *   or the device cannot take it; StructError naming a field that does not exist or does not fit
   */
  call<C extends Callable>(command: C, ...[fields, options]: CallArguments<C>): CallResponse<C> {
    const { id, request, response, length } = callee(command, this.#device.state);
    this.#requireRunning('mailbox.call');
    const message = messageOf(id, request, length, fields);
    const { status, data } = this.#send('mailbox.call', id, message, options);
    if (status === 'CMD_FAILURE') {
      this.#throwError(id);
      const state = this.#device.state;
      const finding = `, and its firmware failed ${this.#nameOf(id)} without a code`;
      throw new DeviceError('no-reason', 'mailbox.call', state, finding, 'see what the command asks for');
    }
    if (status === 'CMD_BUSY') throw wrongState('mailbox.call', this.#device.state, this.#device.step().for);
    return (response === undefined ? data : decodeResponse(response, data)) as CallResponse<C>;
  }

  /**
   * Runs a command whose body is given without checksum.
   *
   * @param command - name or id
   * @returns response with its header
   * @throws RotError with the code in the device's error register if the command fails with one; DeviceError if another
   *   agent holds the mailbox, or the core does not run yet
   */
  execute(
    command: CommandName | number,
    body: Uint8Array = new Uint8Array(0),
    options?: ExecuteOptions,
  ): MailboxResponse {
    const id = typeof command === 'number' ? command : COMMAND_ID[command];
    if (id === undefined) throw new RangeError(`command: ${command} is not a mailbox command`);
    this.#requireRunning('mailbox.execute');
    const message = new Uint8Array(4 + body.length);
    message.set(body, 4);
    const response = this.#send('mailbox.execute', id, sealMessage(id, message), options);
    if (response.status === 'CMD_FAILURE') this.#throwError(id);
    return response;
  }

  /**
   * What goes into the mailbox for a message: the message itself, or EXTERNAL_MAILBOX_CMD if it is too large for a
   * subsystem's mailbox. It then lies in the staging area.
   */
  envelope(id: number, message: Uint8Array): { readonly command: number; readonly data: Uint8Array } {
    const { mailbox, soc, stagingArea, straps } = this.#device.chip;
    const fits = message.length <= mailbox.sram.length || message.length > stagingArea.bytes.length;
    if (fits || !soc.subsystemMode || this.#device.state !== 'runtime') return { command: id, data: message };
    stagingArea.write(0, message);
    const address = BigInt(straps.stagingBase);
    const request = ExternalMailboxCmdReq.encode({
      hdr: { chksum: 0 },
      command_id: id,
      command_size: message.length,
      axi_address_start_low: Number(address & 0xffff_ffffn),
      axi_address_start_high: Number(address >> 32n),
    });
    const command = COMMAND_ID.EXTERNAL_MAILBOX_CMD;
    return { command, data: sealMessage(command, request) };
  }

  /**
   * Sends a whole message as it is and runs the firmware until it answers.
   *
   * @returns status `CMD_BUSY` if the firmware waits for something else first, such as fuses or a recovery image; the
   *   command then stays in the mailbox
   * @throws DeviceError if another agent holds the mailbox, or an unanswered command is still in it
   */
  send(id: number, message: Uint8Array, options?: ExecuteOptions): MailboxResponse {
    return this.#send('mailbox.send', id, message, options);
  }

  #send(
    operation: string,
    id: number,
    message: Uint8Array,
    { axiUser = this.#axiUser }: ExecuteOptions = {},
  ): MailboxResponse {
    const { mailbox } = this.#device.chip;
    if (!mailbox.send({ axiUser, ...this.envelope(id, message) })) throw mailboxLocked(operation, this.#device);
    this.#device.run(() => mailbox.status() !== 'CMD_BUSY');
    const status = mailbox.status();
    const data = status === 'DATA_READY' ? mailbox.response(axiUser) : new Uint8Array(0);
    if (status !== 'CMD_BUSY') {
      mailbox.release(axiUser);
      this.#device.run();
    }
    if (this.#device.observed)
      this.#device.emit({
        kind: 'command',
        id,
        name: commandName(id),
        status,
        requestSize: message.length,
        responseSize: data.length,
      });
    return { status, data };
  }

  #requireRunning(operation: string): void {
    const { state } = this.#device;
    if (state === 'awaiting-fuses') throw wrongState(operation, state, 'fuses');
  }

  #nameOf(id: number): string {
    const own = this.#device.options.commands.find((command) => command.id === id);
    return own?.name ?? commandName(id) ?? `command 0x${id.toString(16)}`;
  }

  #throwError(id: number): void {
    const { fatal, nonFatal } = this.#device.errors;
    const symbol: ErrorName | undefined = errorName(fatal) ?? errorName(nonFatal);
    if (symbol !== undefined) throw new RotError(symbol, this.#nameOf(id));
  }
}

interface Callee {
  readonly id: number;
  readonly request?: AnyLayout;
  readonly response?: AnyLayout;
  readonly length: RequestLength;
}

/** @throws RangeError for a name that is none */
function callee(command: Callable, state: Device['state']): Callee {
  if (typeof command !== 'string') return command as unknown as Callee;
  const id = COMMAND_ID[command];
  if (id === undefined) throw new RangeError(`command: ${String(command)} is not a mailbox command`);
  const { rom, runtime } = commandCatalogue().find((entry) => entry.name === command) ?? {};
  const use = state === 'runtime' ? runtime : rom;
  return { id, ...messagesOf(command), length: use?.length ?? 'shorter' };
}

/** A whole message: sealed, unless the command takes raw bytes. */
function messageOf(id: number, request: AnyLayout | undefined, length: RequestLength, fields: unknown): Uint8Array {
  if (request !== undefined) return sealMessage(id, encodeRequest(request, (fields ?? {}) as never, { length }));
  const raw = fields ?? new Uint8Array(0);
  if (!(raw instanceof Uint8Array)) throw new TypeError('fields: the command takes bytes, not fields');
  return raw;
}

const AGENTS = { soc: 'the SoC', tap: 'the debugger', uc: 'the core', none: 'nobody' } as const;

/** Somebody holds the mailbox whose lock `operation` wants. */
export function mailboxLocked(operation: string, { chip: { mailbox }, state }: Device): DeviceError {
  const pending = mailbox.pending();
  const waiting = pending === undefined ? '' : `, ${commandName(pending.command) ?? 'a command'} waits in it`;
  const finding = `, the mailbox is locked by ${AGENTS[mailbox.owner]}${waiting}`;
  return new DeviceError(
    'mailbox-locked',
    operation,
    state,
    finding,
    "release it with chip.mailbox.release(), or reset('warm')",
  );
}
