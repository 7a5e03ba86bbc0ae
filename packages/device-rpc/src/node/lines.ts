const LF = 0x0a;

/** The peer sent a line that is too long, or text that is not UTF-8. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/** Cuts a stream of bytes into lines. A line's bytes are joined once, when its end has come. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #parts: Uint8Array[] = [];
  #size = 0;

  /** @param maxBytes - longest line, without its LF */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @returns the lines that this chunk completes, without LF and empty ones
   * @throws LineError
   */
  read(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = this.#take();
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes) throw new LineError(`a line of more than ${this.#maxBytes} bytes`);
    if (part.length > 0) this.#parts.push(part);
  }

  #take(): string {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    try {
      return this.#decoder.decode(bytes).trim();
    } catch {
      throw new LineError('a line that is not UTF-8');
    }
  }
}
