import { checkBytes, checkInteger } from './checks.ts';
import { aesCmac } from './cmac.ts';
import type { Capabilities, HashName } from './provider.ts';

/** A pseudorandom function with its key inside. */
export type Prf = (data: Uint8Array) => Uint8Array;

export function hmacPrf({ hmac }: Pick<Capabilities, 'hmac'>, hash: HashName, key: Uint8Array): Prf {
  return (data) => hmac.mac(hash, key, data);
}

export function cmacPrf(provider: Pick<Capabilities, 'blockCipher'>, key: Uint8Array): Prf {
  return (data) => aesCmac(provider, key, data);
}

export interface Kdf108Options {
  /** Width r of the counter. */
  readonly counterBits: 8 | 16 | 24 | 32;
  /** Where the counter stands: before or after the fixed data, or so many bits into it. */
  readonly counterAt: 'before' | 'after' | number;
  /** Everything hashed besides the counter. The KDF adds neither separator nor length. */
  readonly fixedData: Uint8Array;
  /** Bytes of output. */
  readonly length: number;
}

/** `count` bits of `source` from bit `from` on into `target` at bit `to`; bit 0 is the most significant of byte 0. */
function copyBits(source: Uint8Array, from: number, count: number, target: Uint8Array, to: number): void {
  for (let i = 0; i < count; i++) {
    const bit = ((source[(from + i) >> 3] ?? 0) >> (7 - ((from + i) & 7))) & 1;
    const at = (to + i) >> 3;
    target[at] = (target[at] ?? 0) | (bit << (7 - ((to + i) & 7)));
  }
}

/** Bits before the counter. @throws RangeError if the position is outside the fixed data */
function bitsBefore({ counterAt, fixedData }: Kdf108Options): number {
  if (counterAt === 'before') return 0;
  if (counterAt === 'after') return fixedData.length * 8;
  checkInteger('counterAt', counterAt, 0, fixedData.length * 8);
  return counterAt;
}

/**
 * KDF in counter mode: `PRF(fixed data with [i]r in it)` for i = 1, 2, …, cut to `length`. SP 800-108r1 §4.1
 *
 * @throws RangeError if an option is out of range, or `length` needs more than 2^r - 1 blocks
 */
export function kdf108Counter(prf: Prf, options: Kdf108Options): Uint8Array {
  const { counterBits, fixedData, length } = options;
  checkBytes('fixedData', fixedData);
  if (![8, 16, 24, 32].includes(counterBits))
    throw new RangeError(`counterBits: expected 8, 16, 24 or 32, got ${String(counterBits)}`);
  checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
  const head = bitsBefore(options);
  const out = new Uint8Array(length);
  for (let filled = 0, i = 1; filled < length; i++) {
    if (i >= 2 ** counterBits)
      throw new RangeError(`length: expected at most ${filled} bytes with a ${counterBits}-bit counter, got ${length}`);
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, i);
    const input = new Uint8Array(fixedData.length + counterBits / 8);
    copyBits(fixedData, 0, head, input, 0);
    copyBits(counter, 32 - counterBits, counterBits, input, head);
    copyBits(fixedData, head, fixedData.length * 8 - head, input, head + counterBits);
    const block = prf(input);
    out.set(block.subarray(0, length - filled), filled);
    filled += block.length;
  }
  return out;
}
