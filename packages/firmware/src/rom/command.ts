import { RotError } from '@rootcap/errors';
import { type Struct, StructError } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { COMMAND_ID, type CommandName } from '../messages/command-ids.ts';

/** Outcome of a ROM command: a response, or nothing, which completes the command with CMD_FAILURE. */
export type RomResponse = Uint8Array | undefined;

/** A mailbox command of the ROM. Whatever it throws is fatal. */
export interface RomCommand {
  readonly id: number;
  readonly name: CommandName;
  /** `exact` size of its struct, or `raw`: the handler looks at the message as it is. */
  readonly length: 'exact' | 'raw';
  /** @param request - whole message, checksum included and already checked */
  handle(context: FirmwareContext, request: Uint8Array): RomResponse;
}

/**
 * A ROM command whose request has exactly the size of its struct.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/fw_processor
 */
export function romCommand<T>(
  name: CommandName,
  request: Struct<T>,
  handle: (context: FirmwareContext, request: T) => RomResponse,
): RomCommand {
  return {
    id: COMMAND_ID[name],
    name,
    length: 'exact',
    handle: (context, message) => handle(context, decodeExactly(request, message)),
  };
}

/** @throws RotError FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH for any other length */
export function decodeExactly<T>(request: Struct<T>, message: Uint8Array): T {
  try {
    return request.decode(message);
  } catch (error) {
    if (!(error instanceof StructError)) throw error;
    throw new RotError('FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH', error.message, { cause: error });
  }
}
