import { concatBytes, equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import { type Cmk, unwrapCmk, type WrappedCmk } from '../../../messages/cmk.ts';
import {
  CmAesGcmDecryptFinalReq,
  CmAesGcmDecryptFinalRespHeader,
  CmAesGcmDecryptInitReq,
  CmAesGcmDecryptInitResp,
  CmAesGcmDecryptUpdateReq,
  CmAesGcmDecryptUpdateRespHeader,
  CmAesGcmEncryptFinalReq,
  CmAesGcmEncryptFinalRespHeader,
  CmAesGcmEncryptInitReq,
  CmAesGcmEncryptInitResp,
  CmAesGcmEncryptUpdateReq,
  CmAesGcmEncryptUpdateRespHeader,
  CmAesGcmSpdmDecryptInitReq,
  CmAesGcmSpdmDecryptInitResp,
  CmAesGcmSpdmEncryptInitReq,
  CmAesGcmSpdmEncryptInitResp,
} from '../../../messages/layouts/cm-aes-gcm.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { keyIdOf } from './cmk.ts';
import { cmCommand, used } from './command.ts';
import { AesGcmContext, openContext, sealContext } from './contexts.ts';
import { gcmFinish, gcmStart, gcmUpdate } from './gcm.ts';
import { countKeyUse } from './key-uses.ts';
import { spdmKeyAndIv } from './spdm.ts';

const KEY_SIZE = 32;
const IV_SIZE = 12;
const TAG_MIN = 8;
const TAG_SIZE = 16;

/** @throws RotError RUNTIME_DRIVER_AES_INVALID_TAG, RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE */
export function unwrapForGcm(context: FirmwareContext, wrapped: WrappedCmk, usage: number): Cmk {
  const cmk = unwrapCmk(context, wrapped);
  if (cmk.length > cmk.key_material.length || cmk.key_usage !== usage)
    throw new RotError('RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE', `key of usage ${cmk.key_usage}`);
  return cmk;
}

/** Starts an operation; what is sealed says nothing of the direction, which the next command chooses. */
function start(context: FirmwareContext, key: Uint8Array, iv: Uint8Array, aad: Uint8Array): Uint8Array {
  return sealContext(context, AesGcmContext, gcmStart(context, key, iv, aad));
}

interface SpdmInit {
  readonly spdm_flags: number;
  readonly spdm_counter: Uint8Array;
  readonly cmk: WrappedCmk;
  readonly aad_size: number;
  readonly aad: Uint8Array;
}

function startSpdm(context: FirmwareContext, request: SpdmInit): Uint8Array {
  const aad = used(request.aad, request.aad_size);
  const { key_material, length } = unwrapForGcm(context, request.cmk, CM_KEY_USAGE.HMAC);
  const secret = key_material.subarray(0, length);
  const { key, iv } = spdmKeyAndIv(context, secret, request.spdm_flags, request.spdm_counter);
  return start(context, key, iv, aad);
}

const INIT_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_AES_GCM_ENCRYPT_INIT', 'shorter', CmAesGcmEncryptInitReq, (context, request) => {
    const aad = used(request.aad, request.aad_size);
    const { key_material, id } = unwrapForGcm(context, request.cmk, CM_KEY_USAGE.AES);
    countKeyUse(context, keyIdOf(id));
    const iv = swapWords(context.chip.trng.generate().subarray(0, IV_SIZE));
    const sealed = start(context, key_material.subarray(0, KEY_SIZE), iv, aad);
    return CmAesGcmEncryptInitResp.encode({ hdr: RESPONSE_HEADER, context: sealed, iv });
  }),
  cmCommand('CM_AES_GCM_DECRYPT_INIT', 'shorter', CmAesGcmDecryptInitReq, (context, request) => {
    const aad = used(request.aad, request.aad_size);
    const { key_material } = unwrapForGcm(context, request.cmk, CM_KEY_USAGE.AES);
    const { iv } = request;
    const sealed = start(context, key_material.subarray(0, KEY_SIZE), iv, aad);
    return CmAesGcmDecryptInitResp.encode({ hdr: RESPONSE_HEADER, context: sealed, iv });
  }),
  cmCommand('CM_AES_GCM_SPDM_ENCRYPT_INIT', 'shorter', CmAesGcmSpdmEncryptInitReq, (context, request) =>
    CmAesGcmSpdmEncryptInitResp.encode({ hdr: RESPONSE_HEADER, context: startSpdm(context, request) }),
  ),
  cmCommand('CM_AES_GCM_SPDM_DECRYPT_INIT', 'shorter', CmAesGcmSpdmDecryptInitReq, (context, request) =>
    CmAesGcmSpdmDecryptInitResp.encode({ hdr: RESPONSE_HEADER, context: startSpdm(context, request) }),
  ),
];

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS unless 8 to 16 bytes */
function requireTagSize(size: number): number {
  if (size < TAG_MIN || size > TAG_SIZE) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `tag of ${size} bytes`);
  return size;
}

export const AES_GCM_COMMANDS: readonly RuntimeCommand[] = [
  ...INIT_COMMANDS,
  cmCommand('CM_AES_GCM_ENCRYPT_UPDATE', 'shorter', CmAesGcmEncryptUpdateReq, (context, request) => {
    const input = used(request.plaintext, request.plaintext_size);
    const open = openContext(context, AesGcmContext, request.context);
    const { output, next } = gcmUpdate(context, 'encrypt', open, input);
    const sealed = sealContext(context, AesGcmContext, next);
    const header = { hdr: RESPONSE_HEADER, context: sealed, ciphertext_size: output.length };
    return concatBytes(CmAesGcmEncryptUpdateRespHeader.encode(header), output);
  }),
  cmCommand('CM_AES_GCM_DECRYPT_UPDATE', 'shorter', CmAesGcmDecryptUpdateReq, (context, request) => {
    const input = used(request.ciphertext, request.ciphertext_size);
    const open = openContext(context, AesGcmContext, request.context);
    const { output, next } = gcmUpdate(context, 'decrypt', open, input);
    const sealed = sealContext(context, AesGcmContext, next);
    const header = { hdr: RESPONSE_HEADER, context: sealed, plaintext_size: output.length };
    return concatBytes(CmAesGcmDecryptUpdateRespHeader.encode(header), output);
  }),
  cmCommand('CM_AES_GCM_ENCRYPT_FINAL', 'shorter', CmAesGcmEncryptFinalReq, (context, request) => {
    const input = used(request.plaintext, request.plaintext_size);
    const open = openContext(context, AesGcmContext, request.context);
    const { output, tag } = gcmFinish(context, 'encrypt', open, input);
    const header = { hdr: RESPONSE_HEADER, tag, ciphertext_size: output.length };
    return concatBytes(CmAesGcmEncryptFinalRespHeader.encode(header), output);
  }),
  cmCommand('CM_AES_GCM_DECRYPT_FINAL', 'shorter', CmAesGcmDecryptFinalReq, (context, request) => {
    const input = used(request.ciphertext, request.ciphertext_size);
    const given = request.tag.subarray(0, requireTagSize(request.tag_len));
    const open = openContext(context, AesGcmContext, request.context);
    const { output, tag } = gcmFinish(context, 'decrypt', open, input);
    // The driver compares with the whole tag: a shorter one, though allowed, is never right.
    const tag_verified = equalBytes(given, tag) ? 1 : 0;
    const header = { hdr: RESPONSE_HEADER, tag_verified, plaintext_size: output.length };
    return concatBytes(CmAesGcmDecryptFinalRespHeader.encode(header), output);
  }),
];
