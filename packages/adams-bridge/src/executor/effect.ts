import type { Candidates } from '../cycles/sampler-cycles.ts';
import type { Finding } from '../program/sequencer.ts';

/** What an instruction found, and what its cycles depend on. */
export interface Effect {
  readonly finding?: Finding;
  /** Where the input is wrong, for {@link errorCycles}. */
  readonly index?: number;
  readonly sampled?: Candidates;
  /** Encoded hints that were decoded. */
  readonly hints?: Uint8Array;
}
