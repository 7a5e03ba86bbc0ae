import { POLY_ROWS } from '../memory/coeff-memory.ts';
import { PISO, type Sampled } from '../units/samplers/byte-source.ts';
import { TAU } from '../units/samplers/sample-in-ball.ts';

/**
 * How the samplers take what Keccak squeezes. A shift register holds what is left of the last blocks and gives one beat of
 * candidates a cycle; samplers that reject collect what they take in a buffer, which gives rows of four coefficients.
 * adams-bridge:src/abr_sampler_top/rtl/abr_sampler_top.sv, v2.0.3
 */
interface SamplerShape {
  /** Bits of a block. */
  readonly rate: number;
  /** Bits and candidates of a beat. */
  readonly beat: number;
  readonly candidates: number;
  readonly rejects: boolean;
}

const shape = (sampler: keyof typeof PISO, rejects: boolean): SamplerShape => {
  const { inputBits, outputBits, symbols } = PISO[sampler];
  return { rate: inputBits, beat: outputBits, candidates: symbols, rejects };
};

const SHAPES = {
  rejNtt: shape('rejNtt', true),
  rejNttMlkem: shape('rejNttMlkem', true),
  rejBounded: shape('rejBounded', true),
  expandMask: shape('expandMask', false),
  cbd: shape('cbd', false),
} as const;
export type RowSampler = keyof typeof SHAPES;

const SHIFT_REGISTER_BITS = 1440;
/** From one block to the next if the shift register takes them at once: 12 for the permutation, 3 for its start and end. */
const BLOCK_CYCLES = 15;
const ROW = 4;
/** Coefficients in the buffer that keep another beat out. */
const BUFFER_FULL = 9;

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

/** Which candidates a sampler took: how many it looked at, and the positions of the rejected ones, ascending. */
export type Candidates = Pick<Sampled, 'candidates' | 'rejected'>;

/** Walks over candidates. One for all calls, as the register. */
class Walk {
  next = 0;
  #rejectedAt = 0;
  #candidates: Candidates = { candidates: 0, rejected: [] };

  start(candidates: Candidates): void {
    this.next = 0;
    this.#rejectedAt = 0;
    this.#candidates = candidates;
  }

  /** @returns whether the next candidate is taken; after the last one, none is */
  take(): boolean {
    const { candidates, rejected } = this.#candidates;
    const at = this.next++;
    if (rejected[this.#rejectedAt] !== at) return at < candidates;
    this.#rejectedAt++;
    return false;
  }

  get ended(): boolean {
    return this.next >= this.#candidates.candidates;
  }

  exhausted(): RangeError {
    const { candidates, rejected } = this.#candidates;
    return new RangeError(`candidates: ${candidates}, of them ${rejected.length} rejected, are not enough`);
  }
}

const walk = new Walk();
const NONE: Candidates = { candidates: 0, rejected: [] };

/**
 * Cycles from Keccak's first block to the 64th row of a polynomial.
 *
 * @param candidates - of a sampler that rejects; the others need none
 * @throws RangeError if too few are taken to fill the polynomial
 */
export function rowCycles(sampler: RowSampler, candidates: Candidates = NONE): number {
  const { rate, beat, candidates: width, rejects } = SHAPES[sampler];
  register.start(rate);
  walk.start(candidates);
  let [rows, buffered] = [0, 0];
  for (let cycle = 0; ; cycle++) {
    const reads = register.bits >= beat && buffered < BUFFER_FULL;
    let accepted = 0;
    if (reads && rejects) {
      if (walk.ended && buffered < ROW) throw walk.exhausted();
      for (let i = 0; i < width; i++) if (walk.take()) accepted++;
    }
    const gives = rejects ? buffered >= ROW : reads;
    if (gives && ++rows === POLY_ROWS) return cycle;
    buffered += accepted - (gives && rejects ? ROW : 0);
    register.step(reads ? beat : 0);
  }
}

const IN_BALL = shape('sampleInBall', true);
/** Beats of sign bits before the candidates. */
const SIGN_BEATS = 2;

/**
 * Cycles from Keccak's first block to the end of SampleInBall: two for each swap, one for each beat whose last candidate is
 * no swap.
 *
 * @param candidates - the bytes after the 8 of the signs
 * @throws RangeError if fewer than 60 are taken
 */
export function inBallCycles(candidates: Candidates): number {
  register.start(IN_BALL.rate);
  walk.start(candidates);
  let [beats, done, swapping] = [0, 0, false];
  for (let cycle = 0; ; cycle++) {
    let leaves = false;
    if (register.bits >= IN_BALL.beat) {
      const end = (beats - SIGN_BEATS + 1) * IN_BALL.candidates;
      if (end <= 0) leaves = true;
      else if (swapping) {
        swapping = false;
        if (++done === TAU) return cycle + 1;
        leaves = walk.next === end;
      } else {
        if (walk.ended) throw walk.exhausted();
        while (walk.next < end && !swapping) swapping = walk.take();
        leaves = !swapping;
      }
      if (leaves) beats++;
    }
    register.step(leaves ? IN_BALL.beat : 0);
  }
}
