/**
 * How the samplers take what Keccak squeezes. A shift register holds what is left of the last blocks and gives one beat of
 * candidates a cycle; samplers that reject collect what they take in a buffer, which gives rows of four coefficients.
 * adams-bridge:src/abr_sampler_top/rtl/abr_sampler_pkg.sv, v2.0.3
 */
interface SamplerShape {
  /** Bits of a block. */
  readonly rate: number;
  /** Bits and candidates of a beat. */
  readonly beat: number;
  readonly candidates: number;
  readonly rejects: boolean;
}

const SHAPES = {
  REJ_MLDSA: { rate: 1344, beat: 120, candidates: 5, rejects: true },
  REJ_MLKEM: { rate: 1344, beat: 120, candidates: 10, rejects: true },
  REJ_BOUNDED: { rate: 1088, beat: 32, candidates: 8, rejects: true },
  EXP_MASK: { rate: 1088, beat: 80, candidates: 4, rejects: false },
  CBD: { rate: 1088, beat: 16, candidates: 4, rejects: false },
} as const satisfies Record<string, SamplerShape>;
export type RowSampler = keyof typeof SHAPES;

const SHIFT_REGISTER_BITS = 1440;
/** From one block to the next if the shift register takes them at once: 12 for the permutation, 3 for its start and end. */
const BLOCK_CYCLES = 15;
const ROW = 4;
/** Coefficients in the buffer that keep another beat out. */
const BUFFER_FULL = 9;
const POLYNOMIAL_ROWS = 64;

/** Blocks on their way from Keccak into the shift register. One for all calls: the loops below allocate nothing. */
class ShiftRegister {
  bits = 0;
  #blockIn = 0;
  #rate = 0;

  start(rate: number): void {
    this.bits = 0;
    this.#blockIn = 0;
    this.#rate = rate;
  }

  /** One cycle, in which `taken` bits leave. */
  step(taken: number): void {
    const accepts = this.#blockIn <= 0 && this.bits <= SHIFT_REGISTER_BITS - this.#rate;
    this.#blockIn = accepts ? BLOCK_CYCLES - 1 : this.#blockIn - 1;
    this.bits += (accepts ? this.#rate : 0) - taken;
  }
}

const register = new ShiftRegister();

function exhausted(taken: Uint8Array): RangeError {
  return new RangeError(`taken: ${taken.length} candidates do not fill what the sampler makes`);
}

/**
 * Cycles from Keccak's first block to the 64th row of a polynomial.
 *
 * @param taken - 1 for a candidate that is taken and 0 for one that is rejected, in the order of the squeezed bytes; not
 *   needed if the sampler rejects none
 * @throws RangeError if too few are taken to fill the polynomial
 */
export function rowCycles(sampler: RowSampler, taken: Uint8Array = new Uint8Array(0)): number {
  const { rate, beat, candidates, rejects }: SamplerShape = SHAPES[sampler];
  register.start(rate);
  let [rows, buffered, next] = [0, 0, 0];
  for (let cycle = 0; ; cycle++) {
    const reads = register.bits >= beat && buffered < BUFFER_FULL;
    let accepted = 0;
    if (reads && rejects) {
      if (next >= taken.length && buffered < ROW) throw exhausted(taken);
      for (const end = next + candidates; next < end; next++) accepted += taken[next] ?? 0;
    }
    const gives = rejects ? buffered >= ROW : reads;
    if (gives && ++rows === POLYNOMIAL_ROWS) return cycle;
    buffered += accepted - (gives && rejects ? ROW : 0);
    register.step(reads ? beat : 0);
  }
}

const IN_BALL = { rate: 1088, beat: 32, candidates: 4, signBeats: 2, swaps: 60 } as const;

/**
 * Cycles from Keccak's first block to the end of SampleInBall: two for each swap, one for each beat whose last candidate is
 * no swap.
 *
 * @param taken - 1 or 0 for each byte after the 8 of the signs
 * @throws RangeError if fewer than 60 are taken
 */
export function inBallCycles(taken: Uint8Array): number {
  const { rate, beat, candidates, signBeats, swaps } = IN_BALL;
  register.start(rate);
  let [beats, done, candidate, reading] = [0, 0, 0, false];
  for (let cycle = 0; ; cycle++) {
    let leaves = false;
    if (register.bits >= beat) {
      if (beats < signBeats) leaves = true;
      else {
        const end = (beats - signBeats + 1) * candidates;
        while (candidate < end && taken[candidate] !== 1) candidate++;
        if (candidate === end) {
          if (end > taken.length) throw exhausted(taken);
          leaves = true;
        } else if (!reading) reading = true;
        else {
          reading = false;
          if (++done === swaps) return cycle + 1;
          leaves = ++candidate === end;
        }
      }
      if (leaves) beats++;
    }
    register.step(leaves ? beat : 0);
  }
}
