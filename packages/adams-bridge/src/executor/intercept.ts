import type { Instruction } from '../program/program.ts';
import type { RoundFlip } from '../units/keccak.ts';
import type { Effect } from './effect.ts';
import type { AcceleratorState } from './state.ts';

/** What goes wrong in the sampler of an instruction. */
export interface SamplerFaults {
  /** Candidates that are judged the other way. */
  readonly misjudged?: readonly number[];
  /** Bits of what comes from Keccak that flip on the way, bit b of byte i being 8i + b. */
  readonly flippedBits?: readonly number[];
}

/** An instruction that is about to run. */
export interface Moment {
  readonly pc: number;
  /** Pass of the signing loop, from 1. */
  readonly pass: number;
  /** Clock cycles since the command began. */
  readonly cycle: number;
  /** What the program has at `pc`. */
  readonly instruction: Instruction;
  /** Live: a change here is what the instruction works on. */
  readonly state: AcceleratorState;
  /**
   * Inverts a bit of Keccak's state, 0..1599, before the instruction absorbs or squeezes. Nothing happens if there is no hash under way
   * and the instruction does not begin one.
   */
  flipHash(bit: number): void;
  /** Inverts a bit of Keccak's state inside a permutation of this instruction; they count from 0. */
  flipHashInRound(flip: RoundFlip): void;
  /** Lets the sampler of this instruction go wrong; what an earlier call said stays. */
  disturbSampler(faults: SamplerFaults): void;
}

/** What happens instead of the instruction; what is left out stays as it is. */
export interface Intervention {
  /** Runs in its place, and its cycles count. */
  readonly instruction?: Instruction;
  /** Does the work; the cycles stay those of the instruction. */
  readonly run?: () => Effect;
}

/** Asked before every instruction. */
export type Intercept = (moment: Moment) => Intervention | undefined;
