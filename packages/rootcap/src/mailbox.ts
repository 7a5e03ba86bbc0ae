import { type ErrorName, errorName, RotError } from '@rootcap/errors';
import { COMMAND_ID, type CommandName, commandName, ExternalMailboxCmdReq, sealMessage } from '@rootcap/firmware';
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

/** The SoC's mailbox client. */
export class DeviceMailbox {
  readonly #device: Device;
  readonly #axiUser: number;

  constructor(device: Device, axiUser: number) {
    this.#device = device;
    this.#axiUser = axiUser;
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
    const { state } = this.#device;
    if (state === 'awaiting-fuses') throw wrongState('mailbox.execute', state, 'fuses');
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

  #throwError(id: number): void {
    const { fatal, nonFatal } = this.#device.errors;
    const symbol: ErrorName | undefined = errorName(fatal) ?? errorName(nonFatal);
    if (symbol !== undefined) throw new RotError(symbol, commandName(id) ?? `command 0x${id.toString(16)}`);
  }
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
