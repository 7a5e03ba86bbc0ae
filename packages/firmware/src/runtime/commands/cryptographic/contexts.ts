import { concatBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { bytes, type Infer, type Struct, struct, u8, u32 } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import { IV_SIZE, takeIv } from './state.ts';

/** A SHA-2 operation under way. Nothing secret: it goes to the client as it is, and comes back trusted. */
export const ShaContext = struct('ShaContext', {
  /** Bytes so far. */
  length: u32,
  hash_algorithm: u32,
  /** What no whole block has taken yet; behind it, whatever was there before. */
  input_buffer: bytes(128),
  /** Chaining value, if a block has passed. */
  intermediate_hash: bytes(64),
});

/** An AES-CBC or AES-CTR operation under way; the members lie as the firmware's compiler puts them. */
export const AesContext = struct('AesContext', {
  key: bytes(32),
  /** CBC: the last block of ciphertext. CTR: the counter block of the next byte. */
  last_ciphertext: bytes(16),
  mode: u32,
  /** CTR: place of the next byte in its block. */
  last_block_index: u8,
  padding: bytes(75),
});

/** An AES-GCM operation under way; again in the compiler's order. */
export const AesGcmContext = struct('AesGcmContext', {
  key: bytes(32),
  ghash_state: bytes(16),
  buffer: bytes(16),
  reserved: bytes(16),
  iv: bytes(12),
  aad_len: u32,
  /** Bytes of text so far, those in `buffer` with them. */
  buffer_len: u32,
});

/** The client's own private key, words little-endian as in the engine's registers. */
export const EcdhContext = struct('EcdhContext', { private_key: bytes(48) });

/** Names the SHAKE256 operation that the engine works on. */
export const Shake256Context = struct('Shake256Context', { token: bytes(16) });

const TAG_SIZE = 16;

/** IV, tag, ciphertext under the key of this start of the runtime. */
export function sealContext<T>(context: FirmwareContext, layout: Struct<T>, value: T): Uint8Array {
  const iv = takeIv(context, 'contextIv');
  const key = context.state.runtime.cryptographicMailbox.contextKey;
  const { ciphertext, tag } = context.chip.aes.gcmEncrypt({ key, iv, plaintext: layout.encode(value) });
  return concatBytes(iv, tag, ciphertext);
}

/** @throws RotError RUNTIME_DRIVER_AES_INVALID_TAG if this start of the runtime has not sealed it */
export function openContext<T>(context: FirmwareContext, layout: Struct<T>, sealed: Uint8Array): T {
  const plaintext = context.chip.aes.gcmDecrypt({
    key: context.state.runtime.cryptographicMailbox.contextKey,
    iv: sealed.subarray(0, IV_SIZE),
    tag: sealed.subarray(IV_SIZE, IV_SIZE + TAG_SIZE),
    ciphertext: sealed.subarray(IV_SIZE + TAG_SIZE),
  });
  if (plaintext === undefined) throw new RotError('RUNTIME_DRIVER_AES_INVALID_TAG');
  return layout.decode(plaintext);
}

export type OpenAes = Infer<typeof AesContext>;
export type OpenAesGcm = Infer<typeof AesGcmContext>;
