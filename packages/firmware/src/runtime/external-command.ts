import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { dmaRead } from '../drivers/dma.ts';
import type { CommandName } from '../messages/command-ids.ts';
import { COMMAND_MESSAGES, messagesOf } from '../messages/interface.ts';
import { ExternalMailboxCmdReq } from '../messages/layouts/soc-firmware.ts';
import { ensurePl0 } from './privilege.ts';

/** A command whose bytes lie in the SoC's memory. */
export interface ExternalCommand {
  readonly id: number;
  /** Bytes. */
  readonly size: number;
  readonly address: bigint;
}

/** The word by which the firmware's union of all requests is larger than the largest of them. */
const UNION_TAG_SIZE = 4;

/** Largest request of the interface, plus the tag. @see caliptra-sw:api/src/mailbox.rs (MAX_REQ_SIZE) */
const MAX_REQUEST_SIZE =
  Math.max(...(Object.keys(COMMAND_MESSAGES) as CommandName[]).map((name) => messagesOf(name).request?.size ?? 0)) +
  UNION_TAG_SIZE;

/**
 * Reads what EXTERNAL_MAILBOX_CMD says.
 *
 * @throws RotError if the caller has not privilege level 0, or the request has another size
 * @see caliptra-sw:runtime/src/lib.rs (handle_command)
 */
export function externalCommand(context: FirmwareContext, message: Uint8Array): ExternalCommand {
  ensurePl0(context);
  if (message.length !== ExternalMailboxCmdReq.size)
    throw new RotError('RUNTIME_INSUFFICIENT_MEMORY', `${message.length} bytes`);
  const request = ExternalMailboxCmdReq.decode(message);
  return {
    id: request.command_id,
    size: request.command_size,
    address: (BigInt(request.axi_address_start_high) << 32n) | BigInt(request.axi_address_start_low),
  };
}

/** The inner request: whole words of it. @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS if no request is that large */
export function readExternalRequest({ chip }: FirmwareContext, { address, size }: ExternalCommand): Uint8Array {
  if (size > MAX_REQUEST_SIZE) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `command_size ${size}`);
  const length = size & ~3;
  // Nothing to read touches no bus, whatever the address is.
  return length === 0 ? new Uint8Array(0) : dmaRead(chip, address, length);
}
