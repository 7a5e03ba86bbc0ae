/** Replies are collected up to this size and sent together. */
const SLAB = 262_144;

/** Room for replies, many in one array, so that small ones cost neither an allocation nor a call to the system each. */
export class ReplyBuffer {
  readonly #allocate: (size: number) => Uint8Array;
  readonly #send: (bytes: Uint8Array) => void;
  #slab: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  constructor(allocate: (size: number) => Uint8Array, send: (bytes: Uint8Array) => void) {
    this.#allocate = allocate;
    this.#send = send;
  }

  /** Bytes that wait to be sent. */
  get pending(): number {
    return this.#to - this.#from;
  }

  /** Where a reply of `size` bytes is to be written, at once. */
  reserve(size: number): Uint8Array {
    if (this.#to + size > this.#slab.length) {
      this.flush();
      this.#slab = this.#allocate(Math.max(size, SLAB));
      this.#from = 0;
      this.#to = 0;
    }
    const room = this.#slab.subarray(this.#to, this.#to + size);
    this.#to += size;
    return room;
  }

  /** Takes back the last `size` bytes that were reserved. */
  release(size: number): void {
    this.#to -= size;
  }

  flush(): void {
    if (this.#from === this.#to) return;
    const bytes = this.#slab.subarray(this.#from, this.#to);
    this.#from = this.#to;
    this.#send(bytes);
  }
}
