import { BLOCK_SIZE } from './block.ts';
import type { Medium } from './medium.ts';
import type { Allocation } from './namespace.ts';

/** Blocks that are looked at together: 1 MiB. */
const CHUNK = 256;

/**
 * Whether the medium holds nothing for a block: zeros. No ciphertext is: the probability is 2^-32768.
 *
 * @param block - BLOCK_SIZE bytes
 */
export function isUnallocated(block: Uint8Array): boolean {
  // Nearly always decided by the first bytes.
  if ((block[0] as number) | (block[1] as number) | (block[2] as number) | (block[3] as number)) return false;
  if (block.byteOffset % 4 !== 0) return block.every((byte) => byte === 0);
  const words = new Int32Array(block.buffer, block.byteOffset, BLOCK_SIZE / 4);
  let any = 0;
  for (let i = 0; i < words.length; i++) any |= words[i] as number;
  return any === 0;
}

/**
 * Which blocks hold data. The medium itself is the map, so it needs no record that could disagree with it after a loss of
 * power; what was looked at once is kept.
 */
export class AllocationMap {
  readonly #medium: Medium;
  readonly #base: number;
  /** One bit a block, of the chunks that were looked at. */
  readonly #known = new Map<number, Uint8Array>();
  readonly #scratch = new Uint8Array(CHUNK * BLOCK_SIZE);

  /** @param base - offset of block 0 on the medium */
  constructor(medium: Medium, base: number) {
    this.#medium = medium;
    this.#base = base;
  }

  /** The blocks hold data now, or none any more. */
  set(lba: number, count: number, allocated: boolean): void {
    if (this.#known.size === 0) return;
    for (let at = lba; at < lba + count; ) {
      const end = Math.min(lba + count, at - (at % CHUNK) + CHUNK);
      const bits = this.#known.get(Math.floor(at / CHUNK));
      if (bits !== undefined) for (let block = at; block < end; block++) setBit(bits, block % CHUNK, allocated);
      at = end;
    }
  }

  /** The run at `lba`, of `count` blocks at most. */
  run(lba: number, count: number): Allocation {
    const allocated = this.#isAllocated(lba);
    let at = lba + 1;
    while (at < lba + count && this.#isAllocated(at) === allocated) at++;
    return { allocated, count: at - lba };
  }

  #isAllocated(lba: number): boolean {
    const chunk = Math.floor(lba / CHUNK);
    const bits = this.#known.get(chunk) ?? this.#look(chunk);
    const at = lba % CHUNK;
    return ((bits[at >> 3] as number) & (1 << (at & 7))) !== 0;
  }

  #look(chunk: number): Uint8Array {
    const bits = new Uint8Array(CHUNK / 8);
    const offset = this.#base + chunk * CHUNK * BLOCK_SIZE;
    if (offset < this.#medium.end) {
      this.#medium.read(offset, this.#scratch);
      for (let block = 0; block < CHUNK; block++) {
        const at = block * BLOCK_SIZE;
        if (!isUnallocated(this.#scratch.subarray(at, at + BLOCK_SIZE))) setBit(bits, block, true);
      }
    }
    this.#known.set(chunk, bits);
    return bits;
  }
}

function setBit(bits: Uint8Array, at: number, value: boolean): void {
  const byte = bits[at >> 3] as number;
  bits[at >> 3] = value ? byte | (1 << (at & 7)) : byte & ~(1 << (at & 7));
}
