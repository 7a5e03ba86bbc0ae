import { AllocationMap, isUnallocated } from './allocation-map.ts';
import { BLOCK_SIZE } from './block.ts';
import { RangeOutOfBoundsError } from './errors.ts';
import type { Medium } from './medium.ts';
import type { Allocation, Namespace } from './namespace.ts';
import type { XtsDataPath } from './xts/data-path.ts';

export interface EncryptedNamespaceOptions {
  readonly nsid: number;
  /** Name of the export; default `ns` and the identifier. */
  readonly name?: string;
  readonly blockCount: number;
  readonly dataPath: XtsDataPath;
  readonly medium: Medium;
  /** Byte of the medium at which block 0 lies; default 0. */
  readonly offset?: number;
}

const ZERO_RUN = new Uint8Array(64 * BLOCK_SIZE);

/**
 * A namespace whose medium holds ciphertext only. A block of zeros on the medium is unallocated and reads as zeros;
 * written zeros are ciphertext like any other data.
 */
export class EncryptedNamespace implements Namespace {
  readonly nsid: number;
  readonly name: string;
  readonly blockSize: number = BLOCK_SIZE;
  readonly blockCount: number;
  readonly #dataPath: XtsDataPath;
  readonly #medium: Medium;
  readonly #offset: number;
  readonly #map: AllocationMap;

  /** @throws RangeError for a namespace identifier, size or offset that is none */
  constructor({ nsid, name = `ns${nsid}`, blockCount, dataPath, medium, offset = 0 }: EncryptedNamespaceOptions) {
    requireCount('nsid', nsid, 1, 2 ** 32 - 2);
    requireCount('blockCount', blockCount, 1, Number.MAX_SAFE_INTEGER / BLOCK_SIZE);
    requireCount('offset', offset, 0, Number.MAX_SAFE_INTEGER - blockCount * BLOCK_SIZE);
    this.nsid = nsid;
    this.name = name;
    this.blockCount = blockCount;
    this.#dataPath = dataPath;
    this.#medium = medium;
    this.#offset = offset;
    this.#map = new AllocationMap(medium, offset);
  }

  read(lba: number, count: number, into: Uint8Array = new Uint8Array(count * BLOCK_SIZE)): Uint8Array {
    this.#check(lba, count);
    if (into.length !== count * BLOCK_SIZE)
      throw new RangeOutOfBoundsError(`into: ${count} blocks do not fit ${into.length} bytes`);
    this.#dataPath.decrypt(this.nsid, lba, into, this.#source, blank);
    return into;
  }

  write(lba: number, data: Uint8Array): void {
    this.writeParts(lba, [data]);
  }

  /** Like `write`, of data that lies in several arrays: together whole blocks. */
  writeParts(lba: number, parts: readonly Uint8Array[]): void {
    let size = 0;
    for (const part of parts) size += part.length;
    if (size % BLOCK_SIZE !== 0) throw new RangeOutOfBoundsError(`data: ${size} bytes are no whole number of blocks`);
    this.#check(lba, size / BLOCK_SIZE);
    this.#dataPath.encrypt(this.nsid, lba, parts, this.#sink);
  }

  writeZeroes(lba: number, count: number, unmap: boolean): void {
    if (unmap) {
      this.deallocate(lba, count);
      return;
    }
    this.#check(lba, count);
    this.#dataPath.require(this.nsid, lba, count);
    const run = ZERO_RUN.length / BLOCK_SIZE;
    for (let done = 0; done < count; done += run)
      this.write(lba + done, ZERO_RUN.subarray(0, Math.min(run, count - done) * BLOCK_SIZE));
  }

  deallocate(lba: number, count: number): void {
    this.#check(lba, count);
    this.#dataPath.require(this.nsid, lba, count);
    this.discard(lba, count);
  }

  /** Like `deallocate`, but needs no key: for a crypto-erase, whose old ciphertext nobody can read. */
  discard(lba: number, count: number): void {
    this.#check(lba, count);
    this.#medium.discard(this.#offset + lba * BLOCK_SIZE, count * BLOCK_SIZE);
    this.#map.set(lba, count, false);
  }

  allocation(lba: number, count: number): Allocation {
    this.#check(lba, count);
    if (this.#offset + lba * BLOCK_SIZE >= this.#medium.end) return { allocated: false, count };
    return this.#map.run(lba, count);
  }

  flush(): Promise<void> {
    return this.#medium.flush();
  }

  #check(lba: number, count: number): void {
    if (!(Number.isInteger(lba) && Number.isInteger(count) && lba >= 0 && count >= 1 && lba + count <= this.blockCount))
      throw new RangeOutOfBoundsError(
        `namespace ${this.nsid}: blocks ${lba}..${lba + count - 1} are not within 0..${this.blockCount - 1}`,
      );
  }

  readonly #sink = (lba: number, ciphertext: Uint8Array): void => {
    this.#map.set(lba, ciphertext.length / BLOCK_SIZE, true);
    this.#medium.write(this.#offset + lba * BLOCK_SIZE, ciphertext);
  };

  /** @returns the unallocated blocks of the piece, if there are any */
  readonly #source = (lba: number, ciphertext: Uint8Array): number[] | undefined => {
    this.#medium.read(this.#offset + lba * BLOCK_SIZE, ciphertext);
    let holes: number[] | undefined;
    for (let at = 0; at < ciphertext.length; at += BLOCK_SIZE) {
      if (ciphertext[at] !== 0 || !isUnallocated(ciphertext.subarray(at, at + BLOCK_SIZE))) continue;
      holes ??= [];
      holes.push(at);
    }
    return holes;
  };
}

function blank(holes: readonly number[], plaintext: Uint8Array): void {
  for (const at of holes) plaintext.fill(0, at, at + BLOCK_SIZE);
}

function requireCount(name: string, value: number, min: number, max: number): void {
  if (!(Number.isSafeInteger(value) && value >= min && value <= max))
    throw new RangeError(`${name}: ${value} is not in ${min}..${Math.floor(max)}`);
}
