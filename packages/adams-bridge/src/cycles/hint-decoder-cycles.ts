import { OMEGA } from '../units/codecs/hints.ts';
import { MLDSA_K } from '../units/codecs/mldsa.ts';

/** Cycles until the decoder works, from the start of the instruction. */
const START = 2;
const LAST_ROW = 63;

/**
 * The decoder of hints, cycle by cycle, as far as its time depends on them: one state machine reads positions, four a cycle,
 * and another writes 64 rows for each polynomial. A fault shows in the cycle in which its check sees it.
 * adams-bridge:src/sigdecode_h/rtl, v2.0.3
 */
class HintDecoder {
  readonly #bytes: Uint8Array;
  /** Counts above 75, or bytes after the last position: these are looked at all the time. */
  readonly #faulty: boolean;
  #reader: 'init' | 'count' | 'positions' | 'idle' = 'init';
  #writer: 'init' | 'rows' | 'idle' = 'init';
  #polynomial = 0;
  #row = 0;
  #count = 0;
  #previousCount = 0;
  #left = 0;
  #at = 0;
  /** How many of the positions read in the last cycle belong to the polynomial. */
  #used = 0;
  /** First of the four bytes read in the last cycle, if there was a read, and in the one before. */
  #read: number | undefined;
  #first = false;
  #lastPosition = 0;
  #ordered = true;
  fault = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const end = bytes[OMEGA + MLDSA_K - 1] as number;
    this.#faulty = bytes.subarray(OMEGA).some((count) => count > OMEGA) || bytes.subarray(end, OMEGA).some(Boolean);
  }

  get done(): boolean {
    return this.#reader === 'idle' && this.#writer === 'idle';
  }

  /** One clock: every value is made from those of the cycle before. */
  step(): void {
    const [reader, writer, left, count, read] = [this.#reader, this.#writer, this.#left, this.#count, this.#read];
    const last = this.#polynomial === MLDSA_K - 1;
    const polynomialRead = reader === 'positions' && left === 0;
    const rowsWritten = writer === 'rows' && this.#row === LAST_ROW;
    const reads = reader === 'positions' && !polynomialRead;
    const current = (count - this.#previousCount) & 0xff;

    const ordered = read === undefined || this.#inOrder(read);
    this.#lastPosition = read === undefined ? 0 : (this.#bytes[read + 3] ?? 0);
    this.fault = this.#faulty || count < this.#previousCount || !this.#ordered;
    this.#ordered = ordered;
    this.#previousCount = count;
    this.#count = this.#bytes[OMEGA + this.#polynomial] ?? 0;
    this.#first = reads && read === undefined;
    this.#read = reads ? this.#at : undefined;

    if (reader === 'count') this.#left = current;
    this.#used = reads ? Math.min(left, 4) : 0;
    if (reads) {
      this.#at += this.#used;
      this.#left = left - this.#used;
    }
    if (reader === 'init' && writer === 'init') this.#reader = 'count';
    else if (reader === 'count') this.#reader = 'positions';
    else if (polynomialRead) this.#reader = last ? 'idle' : 'init';
    if (writer === 'init' && (read !== undefined || polynomialRead)) this.#writer = 'rows';
    else if (rowsWritten) this.#writer = last ? 'idle' : 'init';
    if (writer === 'rows') this.#row = rowsWritten ? 0 : this.#row + 1;
    if (rowsWritten) this.#polynomial++;
  }

  /** Positions of one read rise, also from those of the read before. */
  #inOrder(read: number): boolean {
    for (let i = 0; i < this.#used; i++) {
      const before = i === 0 ? this.#lastPosition : (this.#bytes[read + i - 1] as number);
      const position = this.#bytes[read + i] as number;
      if (position < before || (position === before && !(i === 0 && this.#first))) return false;
    }
    return true;
  }
}

/**
 * Cycles of SIGDEC_H: to its end, or to where verification jumps out because a fault of the encoding shows.
 *
 * @param bytes - the 83 bytes of the encoded hints
 */
export function hintDecoderCycles(bytes: Uint8Array): number {
  const decoder = new HintDecoder(bytes);
  let cycles = START;
  while (!decoder.done && !decoder.fault) {
    decoder.step();
    cycles++;
  }
  return cycles + 1;
}
