import { randomBytes } from '@noble/hashes/utils.js';
import { concatBytes, u32be } from './bytes.ts';
import { checkBytes, checkInteger } from './checks.ts';
import { hashes as portableHashes } from './portable/hashes.ts';
import type { Capabilities, Entropy } from './provider.ts';

type NeedsHashes = Pick<Capabilities, 'hashes'>;

const PORTABLE: NeedsHashes = { hashes: portableHashes };

/** Bytes of one response of Caliptra's external TRNG: 12 words. */
const BLOCK_BYTES = 48;

/**
 * Response `index` of a recorded TRNG: `SHA-384(seed ‖ u32be(index))`, 48 bytes.
 *
 * @throws RangeError if `index` is not an unsigned 32-bit integer
 */
export function entropyBlock(seed: Uint8Array, index: number, { hashes }: NeedsHashes = PORTABLE): Uint8Array {
  checkBytes('seed', seed);
  checkInteger('index', index, 0, 0xffff_ffff);
  return hashes.digest('sha384', seed, u32be(index));
}

/** A deterministic stream: the bytes of blocks 0, 1, 2, … of {@link entropyBlock}, none of them skipped. */
export function seededEntropy(seed: Uint8Array, provider: NeedsHashes = PORTABLE): Entropy {
  checkBytes('seed', seed);
  const own = seed.slice();
  let index = 0;
  let rest = new Uint8Array(0);
  return {
    bytes(length) {
      checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
      const out = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (rest.length === 0) rest = entropyBlock(own, index++, provider).slice();
        const part = rest.subarray(0, length - filled);
        out.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return out;
    },
  };
}

/**
 * The external TRNG of a recording: every request takes whole blocks of {@link entropyBlock} and drops what it does not
 * use, as the driver does with a 12-word response.
 */
export function blockEntropy(seed: Uint8Array, provider: NeedsHashes = PORTABLE): Entropy {
  checkBytes('seed', seed);
  const own = seed.slice();
  let index = 0;
  return {
    bytes(length) {
      checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
      const blocks: Uint8Array[] = [];
      for (let at = 0; at < length; at += BLOCK_BYTES) blocks.push(entropyBlock(own, index++, provider));
      return concatBytes(...blocks).slice(0, length);
    },
  };
}

/** The platform's random number generator, `crypto.getRandomValues`. Nothing else in this package reads it. */
export function systemEntropy(): Entropy {
  return {
    bytes(length) {
      checkInteger('length', length, 0, 65536);
      return randomBytes(length);
    },
  };
}
