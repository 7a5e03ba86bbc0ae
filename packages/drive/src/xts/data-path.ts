import { ENGINE_ERROR, type MediaKeyCache } from '@rootcap/hardware';
import { BLOCK_SIZE } from '../block.ts';
import { LockedRangeError } from '../errors.ts';
import { decodeMetadata, type RangeMetadata } from './metadata.ts';
import type { UnitCipher, UnitCipherEngine } from './unit-cipher.ts';

const KEY_SIZE = 64;
const HALF = KEY_SIZE / 2;
/** A key protects at most 2^44 blocks of 16 bytes: IEEE 1619-2018 section 5.1. */
const MAX_RANGE_BLOCKS = 2 ** 44 / (BLOCK_SIZE / 16);
const DEFAULT_CAPACITY = 64;

/** Values of `CTRL.err` that are this cache's own, beside those of ENGINE_ERROR. */
export const XTS_ERROR = { BAD_METADATA: 7, WEAK_KEY: 8 } as const;

export interface XtsDataPathOptions {
  readonly engine: UnitCipherEngine;
  /** Keys at the same time; default 64. */
  readonly capacity?: number;
}

/** A loaded range. The key is inside the cipher and nowhere else. */
interface Entry extends RangeMetadata {
  readonly cipher: UnitCipher;
}

function halvesEqual(key: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < HALF; i++) difference |= (key[i] as number) ^ (key[HALF + i] as number);
  return difference === 0;
}

/**
 * The encryption engine's inline data path: AES-256-XTS, a data unit being a logical block of 4096 bytes and its tweak
 * the LBA as a 128-bit little-endian number. MEK[0..32] is the data key, MEK[32..64] the tweak key.
 *
 * It is the key cache that the register front loads. METD is the LBA range (start u64, end u64 inclusive) and namespace
 * (u32) of a key; a block outside every loaded range is locked. AUX is not used.
 */
export class XtsDataPath implements MediaKeyCache {
  readonly #engine: UnitCipherEngine;
  readonly #capacity: number;
  readonly #entries: Entry[] = [];
  /** Tweaks of the units in hand. */
  #tweaks = new Uint8Array(0);
  #tweakView = new DataView(this.#tweaks.buffer);

  constructor({ engine, capacity = DEFAULT_CAPACITY }: XtsDataPathOptions) {
    this.#engine = engine;
    this.#capacity = capacity;
  }

  /** Ranges with a key, in the order in which they were loaded. */
  get ranges(): readonly RangeMetadata[] {
    return this.#entries.map(({ start, end, nsid }) => ({ start, end, nsid }));
  }

