import type { Namespace } from '../namespace.ts';

/** A namespace that takes data in several arrays, as {@link EncryptedNamespace} does. */
interface GatheringNamespace extends Namespace {
  writeParts(lba: number, parts: readonly Uint8Array[]): void;
}

const gathers = (namespace: Namespace): namespace is GatheringNamespace => 'writeParts' in namespace;

/** Bytes of a namespace at any offset: what is no whole block is read, changed and written. */
export class BlockAccess {
  readonly #namespace: Namespace;
  readonly #blockSize: number;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
    this.#blockSize = namespace.blockSize;
  }

  read(offset: number, into: Uint8Array): void {
    const size = this.#blockSize;
    const lba = Math.floor(offset / size);
    const head = offset - lba * size;
    const count = Math.ceil((head + into.length) / size);
    if (head === 0 && into.length === count * size) this.#namespace.read(lba, count, into);
    else into.set(this.#namespace.read(lba, count).subarray(head, head + into.length));
  }

  /** Whole blocks, lying in one array or two. */
  writeBlocks(lba: number, first: Uint8Array, second: Uint8Array | undefined): void {
    if (second === undefined) this.#namespace.write(lba, first);
    else if (gathers(this.#namespace)) this.#namespace.writeParts(lba, [first, second]);
    else {
      this.#namespace.write(lba, first);
      this.#namespace.write(lba + first.length / this.#blockSize, second);
    }
  }

  /** Changes bytes inside a block. */
  patch(lba: number, at: number, bytes: Uint8Array): void {
    const block = this.#namespace.read(lba, 1);
    block.set(bytes, at);
    this.#namespace.write(lba, block);
  }
}

/** A write whose data comes in pieces. What is complete goes to the namespace at once, so that little is kept. */
export class IncomingWrite {
  readonly #access: BlockAccess;
  readonly #blockSize: number;
  /** Where the next byte goes. */
  #offset: number;
  #remaining: number;
  /** The last block, while it is not complete: bytes from `#partialFrom` up to `#offset`. */
  #partial: Uint8Array | undefined;
  #partialFrom = 0;

  constructor(access: BlockAccess, blockSize: number, offset: number, length: number) {
    this.#access = access;
    this.#blockSize = blockSize;
    this.#offset = offset;
    this.#remaining = length;
  }

  /** Takes the next bytes, at most as many as remain. */
  take(piece: Uint8Array): void {
    let head: Uint8Array | undefined;
    if (this.#partial !== undefined || this.#offset % this.#blockSize !== 0 || piece.length < this.#blockSize) {
      const used = this.#fill(piece);
      piece = piece.subarray(used);
      if (this.#offset % this.#blockSize !== 0) {
        if (this.#remaining === 0) this.#finishPartial();
        return;
      }
      head = this.#completed();
    }
    const whole = piece.length - (piece.length % this.#blockSize);
    const lba = this.#offset / this.#blockSize;
    const run = whole === 0 ? undefined : piece.subarray(0, whole);
    this.#offset += whole;
    this.#remaining -= whole;
    if (head !== undefined) this.#access.writeBlocks(lba - 1, head, run);
    else if (run !== undefined) this.#access.writeBlocks(lba, run, undefined);
    if (whole === piece.length) return;
    this.#fill(piece.subarray(whole));
    if (this.#remaining === 0) this.#finishPartial();
  }

  /** Puts bytes into the incomplete block. @returns how many */
  #fill(piece: Uint8Array): number {
    const at = this.#offset % this.#blockSize;
    if (this.#partial === undefined) {
      this.#partial = new Uint8Array(this.#blockSize);
      this.#partialFrom = at;
    }
    const used = Math.min(piece.length, this.#blockSize - at);
    this.#partial.set(piece.subarray(0, used), at);
    this.#offset += used;
    this.#remaining -= used;
    return used;
  }

  /** The block that ends at the offset. @returns undefined if it was no whole one, and is written */
  #completed(): Uint8Array | undefined {
    const block = this.#partial as Uint8Array;
    this.#partial = undefined;
    if (this.#partialFrom === 0) return block;
    this.#access.patch(this.#offset / this.#blockSize - 1, this.#partialFrom, block.subarray(this.#partialFrom));
    return undefined;
  }

  #finishPartial(): void {
    const block = this.#partial as Uint8Array;
    const end = this.#offset % this.#blockSize;
    this.#partial = undefined;
    const lba = Math.floor(this.#offset / this.#blockSize);
    this.#access.patch(lba, this.#partialFrom, block.subarray(this.#partialFrom, end));
  }
}
