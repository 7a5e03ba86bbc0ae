import type { CryptoProvider } from '@rootcap/crypto';
import {
  ImageManifest,
  MANIFEST_RANGES,
  sliceOf,
  VENDOR_ECC_MAX_KEY_COUNT,
  VENDOR_LMS_MAX_KEY_COUNT,
} from './layouts.ts';
import { MAX_FIRMWARE_SVN } from './verify/env.ts';

function checkSvn(svn: number): void {
  if (!(Number.isInteger(svn) && svn >= 0 && svn <= MAX_FIRMWARE_SVN))
    throw new RangeError(`svn: expected an integer in 0..${MAX_FIRMWARE_SVN}, got ${String(svn)}`);
}

/**
 * FUSE_FIRMWARE_SVN (also FUSE_SOC_MANIFEST_SVN) for a minimum SVN: the lowest `svn` bits of 128 are burnt, word 0 holds
 * bits 0..31. `7 → [0x7f, 0, 0, 0]`.
 *
 * @throws RangeError if `svn` is not in 0..128
 */
export function encodeSvnFuse(svn: number): number[] {
  checkSvn(svn);
  return [0, 32, 64, 96].map((start) => {
    const bits = Math.min(Math.max(svn - start, 0), 32);
    return bits === 32 ? 0xffff_ffff : 2 ** bits - 1;
  });
}

/**
 * Minimum SVN that the fuse words stand for: one more than the highest burnt bit, whether or not those below are burnt.
 *
 * @param words - 4 words
 * @throws RangeError if there are not 4 words
 * @see caliptra-sw:drivers/src/fuse_bank.rs (first_set_msbit)
 */
export function decodeSvnFuse(words: readonly number[]): number {
  if (words.length !== 4) throw new RangeError(`words: expected 4, got ${words.length}`);
  const top = words.findLastIndex((word) => word >>> 0 !== 0);
  return top < 0 ? 0 : 32 * top + 32 - Math.clz32(words[top] as number);
}

/** Vendor keys with revocation fuses of their own. */
export type RevocableKeys = 'ecc' | 'mldsa' | 'lms';

const REVOCATION_BITS: Readonly<Record<RevocableKeys, number>> = {
  ecc: VENDOR_ECC_MAX_KEY_COUNT,
  mldsa: VENDOR_ECC_MAX_KEY_COUNT,
  lms: VENDOR_LMS_MAX_KEY_COUNT,
};

/**
 * FUSE_ECC_REVOCATION, FUSE_MLDSA_REVOCATION (4 bits) or FUSE_LMS_REVOCATION (32 bits): bit n revokes vendor key n.
 * The bit of the last key that a bundle lists has no effect.
 *
 * @throws RangeError if there is no such key
 */
export function encodeRevocation(keys: RevocableKeys, indices: Iterable<number>): number {
  let word = 0;
  for (const index of indices) {
    if (!(Number.isInteger(index) && index >= 0 && index < REVOCATION_BITS[keys]))
      throw new RangeError(`indices: expected integers in 0..${REVOCATION_BITS[keys] - 1}, got ${String(index)}`);
    word |= 1 << index;
  }
  return word >>> 0;
}

/** Indices of the keys that a revocation fuse revokes, in order. */
export function decodeRevocation(word: number): number[] {
  return Array.from({ length: 32 }, (_, i) => i).filter((i) => ((word >>> i) & 1) === 1);
}

/** Fuses that image verification looks at. What is left out is not burnt. */
export interface ImageFuses {
  /** FUSE_VENDOR_PK_HASH, 48 bytes. */
  readonly vendorPkHash: Uint8Array;
  /** FUSE_PQC_KEY_TYPE: 1 ML-DSA, 3 LMS. */
  readonly pqcKeyType: number;
  /** CPTRA_OWNER_PK_HASH, 48 bytes. */
  readonly ownerPkHash?: Uint8Array;
  /** FUSE_FIRMWARE_SVN, 4 words. */
  readonly fwSvn?: readonly number[];
  readonly antiRollbackDisable?: boolean;
  readonly eccRevocation?: number;
  readonly mldsaRevocation?: number;
  readonly lmsRevocation?: number;
}

/**
 * The fuses of a chip that belongs to the vendor and owner of `bundle` and refuses older firmware.
 *
 * @throws StructError if `bundle` is shorter than a manifest; RangeError if its SVN is above 128
 */
export function fusesOf(
  provider: CryptoProvider,
  bundle: Uint8Array,
): Required<Pick<ImageFuses, 'vendorPkHash' | 'ownerPkHash' | 'pqcKeyType' | 'fwSvn'>> {
  const { pqcKeyType, header } = ImageManifest.decodeFrom(bundle);
  return {
    vendorPkHash: provider.hashes.digest('sha384', sliceOf(bundle, MANIFEST_RANGES.vendorPubKeyInfo)),
    ownerPkHash: provider.hashes.digest('sha384', sliceOf(bundle, MANIFEST_RANGES.ownerPubKeys)),
    pqcKeyType,
    fwSvn: encodeSvnFuse(header.svn),
  };
}
