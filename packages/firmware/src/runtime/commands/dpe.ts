import type { DiceAlgorithm } from '@rootcap/dice';
import {
  CERTIFY_KEY_FORMAT,
  DERIVE_CONTEXT_FLAGS,
  DpeError,
  errorResponse,
  INITIALIZE_CONTEXT_FLAGS,
  type ParsedCommand,
  parseCommand,
  runCommand,
} from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { InvokeDpeMldsa87Req, InvokeDpeReq } from '../../messages/layouts/dpe.ts';
import { VAR_SIZE_DATA_OFFSET, varSizeResponse } from '../../messages/response.ts';
import { pl0Only, type RuntimeCommand, runtimeCommand } from '../command.ts';
import { clearTagsOfInactive, requireFreeContext } from '../dpe/contexts.ts';
import { DPE_PROFILES, type InvokeOptions, reportDpeDetail, withDpe } from '../dpe/invoke.ts';
import {
  callerLocality,
  callerPrivilege,
  ensurePl0,
  type PrivilegeLevel,
  pl0Locality,
  privilegeOf,
} from '../privilege.ts';
import { MAX_RESPONSE_SIZE, responseRoom, sendResponse } from '../response-by-axi.ts';

/** A DPE command as a client sent it. @throws RotError RUNTIME_DPE_COMMAND_DESERIALIZATION_FAILED */
function parse(algorithm: DiceAlgorithm, data: Uint8Array): ParsedCommand {
  try {
    return parseCommand(DPE_PROFILES[algorithm], data);
  } catch (error) {
    if (error instanceof DpeError) throw new RotError('RUNTIME_DPE_COMMAND_DESERIALIZATION_FAILED', error.message);
    throw error;
  }
}

const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;

/** What the runtime allows on top of the DPE's own rules. @throws RotError */
function requireAllowed(context: FirmwareContext, { name, request }: ParsedCommand): void {
  const caller = callerPrivilege(context);
  const denied = (): never => {
    throw new RotError('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL', name);
  };
  if (name === 'InitializeContext' && has(request.flags, INITIALIZE_CONTEXT_FLAGS.SIMULATION))
    requireFreeContext(context, caller);
  if (name === 'CertifyKey' && request.format === CERTIFY_KEY_FORMAT.X509 && caller !== 'PL0') denied();
  if (name !== 'DeriveContext') return;
  const changesLocality = has(request.flags, DERIVE_CONTEXT_FLAGS.CHANGE_LOCALITY);
  const target: PrivilegeLevel = changesLocality ? privilegeOf(context, request.target_locality) : caller;
  if (!has(request.flags, DERIVE_CONTEXT_FLAGS.RECURSIVE)) requireFreeContext(context, target);
  if (caller === 'PL0') return;
  if (changesLocality && request.target_locality === pl0Locality(context)) denied();
  if (has(request.flags, DERIVE_CONTEXT_FLAGS.EXPORT_CDI)) denied();
}

/**
 * One DPE command. A refusal of the DPE is a success of the mailbox: the status is in the DPE's header.
 *
 * @param room - bytes that the response may have
 * @see caliptra-sw:runtime/src/invoke_dpe.rs
 */
function invoke(context: FirmwareContext, algorithm: DiceAlgorithm, data: Uint8Array, room: number): Uint8Array {
  const command = parse(algorithm, data);
  requireAllowed(context, command);
  const maxResponseSize = room - VAR_SIZE_DATA_OFFSET;
  if (maxResponseSize < DPE_HEADER_SIZE) throw new RotError('RUNTIME_INSUFFICIENT_MEMORY', `room for ${room} bytes`);
  const response = answer(context, algorithm, { withUeid: true, maxResponseSize }, command);
  if (command.name === 'DestroyContext') clearTagsOfInactive(context);
  return varSizeResponse(response);
}

const DPE_HEADER_SIZE = 12;

function answer(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  options: InvokeOptions,
  command: ParsedCommand,
): Uint8Array {
  try {
    return withDpe(context, algorithm, options, (env) => runCommand(env, callerLocality(context), command));
  } catch (error) {
    if (!(error instanceof DpeError)) throw error;
    reportDpeDetail(context, error);
    return errorResponse({ profile: DPE_PROFILES[algorithm], statuses: context.profile.dpeStatuses }, error);
  }
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS */
function commandBytes(data: Uint8Array, size: number): Uint8Array {
  if (size > data.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `data_size ${size}`);
  return data.subarray(0, size);
}

const AXI_RESPONSE = 0x8000_0000;

const invokeEcc = runtimeCommand('INVOKE_DPE_ECC384', 'shorter', InvokeDpeReq, (context, { data, data_size }) =>
  invoke(context, 'ecdsa-p384', commandBytes(data, data_size), MAX_RESPONSE_SIZE),
);

const invokeMldsa = runtimeCommand('INVOKE_DPE_MLDSA87', 'shorter', InvokeDpeMldsa87Req, (context, request) => {
  const command = commandBytes(request.data, request.data_size);
  const axi = has(request.flags, AXI_RESPONSE) ? request.axi_response : undefined;
  if (axi !== undefined) {
    ensurePl0(context);
    if (!context.chip.soc.subsystemMode) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', 'axi_response');
  }
  const response = invoke(context, 'mldsa87', command, responseRoom(context, axi));
  return sendResponse(context, response, axi);
});

export const INVOKE_DPE_COMMANDS: readonly RuntimeCommand[] = [
  pl0Only('sometimes', invokeEcc),
  pl0Only('sometimes', invokeMldsa),
];
