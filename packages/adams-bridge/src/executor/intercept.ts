import type { Instruction } from '../program/program.ts';
import type { Effect } from './effect.ts';
import type { AcceleratorState } from './state.ts';

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
