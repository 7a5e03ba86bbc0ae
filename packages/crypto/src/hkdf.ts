import { checkBytes, checkInteger } from './checks.ts';
import type { HashName, Hmac } from './provider.ts';

/** Also what has no running MAC, such as a chip's engine. */
export interface NeedsMac {
  readonly hmac: Pick<Hmac, 'mac'>;
}

/**
 * HKDF-Extract (RFC 5869 §2.2): `HMAC(salt, ikm)`.
 *
 * @param salt - empty counts as a string of zeros as long as the hash
 * @returns the pseudorandom key, as long as the hash
 */
export function hkdfExtract({ hmac }: NeedsMac, hash: HashName, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  checkBytes('salt', salt);
  checkBytes('ikm', ikm);
  return hmac.mac(hash, salt, ikm);
}

/**
 * HKDF-Expand (RFC 5869 §2.3): `T(i) = HMAC(prk, T(i-1) ‖ info ‖ i)`, one after the other, cut to `length`.
 *
 * @throws RangeError if `length` exceeds 255 times the hash length
 */
export function hkdfExpand(
  { hmac }: NeedsMac,
  hash: HashName,
  prk: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  checkBytes('info', info);
  checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let filled = 0, i = 1; filled < length; filled += block.length, i++) {
    if (i > 255) throw new RangeError(`length: expected at most ${255 * block.length} bytes, got ${length}`);
    block = hmac.mac(hash, prk, block, info, Uint8Array.of(i));
    out.set(block.subarray(0, length - filled), filled);
  }
  return out;
}
