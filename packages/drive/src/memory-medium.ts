import { MediumError } from './errors.ts';
import type { Medium } from './medium.ts';

const PAGE = 65_536;

/** A sparse medium in memory, for tests, examples and pages. Loss of power loses all of it. */
export class MemoryMedium implements Medium {
  readonly #pages = new Map<number, Uint8Array>();
  #end = 0;
  #closed = false;

  get end(): number {
    return this.#end;
  }

  read(offset: number, into: Uint8Array): void {
    this.#each(offset, into.length, (page, at, from, size) => {
      const bytes = this.#pages.get(page);
      if (bytes === undefined) into.fill(0, from, from + size);
      else into.set(bytes.subarray(at, at + size), from);
    });
  }

  write(offset: number, data: Uint8Array): void {
    this.#each(offset, data.length, (page, at, from, size) => {
      let bytes = this.#pages.get(page);
      if (bytes === undefined) {
        bytes = new Uint8Array(PAGE);
        this.#pages.set(page, bytes);
      }
      bytes.set(data.subarray(from, from + size), at);
    });
    this.#end = Math.max(this.#end, offset + data.length);
  }

  discard(offset: number, length: number): void {
    this.#each(offset, Math.min(length, Math.max(0, this.#end - offset)), (page, at, _from, size) => {
      if (size === PAGE) this.#pages.delete(page);
      else this.#pages.get(page)?.fill(0, at, at + size);
    });
    if (offset + length >= this.#end) this.#end = Math.min(this.#end, offset);
  }

  async flush(): Promise<void> {
    this.#requireOpen();
  }

  close(): void {
    this.#closed = true;
  }

  #each(offset: number, length: number, piece: (page: number, at: number, from: number, size: number) => void): void {
    this.#requireOpen();
    for (let from = 0; from < length; ) {
      const at = (offset + from) % PAGE;
      const size = Math.min(PAGE - at, length - from);
      piece(Math.floor((offset + from) / PAGE), at, from, size);
      from += size;
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new MediumError('CLOSED', 'the medium is closed');
  }
}
