import { concatBytes } from '@rootcap/crypto';
import type { FirmwareContext } from '../../../context.ts';
import type { OpenAesGcm } from './contexts.ts';

const BLOCK = 16;
/** Counter of the first block of text; 1 is for the tag. SP 800-38D §7.1 */
const FIRST_COUNTER = 2;

export type GcmOperation = 'encrypt' | 'decrypt';

/** @param iv - 12 bytes */
export function gcmStart(
  { chip: { aes } }: FirmwareContext,
  key: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
): OpenAesGcm {
  const zero = new Uint8Array(BLOCK);
  return {
    key,
    iv,
    aad_len: aad.length,
    ghash_state: aad.length === 0 ? zero : aes.gcmHash(key, zero, aad),
    buffer_len: 0,
    buffer: new Uint8Array(BLOCK),
    reserved: new Uint8Array(BLOCK),
  };
}

/** Text from the start of a block on, and what it makes of the GHASH state. */
function process(
  { chip: { aes } }: FirmwareContext,
  operation: GcmOperation,
  { key, iv, ghash_state, buffer_len }: OpenAesGcm,
  text: Uint8Array,
): { readonly output: Uint8Array; readonly ghash: Uint8Array } {
  if (text.length === 0) return { output: text, ghash: ghash_state };
  const counter = new Uint8Array(BLOCK);
  counter.set(iv);
  new DataView(counter.buffer).setUint32(12, Math.floor(buffer_len / BLOCK) + FIRST_COUNTER);
  const output = aes.ctr(key, counter, text);
  return { output, ghash: aes.gcmHash(key, ghash_state, operation === 'encrypt' ? output : text) };
}

/**
 * Takes whole blocks and keeps the rest for later, so output may lag by up to 15 bytes.
 *
 * @see caliptra-sw:drivers/src/aes.rs (aes_256_gcm_update)
 */
export function gcmUpdate(
  context: FirmwareContext,
  operation: GcmOperation,
  open: OpenAesGcm,
  input: Uint8Array,
): { readonly output: Uint8Array; readonly next: OpenAesGcm } {
  const text = waitingText(open, input);
  const whole = text.length - (text.length % BLOCK);
  const { output, ghash } = process(context, operation, open, text.subarray(0, whole));
  const buffer = new Uint8Array(BLOCK);
  buffer.set(text.subarray(whole));
  const buffer_len = (open.buffer_len + input.length) >>> 0;
  return { output, next: { ...open, ghash_state: ghash, buffer_len, buffer } };
}

/** Takes everything. @returns the rest of the output, and the tag */
export function gcmFinish(
  context: FirmwareContext,
  operation: GcmOperation,
  open: OpenAesGcm,
  input: Uint8Array,
): { readonly output: Uint8Array; readonly tag: Uint8Array } {
  const { output, ghash } = process(context, operation, open, waitingText(open, input));
  const { key, iv, aad_len: aadLength } = open;
  const textLength = (open.buffer_len + input.length) >>> 0;
  return { output, tag: context.chip.aes.gcmTag({ key, iv, ghash, aadLength, textLength }) };
}

function waitingText({ buffer, buffer_len }: OpenAesGcm, input: Uint8Array): Uint8Array {
  return concatBytes(buffer.subarray(0, buffer_len % BLOCK), input);
}
