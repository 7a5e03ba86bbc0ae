import { unsafe } from '@noble/ciphers/aes.js';
import { equalBytes } from './bytes.ts';
import { checkAesKey, checkBytes } from './checks.ts';

export interface KeyWrapOptions {
  /** `inverse`: wrap with the inverse cipher function and unwrap with the forward one. SP 800-38F §5.1 */
  readonly cipher?: 'forward' | 'inverse';
}

/** ICV1 and the head of ICV2, SP 800-38F §6.2 and §6.3. */
const KW_ICV = new Uint8Array(8).fill(0xa6);
const KWP_ICV_HEAD = Uint8Array.of(0xa6, 0x59, 0x59, 0xa6);

/** The block function of a fixed key, working in place on 16 bytes. */
type Permutation = (block: Uint8Array) => void;

/** The block functions for one wrapping key: `wrap` is CIPH, `unwrap` its inverse. */
function permutations(
  kek: Uint8Array,
  { cipher = 'forward' }: KeyWrapOptions,
): { wrap: Permutation; unwrap: Permutation } {
  checkAesKey(kek);
  const encryption = unsafe.expandKeyLE(kek);
  const decryption = unsafe.expandKeyDecLE(kek);
  const encrypt: Permutation = (block) => void unsafe.encryptBlock(encryption, block);
  const decrypt: Permutation = (block) => void unsafe.decryptBlock(decryption, block);
  return cipher === 'forward' ? { wrap: encrypt, unwrap: decrypt } : { wrap: decrypt, unwrap: encrypt };
}

/** `A ^= [t]64`. */
function addCounter(block: Uint8Array, t: number): void {
  for (let i = 7, rest = t; rest > 0; i--, rest = Math.floor(rest / 256)) block[i] = (block[i] ?? 0) ^ (rest & 0xff);
}

/** W of SP 800-38F §6.1, in place over semiblocks `A ‖ R1 … Rn`. */
function wrapSemiblocks(ciph: Permutation, data: Uint8Array): void {
  const block = new Uint8Array(16);
  block.set(data.subarray(0, 8));
  for (let round = 0, t = 1; round < 6; round++) {
    for (let at = 8; at < data.length; at += 8, t++) {
      block.set(data.subarray(at, at + 8), 8);
      ciph(block);
      addCounter(block, t);
      data.set(block.subarray(8), at);
    }
  }
  data.set(block.subarray(0, 8));
}

/** W^-1 of SP 800-38F §6.1. */
function unwrapSemiblocks(ciph: Permutation, data: Uint8Array): void {
  const block = new Uint8Array(16);
  block.set(data.subarray(0, 8));
  let t = 6 * (data.length / 8 - 1);
  for (let round = 0; round < 6; round++) {
    for (let at = data.length - 8; at >= 8; at -= 8, t--) {
      addCounter(block, t);
      block.set(data.subarray(at, at + 8), 8);
      ciph(block);
      data.set(block.subarray(8), at);
    }
  }
  data.set(block.subarray(0, 8));
}

/**
 * AES key wrap KW-AE (SP 800-38F §6.2, RFC 3394).
 *
 * @param plaintext - a multiple of 8 bytes, at least 16
 * @returns 8 bytes more than `plaintext`
 * @throws RangeError for another length
 */
export function aesKw(kek: Uint8Array, plaintext: Uint8Array, options: KeyWrapOptions = {}): Uint8Array {
  const { wrap } = permutations(kek, options);
  checkBytes('plaintext', plaintext);
  if (plaintext.length < 16 || plaintext.length % 8 !== 0)
    throw new RangeError(`plaintext: expected a multiple of 8 bytes, at least 16, got ${plaintext.length}`);
  const data = new Uint8Array(plaintext.length + 8);
  data.set(KW_ICV);
  data.set(plaintext, 8);
  wrapSemiblocks(wrap, data);
  return data;
}

/** Inverse of {@link aesKw}. @returns undefined if the integrity check fails, also for a length that no wrapping makes */
export function aesKwUnwrap(
  kek: Uint8Array,
  wrapped: Uint8Array,
  options: KeyWrapOptions = {},
): Uint8Array | undefined {
  const { unwrap } = permutations(kek, options);
  checkBytes('wrapped', wrapped);
  if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined;
  const data = wrapped.slice();
  unwrapSemiblocks(unwrap, data);
  if (equalBytes(data.subarray(0, 8), KW_ICV)) return data.slice(8);
  data.fill(0);
  return undefined;
}

/**
 * AES key wrap with padding KWP-AE (SP 800-38F §6.3, RFC 5649).
 *
 * @param plaintext - 1..2^32-1 bytes, padded with zeros to a multiple of 8
 * @throws RangeError if it is empty or too long
 */
export function aesKwp(kek: Uint8Array, plaintext: Uint8Array, options: KeyWrapOptions = {}): Uint8Array {
  const { wrap } = permutations(kek, options);
  checkBytes('plaintext', plaintext);
  if (plaintext.length === 0 || plaintext.length >= 2 ** 32)
    throw new RangeError(`plaintext: expected 1..2^32-1 bytes, got ${plaintext.length}`);
  const data = new Uint8Array(8 + 8 * Math.ceil(plaintext.length / 8));
  data.set(KWP_ICV_HEAD);
  new DataView(data.buffer).setUint32(4, plaintext.length);
  data.set(plaintext, 8);
  if (data.length === 16) wrap(data);
  else wrapSemiblocks(wrap, data);
  return data;
}

/** Inverse of {@link aesKwp}. @returns undefined if header, length or padding is wrong */
export function aesKwpUnwrap(
  kek: Uint8Array,
  wrapped: Uint8Array,
  options: KeyWrapOptions = {},
): Uint8Array | undefined {
  const { unwrap } = permutations(kek, options);
  checkBytes('wrapped', wrapped);
  if (wrapped.length < 16 || wrapped.length % 8 !== 0) return undefined;
  const data = wrapped.slice();
  if (data.length === 16) unwrap(data);
  else unwrapSemiblocks(unwrap, data);
  const length = new DataView(data.buffer).getUint32(4);
  const padding = data.length - 8 - length;
  const intact =
    equalBytes(data.subarray(0, 4), KWP_ICV_HEAD) &&
    padding >= 0 &&
    padding < 8 &&
    data.subarray(8 + length).every((byte) => byte === 0);
  if (intact) return data.slice(8, 8 + length);
  data.fill(0);
  return undefined;
}
