import { RotError } from '@rootcap/errors';
import type { Struct } from '@rootcap/struct';
import type { CommandName } from '../../../messages/command-ids.ts';
import { type RequestLength, type RuntimeCommand, runtimeCommand } from '../../command.ts';

/** Declares a command of the cryptographic mailbox, which has its own code for wrong lengths. */
export function cmCommand<Request>(
  name: CommandName,
  length: RequestLength,
  request: Struct<Request>,
  handle: RuntimeCommand<Request>['handle'],
): RuntimeCommand {
  return runtimeCommand(name, length, request, handle, 'RUNTIME_MAILBOX_INVALID_PARAMS');
}

/** The used part of a field. @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS if the request says it is larger */
export function used(field: Uint8Array, size: number): Uint8Array {
  if (size > field.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${size} bytes in ${field.length}`);
  return field.subarray(0, size);
}
