/** Bytes that arrived in pieces and are taken in others, copied only where a piece ends inside. */
export class ByteQueue {
  readonly #pieces: Uint8Array[] = [];
  /** Bytes of the first piece that are gone. */
  #taken = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#taken = 0;
    this.#length = 0;
  }

  /** The next bytes, as many as lie together, at most `size`. The queue must not be empty. */
  takeSome(size: number): Uint8Array {
    const first = this.#pieces[0] as Uint8Array;
    const end = Math.min(first.length, this.#taken + size);
    const bytes = first.subarray(this.#taken, end);
    this.#length -= bytes.length;
    if (end === first.length) {
      this.#pieces.shift();
      this.#taken = 0;
    } else this.#taken = end;
    return bytes;
  }

  /** The next `size` bytes in one piece. So many must be there. */
  take(size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    const first = this.takeSome(size);
    if (first.length === size) return first;
    const bytes = new Uint8Array(size);
    bytes.set(first);
    for (let done = first.length; done < size; ) {
      const some = this.takeSome(size - done);
      bytes.set(some, done);
      done += some.length;
    }
    return bytes;
  }
}
