import type { DiceAlgorithm } from '@rootcap/dice';
import { CERTIFY_KEY_FORMAT, DPE_COMMANDS, DpeError, type DpeRequest, runCommand } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import {
  AddSubjectAltNameReq,
  CertifyKeyChunksReq,
  CertifyKeyChunksRespInfo,
  CertifyKeyExtendedEcc384Req,
  CertifyKeyExtendedMldsa87Req,
} from '../../messages/layouts/dpe.ts';
import { RESPONSE_HEADER, VAR_SIZE_DATA_OFFSET, varSizeResponse } from '../../messages/response.ts';
import { pl0Only, type RuntimeCommand, runtimeCommand } from '../command.ts';
import { DPE_PROFILES, type InvokeOptions, reportDpeDetail, withDpe } from '../dpe/invoke.ts';
import { callerLocality, callerPrivilege, ensurePl0 } from '../privilege.ts';
import { MAX_RESPONSE_SIZE, responseRoom, sendResponse } from '../response-by-axi.ts';

/** Flags of CERTIFY_KEY_EXTENDED_*, MSB first in the interface's documentation. */
const EXTENDED_FLAGS = { DMTF_OTHER_NAME: 0x8000_0000, EXTERNAL_AXI_RESPONSE: 0x4000_0000 } as const;
const CHUNKS_USE_MLDSA = 0x8000_0000;
const MAX_CHUNK_SIZE = 15_360;

const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;

type CertifyKeyRequest = DpeRequest<'CertifyKey'>;

/** The DPE's CertifyKey without its header. */
function certifyKeyRequest(algorithm: DiceAlgorithm, request: Uint8Array): CertifyKeyRequest {
  return DPE_COMMANDS.CertifyKey.request(DPE_PROFILES[algorithm], request).decodeFrom(request);
}

/** @returns the whole DPE response. @throws RotError RUNTIME_CERTIFY_KEY_EXTENDED_FAILED if the DPE refuses */
function certifyKey(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  request: CertifyKeyRequest,
  options: Omit<InvokeOptions, 'withUeid'>,
): Uint8Array {
  try {
    return withDpe(context, algorithm, { ...options, withUeid: false }, (env) =>
      runCommand(env, callerLocality(context), { name: 'CertifyKey', request }),
    );
  } catch (error) {
    if (!(error instanceof DpeError)) throw error;
    reportDpeDetail(context, error);
    throw new RotError('RUNTIME_CERTIFY_KEY_EXTENDED_FAILED', error.message);
  }
}

/** CERTIFY_KEY_EXTENDED_*: CertifyKey with the device's DMTF name in the certificate. */
function certifyKeyExtended(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  flags: number,
  request: Uint8Array,
  room: number,
): Uint8Array {
  ensurePl0(context);
  const deviceInfo = has(flags, EXTENDED_FLAGS.DMTF_OTHER_NAME) ? context.state.runtime.dmtfDeviceInfo : undefined;
  if (room < VAR_SIZE_DATA_OFFSET + CERTIFY_KEY_RESPONSE_SIZE)
    throw new RotError('RUNTIME_INTERNAL', `room for ${room} bytes`);
  const maxResponseSize = CERTIFY_KEY_RESPONSE_SIZE;
  return varSizeResponse(
    certifyKey(context, algorithm, certifyKeyRequest(algorithm, request), { deviceInfo, maxResponseSize }),
  );
}

/** Bytes that CertifyKeyExtendedResp has for the DPE's response: the firmware wants room for all of them. */
const CERTIFY_KEY_RESPONSE_SIZE = 25_152;

/** CERTIFY_KEY_CHUNKS: the same response piece by piece; each call certifies anew. */
function certifyKeyChunk(
  context: FirmwareContext,
  { flags, max_size, offset, certify_key_req }: ReturnType<typeof CertifyKeyChunksReq.decode>,
): Uint8Array {
  const algorithm = has(flags, CHUNKS_USE_MLDSA) ? 'mldsa87' : 'ecdsa-p384';
  const request = certifyKeyRequest(algorithm, certify_key_req);
  if (request.format === CERTIFY_KEY_FORMAT.X509 && callerPrivilege(context) !== 'PL0')
    throw new RotError('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL');
  const maxResponseSize = MAX_RESPONSE_SIZE - CertifyKeyChunksRespInfo.size;
  const whole = certifyKey(context, algorithm, request, { maxResponseSize });
  const start = Math.min(offset, whole.length);
  const size = Math.min(whole.length - start, MAX_CHUNK_SIZE, max_size === 0 ? MAX_CHUNK_SIZE : max_size);
  const response = new Uint8Array(CertifyKeyChunksRespInfo.size + size);
  response.set(
    CertifyKeyChunksRespInfo.encode({
      hdr: RESPONSE_HEADER,
      context_handle: whole.slice(DPE_HEADER_SIZE, DPE_HEADER_SIZE + HANDLE_SIZE),
      chunk_len: size,
      remaining: whole.length - start - size,
    }),
  );
  response.set(whole.subarray(start, start + size), CertifyKeyChunksRespInfo.size);
  return response;
}

const DPE_HEADER_SIZE = 12;
const HANDLE_SIZE = 16;
const COLON = 0x3a;

/** `manufacturer:product:serial` in ASCII. @throws RotError */
function requireDeviceInfo(info: Uint8Array): Uint8Array {
  const colons = info.filter((byte) => byte === COLON).length;
  if (colons !== 2 || info.some((byte) => byte >= 0x80))
    throw new RotError('RUNTIME_DMTF_DEVICE_INFO_VALIDATION_FAILED');
  return info;
}

const extendedEcc = runtimeCommand(
  'CERTIFY_KEY_EXTENDED_ECC384',
  'exact',
  CertifyKeyExtendedEcc384Req,
  (context, { flags, certify_key_req }) =>
    certifyKeyExtended(context, 'ecdsa-p384', flags, certify_key_req, MAX_RESPONSE_SIZE),
);

const extendedMldsa = runtimeCommand(
  'CERTIFY_KEY_EXTENDED_MLDSA87',
  'exact',
  CertifyKeyExtendedMldsa87Req,
  (context, request) => {
    const axi = has(request.flags, EXTENDED_FLAGS.EXTERNAL_AXI_RESPONSE) ? request.axi_response : undefined;
    if (axi !== undefined && !context.chip.soc.subsystemMode)
      throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', 'axi_response');
    const room = responseRoom(context, axi);
    const response = certifyKeyExtended(context, 'mldsa87', request.flags, request.certify_key_req, room);
    return sendResponse(context, response, axi);
  },
);

const addSubjectAltName = runtimeCommand(
  'ADD_SUBJECT_ALT_NAME',
  'shorter',
  AddSubjectAltNameReq,
  ({ state }, { dmtf_device_info, dmtf_device_info_size: size }) => {
    if (size > dmtf_device_info.length)
      throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `dmtf_device_info_size ${size}`);
    state.runtime.dmtfDeviceInfo = requireDeviceInfo(dmtf_device_info.slice(0, size));
    return undefined;
  },
);

/** @see caliptra-sw:runtime/src/certify_key_extended.rs, certify_key_chunks.rs, subject_alt_name.rs */
export const CERTIFY_KEY_COMMANDS: readonly RuntimeCommand[] = [
  pl0Only('own', extendedEcc),
  pl0Only('own', extendedMldsa),
  pl0Only('sometimes', runtimeCommand('CERTIFY_KEY_CHUNKS', 'exact', CertifyKeyChunksReq, certifyKeyChunk)),
  addSubjectAltName,
];