  /**
   * ERR: CACHE_FULL, REDUNDANT_METADATA for the same range, BAD_METADATA for what is no range, overlaps a loaded one or has more
   * blocks than a key may protect, WEAK_KEY for equal halves.
   */
  load(metadata: Uint8Array, _aux: Uint8Array, mek: Uint8Array): number {
    const range = decodeMetadata(metadata);
    if (range === undefined || mek.length !== KEY_SIZE) return XTS_ERROR.BAD_METADATA;
    const { start, end, nsid } = range;
    if (this.#find(range) >= 0) return ENGINE_ERROR.REDUNDANT_METADATA;
    if (end - start >= MAX_RANGE_BLOCKS) return XTS_ERROR.BAD_METADATA;
    if (this.#entries.some((other) => other.nsid === nsid && start <= other.end && other.start <= end))
      return XTS_ERROR.BAD_METADATA;
    if (halvesEqual(mek)) return XTS_ERROR.WEAK_KEY;
    if (this.#entries.length >= this.#capacity) return ENGINE_ERROR.CACHE_FULL;
    this.#entries.push({ ...range, cipher: this.#engine.create(mek) });
    return ENGINE_ERROR.NONE;
  }

  unload(metadata: Uint8Array): number {
    const range = decodeMetadata(metadata);
    const index = range === undefined ? -1 : this.#find(range);
    if (index < 0) return ENGINE_ERROR.NOT_FOUND;
    for (const { cipher } of this.#entries.splice(index, 1)) cipher.destroy();
    return ENGINE_ERROR.NONE;
  }

  zeroize(): number {
    for (const { cipher } of this.#entries.splice(0)) cipher.destroy();
    return ENGINE_ERROR.NONE;
  }

  /** @throws LockedRangeError if a block has no key */
  require(nsid: number, lba: number, count: number): void {
    for (let at = lba; at < lba + count; ) at = this.#at(nsid, at).end + 1;
  }

  /**
   * Encrypts whole blocks. Nothing is handed on if a block is locked.
   *
   * @param parts - plaintext, one array after the other; together whole blocks
   * @param sink - takes ciphertext piece by piece; it is only valid during the call
   */
  encrypt(
    nsid: number,
    lba: number,
    parts: readonly Uint8Array[],
    sink: (lba: number, data: Uint8Array) => void,
  ): void {
    let size = 0;
    for (const part of parts) size += part.length;
    const end = lba + size / BLOCK_SIZE;
    this.require(nsid, lba, end - lba);
    let part = 0;
    let offset = 0;
    for (let at = lba; at < end; ) {
      const entry = this.#at(nsid, at);
      const { buffer } = entry.cipher;
      const units = Math.min(end - at, entry.end + 1 - at, buffer.length / BLOCK_SIZE);
      const target = units * BLOCK_SIZE;
      for (let filled = 0; filled < target; ) {
        const from = parts[part] as Uint8Array;
        const take = Math.min(from.length - offset, target - filled);
        buffer.set(take === from.length ? from : from.subarray(offset, offset + take), filled);
        filled += take;
        offset += take;
        if (offset < from.length) break;
        part++;
        offset = 0;
      }
      entry.cipher.encrypt(this.#tweaksOf(at, units));
      sink(at, buffer.subarray(0, target));
      at += units;
    }
  }

  /**
   * Decrypts whole blocks into `into`. Nothing is asked for if a block is locked.
   *
   * @param source - fills its array with the ciphertext of the blocks from `lba`; what it returns is given to `mend`
   * @param mend - corrects plaintext of the piece afterwards, if `source` returned anything
   */
  decrypt<T>(
    nsid: number,
    lba: number,
    into: Uint8Array,
    source: (lba: number, data: Uint8Array) => T | undefined,
    mend: (found: T, plaintext: Uint8Array) => void,
  ): void {
    const end = lba + into.length / BLOCK_SIZE;
    this.require(nsid, lba, end - lba);
    for (let at = lba; at < end; ) {
      const entry = this.#at(nsid, at);
      const { buffer } = entry.cipher;
      const units = Math.min(end - at, entry.end + 1 - at, buffer.length / BLOCK_SIZE);
      const piece = buffer.subarray(0, units * BLOCK_SIZE);
      const found = source(at, piece);
      entry.cipher.decrypt(this.#tweaksOf(at, units));
      if (found !== undefined) mend(found, piece);
      into.set(piece, (at - lba) * BLOCK_SIZE);
      at += units;
    }
  }

  #find({ start, end, nsid }: RangeMetadata): number {
    return this.#entries.findIndex((entry) => entry.nsid === nsid && entry.start === start && entry.end === end);
  }

  #at(nsid: number, lba: number): Entry {
    for (const entry of this.#entries) if (entry.nsid === nsid && entry.start <= lba && lba <= entry.end) return entry;
    throw new LockedRangeError(nsid, lba);
  }

  #tweaksOf(lba: number, units: number): Uint8Array {
    const size = 16 * units;
    if (this.#tweaks.length < size) {
      this.#tweaks = new Uint8Array(size);
      this.#tweakView = new DataView(this.#tweaks.buffer);
    }
    for (let at = 0; at < size; at += 16, lba++) {
      this.#tweakView.setUint32(at, lba % 2 ** 32, true);
      this.#tweakView.setUint32(at + 4, lba / 2 ** 32, true);
    }
    return this.#tweaks.length === size ? this.#tweaks : this.#tweaks.subarray(0, size);
  }
}
