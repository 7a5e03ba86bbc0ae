import type { Step } from '../executor/execute.ts';
import { phaseOf } from './phases.ts';

/** How often something ran and how long that took together. */
export interface ProfileRow {
  readonly name: string;
  readonly count: number;
  readonly cycles: number;
  /** Of all cycles, 0..1. */
  readonly share: number;
}

type Sums = Map<string, { count: number; cycles: number }>;

function add(sums: Sums, name: string, cycles: number): void {
  const sum = sums.get(name) ?? { count: 0, cycles: 0 };
  sums.set(name, { count: sum.count + 1, cycles: sum.cycles + cycles });
}

/** Microseconds of some cycles at a clock of `mhz`. */
export const microseconds = (cycles: number, mhz: number): number => cycles / mhz;

/** Adds up cycles by opcode and by phase. Its `record` is an observer for `runToEnd`. */
export class CycleProfile {
  readonly #opcodes: Sums = new Map();
  readonly #phases: Sums = new Map();
  #cycles = 0;
  #passes = 0;

  readonly record = ({ instruction, cycles, pass }: Step): void => {
    add(this.#opcodes, instruction.op, cycles);
    add(this.#phases, phaseOf(instruction), cycles);
    this.#cycles += cycles;
    this.#passes = Math.max(this.#passes, pass);
  };

  get cycles(): number {
    return this.#cycles;
  }

  /** Passes of the signing loop that have begun. */
  get passes(): number {
    return this.#passes;
  }

  /** Most expensive first. */
  byOpcode(): ProfileRow[] {
    return this.#rows(this.#opcodes);
  }

  /** Most expensive first. What a phase is: see `phaseOf`. */
  byPhase(): ProfileRow[] {
    return this.#rows(this.#phases);
  }

  #rows(sums: Sums): ProfileRow[] {
    return [...sums]
      .map(([name, sum]) => ({ name, ...sum, share: sum.cycles / this.#cycles }))
      .sort((a, b) => b.cycles - a.cycles);
  }
}
