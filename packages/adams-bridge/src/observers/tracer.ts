import type { Outcome, Step } from '../executor/execute.ts';
import { ERROR_PC, type Instruction } from '../program/program.ts';
import type { Finding } from '../program/sequencer.ts';

/** One instruction that has run, with when it began. */
export interface TraceEntry extends Instruction {
  /** First clock cycle, counted from the first instruction of the command. */
  readonly cycle: number;
  readonly cycles: number;
  /** Pass of the signing loop, from 1. */
  readonly pass: number;
  readonly finding: Finding;
}

/** What was recorded of a command. */
export interface Trace {
  readonly entries: readonly TraceEntry[];
  /** Clock cycles of all entries. */
  readonly cycles: number;
  /** Program counter after the last entry: that of the error state, or of reset. */
  readonly endPc: number;
}

/** Takes each step of an execution. */
export type StepObserver = (step: Step) => void;

/**
 * Runs a command to its end.
 *
 * @param running - what `execute` gives
 * @param observers - are given each instruction as it has run
 */
export function runToEnd(running: Generator<Step, Outcome>, ...observers: readonly StepObserver[]): Outcome {
  for (;;) {
    const next = running.next();
    if (next.done) return next.value;
    for (const observe of observers) observe(next.value);
  }
}

/** Records what runs. Its `record` is an observer for `runToEnd`. */
export class Tracer implements Trace {
  readonly entries: TraceEntry[] = [];
  #cycles = 0;

  readonly record = ({ instruction, cycles, finding, pass }: Step): void => {
    this.entries.push({ ...instruction, cycle: this.#cycles, cycles, pass, finding });
    this.#cycles += cycles;
  };

  get cycles(): number {
    return this.#cycles;
  }

  get endPc(): number {
    return this.entries.at(-1)?.finding === 'error' ? ERROR_PC : 0;
  }
}
