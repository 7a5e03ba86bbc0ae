const LF = 0x0a;
const FIRST_CAPACITY = 4096;
/** Stands for a line that is not UTF-8: it is no JSON either. */
const NOT_TEXT = '\ufffd';

/** The peer sent a line that is too long. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/** Cuts a stream of bytes into lines. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** What has come of a line that is not complete. Grows by doubling, so that small pieces cost no more than large ones. */
  #begun = new Uint8Array(0);
  #size = 0;

  /** @param maxBytes - longest line, without its LF */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @returns the lines that this chunk completes, without LF; empty ones are left out
   * @throws LineTooLong
   */
  read(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #complete(end: Uint8Array): string {
    if (this.#size === 0) {
      this.#check(end.length);
      return this.#decode(end);
    }
    this.#keep(end);
    const line = this.#decode(this.#begun.subarray(0, this.#size));
    this.#begun = new Uint8Array(0);
    this.#size = 0;
    return line;
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    const size = this.#size + part.length;
    this.#check(size);
    if (size > this.#begun.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#begun.length, FIRST_CAPACITY));
      grown.set(this.#begun.subarray(0, this.#size));
      this.#begun = grown;
    }
    this.#begun.set(part, this.#size);
    this.#size = size;
  }

  #check(size: number): void {
    if (size > this.#maxBytes) throw new LineTooLong(`a line of more than ${this.#maxBytes} bytes`);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes).trim();
    } catch {
      return NOT_TEXT;
    }
  }
}
