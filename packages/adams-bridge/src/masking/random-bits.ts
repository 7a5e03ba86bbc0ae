/** Bits of each of the two LFSRs, and 32-bit words that hold them. */
const LFSR_BITS = 118;
const LFSR_WORDS = 4;
const STATE_WORDS = 2 * LFSR_WORDS;
/** Bits of the last word of an LFSR. */
const LAST_MASK = 2 ** (LFSR_BITS % 32) - 1;
const SEED_BYTES = 30;

/** Bits of one random word; five of them follow the six bits for shuffling. */
export const MASK_BITS = 46;
const SHUFFLE_BITS = 6;
const HALF_BITS = MASK_BITS / 2;
const HALF = 2 ** HALF_BITS;

/** States that are kept: more than the cycles of any instruction that works on shares or shuffles. */
const KEPT = 1024;

/** Where masks come from. */
export interface MaskSource {
  /**
   * A random word.
   *
   * @param cycle - clock cycle of the instruction
   * @param index - 0..4
   * @returns 46 bits
   */
  word(cycle: number, index: number): number;
  /** One bit of a random word, 0..45. */
  bit(cycle: number, index: number, bit: number): number;
  /** For the stages of an adder, at most 24: bit `from` of a cycle, bit `from` + 1 of the next, and so on, lowest first. */
  stages(cycle: number, index: number, from: number, width: number): number;
}

/** Random words that are held at zero. */
export const NO_MASKS: MaskSource = { word: () => 0, bit: () => 0, stages: () => 0 };

/**
 * The random bits of the accelerator: two LFSRs of 118 bits, XNOR of bits 117 and 84, that step in every clock cycle. The
 * six lowest bits are for shuffling, five words of 46 bits for masking.
 *
 * @see adams-bridge:src/abr_prim/rtl/abr_prim_lfsr.sv and src/abr_top/rtl/abr_top.sv, v2.0.3
 */
export class RandomBits implements MaskSource {
  /** States of this cycle and of those after it as far as they were asked for. */
  readonly #states = new Uint32Array(KEPT * STATE_WORDS);
  #known = 1;
  /** An LFSR has left all ones in a known cycle: its bits have not just shifted then. */
  #restarted = false;

  constructor() {
    this.#states[0] = 1;
    this.#states[LFSR_WORDS] = 1;
  }

  /**
   * Loads both LFSRs.
   *
   * @param seed - 30 bytes: bits 117..0 for the first, 235..118 for the second
   * @throws RangeError if there are not 30 bytes
   */
  seed(seed: Uint8Array): void {
    if (seed.length !== SEED_BYTES) throw new RangeError(`seed: ${seed.length} bytes, not ${SEED_BYTES}`);
    this.#known = 1;
    this.#restarted = false;
    this.#states.fill(0, 0, STATE_WORDS);
    for (let bit = 0; bit < 2 * LFSR_BITS; bit++) {
      if ((((seed[bit >>> 3] as number) >>> (bit & 7)) & 1) === 0) continue;
      const second = bit >= LFSR_BITS;
      const at = second ? bit - LFSR_BITS : bit;
      const word = (second ? LFSR_WORDS : 0) + (at >>> 5);
      this.#states[word] = (this.#states[word] as number) | (1 << (at & 31));
    }
  }

  /** Goes on by some clock cycles: what was cycle `cycles` is cycle 0. */
  advance(cycles: number): void {
    let left = cycles;
    for (; left >= KEPT; left -= KEPT - 1) {
      this.#reach(KEPT - 1);
      this.#keepFrom(KEPT - 1);
    }
    this.#reach(left);
    this.#keepFrom(left);
  }

