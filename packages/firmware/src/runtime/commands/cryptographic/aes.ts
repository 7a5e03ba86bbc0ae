import { concatBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import { unwrapCmk, type WrappedCmk } from '../../../messages/cmk.ts';
import {
  CM_AES_MODE,
  CmAesDecryptInitReq,
  CmAesDecryptUpdateReq,
  CmAesEncryptInitReq,
  CmAesEncryptInitRespHeader,
  CmAesEncryptUpdateReq,
  CmAesRespHeader,
} from '../../../messages/layouts/cm-aes.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { cmCommand, used } from './command.ts';
import { AesContext, type OpenAes, openContext, sealContext } from './contexts.ts';

const BLOCK = 16;
const KEY_SIZE = 32;

type Operation = 'encrypt' | 'decrypt';

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS for parts of blocks in CBC */
function requireWholeBlocks(mode: number, size: number): void {
  if (mode === CM_AES_MODE.CBC && size % BLOCK !== 0)
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${size} bytes in CBC`);
}

/** A counter block, big-endian, `blocks` further on. */
function addToCounter(counter: Uint8Array, blocks: number): Uint8Array {
  const sum = counter.slice();
  for (let i = BLOCK - 1, carry = blocks; i >= 0 && carry > 0; i--) {
    carry += sum[i] as number;
    sum[i] = carry;
    carry = Math.floor(carry / 256);
  }
  return sum;
}

/** The context of an operation that starts. */
function started(mode: number, key: Uint8Array, iv: Uint8Array): OpenAes {
  return { mode, key, last_ciphertext: iv, last_block_index: 0, padding: new Uint8Array(75) };
}

function cbc({ chip: { aes } }: FirmwareContext, operation: Operation, context: OpenAes, input: Uint8Array) {
  if (input.length === 0) return { output: input, next: context };
  const { key, last_ciphertext: iv } = context;
  const output = operation === 'encrypt' ? aes.cbcEncrypt(key, iv, input) : aes.cbcDecrypt(key, iv, input);
  const ciphertext = operation === 'encrypt' ? output : input;
  return { output, next: { ...context, last_ciphertext: ciphertext.slice(-BLOCK) } };
}

/** Encryption and decryption are the same. */
function ctr({ chip: { aes } }: FirmwareContext, context: OpenAes, input: Uint8Array) {
  const { key, last_ciphertext: counter, last_block_index: skipped } = context;
  const output = aes.ctr(key, counter, concatBytes(new Uint8Array(skipped), input)).slice(skipped);
  const end = skipped + input.length;
  const next = { last_ciphertext: addToCounter(counter, Math.floor(end / BLOCK)), last_block_index: end % BLOCK };
  return { output, next: { ...context, ...next } };
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS for another mode */
function run(context: FirmwareContext, operation: Operation, open: OpenAes, input: Uint8Array) {
  if (open.mode === CM_AES_MODE.CBC) return cbc(context, operation, open, input);
  if (open.mode === CM_AES_MODE.CTR) return ctr(context, open, input);
  throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `AES mode ${open.mode}`);
}

/** The first 32 bytes of any key: its use is not looked at. */
function keyOf(context: FirmwareContext, cmk: WrappedCmk): Uint8Array {
  return unwrapCmk(context, cmk).key_material.slice(0, KEY_SIZE);
}

function response(context: FirmwareContext, next: OpenAes, output: Uint8Array): Uint8Array {
  const sealed = sealContext(context, AesContext, next);
  const header = CmAesRespHeader.encode({ hdr: RESPONSE_HEADER, context: sealed, output_size: output.length });
  return concatBytes(header, output);
}

function update(context: FirmwareContext, operation: Operation, sealed: Uint8Array, input: Uint8Array): Uint8Array {
  const open = openContext(context, AesContext, sealed);
  requireWholeBlocks(open.mode, input.length);
  const { output, next } = run(context, operation, open, input);
  return response(context, next, output);
}

export const AES_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_AES_ENCRYPT_INIT', 'shorter', CmAesEncryptInitReq, (context, request) => {
    const { mode } = request;
    const input = used(request.plaintext, request.plaintext_size);
    requireWholeBlocks(mode, input.length);
    const key = keyOf(context, request.cmk);
    const iv = swapWords(context.chip.trng.generate().subarray(0, BLOCK));
    const { output, next } = run(context, 'encrypt', started(mode, key, iv), input);
    const header = CmAesEncryptInitRespHeader.encode({
      hdr: RESPONSE_HEADER,
      context: sealContext(context, AesContext, next),
      iv,
      ciphertext_size: output.length,
    });
    return concatBytes(header, output);
  }),
  cmCommand('CM_AES_ENCRYPT_UPDATE', 'shorter', CmAesEncryptUpdateReq, (context, request) =>
    update(context, 'encrypt', request.context, used(request.plaintext, request.plaintext_size)),
  ),
  cmCommand('CM_AES_DECRYPT_INIT', 'shorter', CmAesDecryptInitReq, (context, request) => {
    const { mode } = request;
    const input = used(request.ciphertext, request.ciphertext_size);
    requireWholeBlocks(mode, input.length);
    const { output, next } = run(context, 'decrypt', started(mode, keyOf(context, request.cmk), request.iv), input);
    return response(context, next, output);
  }),
  cmCommand('CM_AES_DECRYPT_UPDATE', 'shorter', CmAesDecryptUpdateReq, (context, request) =>
    update(context, 'decrypt', request.context, used(request.ciphertext, request.ciphertext_size)),
  ),
];