  /** Six bits for the order of rows. @param cycle - from now, 0..1023 */
  shuffle(cycle: number): number {
    this.#reach(cycle);
    return (this.#states[cycle * STATE_WORDS] as number) & (2 ** SHUFFLE_BITS - 1);
  }

  word(cycle: number, index: number): number {
    this.#reach(cycle);
    const from = SHUFFLE_BITS + index * MASK_BITS;
    return this.#bits(cycle, from) + HALF * this.#bits(cycle, from + HALF_BITS);
  }

  bit(cycle: number, index: number, bit: number): number {
    if (cycle >= this.#known) this.#reach(cycle);
    const at = SHUFFLE_BITS + index * MASK_BITS + bit;
    const second = at >= LFSR_BITS;
    const place = second ? at - LFSR_BITS : at;
    const word = cycle * STATE_WORDS + (second ? LFSR_WORDS : 0) + (place >>> 5);
    return ((this.#states[word] as number) >>> (place & 31)) & 1;
  }

  /**
   * An LFSR shifts as fast as an adder goes on: as long as they are in one LFSR, all stages have the same bit.
   */
  stages(cycle: number, index: number, from: number, width: number): number {
    const first = SHUFFLE_BITS + index * MASK_BITS + from;
    if (cycle + width >= this.#known) this.#reach(cycle + width);
    if (!this.#restarted && first < LFSR_BITS === first + width - 1 < LFSR_BITS)
      return this.bit(cycle, index, from) * ((1 << width) - 1);
    let bits = 0;
    for (let i = 0; i < width; i++) bits |= this.bit(cycle + i, index, from + i) << i;
    return bits;
  }

  /** 23 bits of the 236. */
  #bits(cycle: number, from: number): number {
    const first = LFSR_BITS - from;
    if (first >= HALF_BITS) return this.#field(cycle * STATE_WORDS, from, HALF_BITS);
    const second = cycle * STATE_WORDS + LFSR_WORDS;
    if (first <= 0) return this.#field(second, -first, HALF_BITS);
    return this.#field(cycle * STATE_WORDS, from, first) + 2 ** first * this.#field(second, 0, HALF_BITS - first);
  }

  #field(lfsr: number, from: number, bits: number): number {
    const word = lfsr + (from >>> 5);
    const shift = from & 31;
    const low = (this.#states[word] as number) >>> shift;
    const high = shift + bits > 32 ? (this.#states[word + 1] as number) << (32 - shift) : 0;
    return (low | high) & ((1 << bits) - 1);
  }

  #reach(cycle: number): void {
    if (cycle >= KEPT) throw new RangeError(`cycle: ${cycle} is not in 0..${KEPT - 1}`);
    for (; this.#known <= cycle; this.#known++)
      for (let lfsr = 0; lfsr < STATE_WORDS; lfsr += LFSR_WORDS)
        if (step(this.#states, this.#known * STATE_WORDS + lfsr)) this.#restarted = true;
  }

  #keepFrom(cycle: number): void {
    this.#states.copyWithin(0, cycle * STATE_WORDS, this.#known * STATE_WORDS);
    this.#known -= cycle;
  }
}

/**
 * One LFSR: its state at `at` from that of the cycle before.
 *
 * @returns whether that was all ones, where it would stay for ever: it becomes 1
 */
function step(states: Uint32Array, at: number): boolean {
  const before = at - STATE_WORDS;
  const w0 = states[before] as number;
  const w1 = states[before + 1] as number;
  const w2 = states[before + 2] as number;
  const w3 = states[before + 3] as number;
  if ((w0 & w1 & w2) === -1 && w3 === LAST_MASK) {
    states.fill(0, at, at + LFSR_WORDS);
    states[at] = 1;
    return true;
  }
  const feedback = ~((w3 >>> 21) ^ (w2 >>> 20)) & 1;
  states[at] = (w0 << 1) | feedback;
  states[at + 1] = (w1 << 1) | (w0 >>> 31);
  states[at + 2] = (w2 << 1) | (w1 >>> 31);
  states[at + 3] = ((w3 << 1) | (w2 >>> 31)) & LAST_MASK;
  return false;
}
