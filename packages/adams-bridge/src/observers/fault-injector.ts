import type { Effect } from '../executor/effect.ts';
import type { Intercept, Intervention, Moment } from '../executor/intercept.ts';
import { buildProgram } from '../program/build.ts';
import type { Instruction, Program } from '../program/program.ts';
import { runByCycles } from './cycle-fault.ts';
import { type CoefficientFault, checkFault, type Fault, samplerOf } from './fault.ts';

/** A fault that has happened. */
export interface FiredFault {
  readonly fault: Fault;
  readonly pass: number;
  /** Clock cycles since the command began, when the instruction did. */
  readonly cycle: number;
}

/** Leaves the word's place and label, so the sequencer goes on as after the instruction. */
const skipped = ({ pc, label }: Instruction): Instruction => ({
  pc,
  label,
  op: 'NOP',
  imm: 0,
  len: 0,
  src1: 0,
  src2: 0,
  dst: 0,
});

function flipCoefficient({ state }: Moment, { address, index, bit }: CoefficientFault): void {
  const cells = state.memory.view(address);
  cells[index] = (cells[index] as number) ^ (1 << bit);
}

/** Does faults to an execution: its `intercept` is an option of `execute`. */
export class FaultInjector {
  readonly #faults: readonly Fault[];
  readonly #fired: FiredFault[] = [];

  /**
   * @param program - that will run; default: the accelerator's
   * @throws RangeError naming the field of a fault that cannot happen in the program
   */
  constructor(faults: readonly Fault[], program: Program = buildProgram()) {
    for (const fault of faults) checkFault(fault, program);
    this.#faults = faults;
  }

  /** Those that have happened, in order. */
  get fired(): readonly FiredFault[] {
    return this.#fired;
  }

  readonly intercept: Intercept = (moment) => {
    let intervention: Intervention | undefined;
    const timed: CoefficientFault[] = [];
    for (const fault of this.#faults) {
      if (fault.pc !== moment.pc || (fault.pass ?? moment.pass) !== moment.pass) continue;
      this.#fired.push({ fault, pass: moment.pass, cycle: moment.cycle });
      if (fault.kind === 'coefficient' && fault.cycle !== undefined) timed.push(fault);
      else
        intervention = { ...intervention, ...this.#do(fault, moment, intervention?.instruction ?? moment.instruction) };
    }
    if (timed.length === 0) return intervention;
    return { ...intervention, run: () => runWith(timed, moment, intervention?.instruction ?? moment.instruction) };
  };

  #do(fault: Fault, moment: Moment, instruction: Instruction): Intervention | undefined {
    switch (fault.kind) {
      case 'skip':
        return { instruction: skipped(instruction) };
      case 'operand':
        return { instruction: { ...instruction, [fault.field]: fault.value } };
      case 'hash':
        moment.flipHash(fault.bit);
        return undefined;
      case 'round':
        moment.flipHashInRound(fault);
        return undefined;
      case 'candidate':
        moment.disturbSampler({ misjudged: [fault.index] });
        return undefined;
      case 'symbol':
        moment.disturbSampler({ flippedBits: [fault.index * (samplerOf(instruction)?.symbolBits ?? 0) + fault.bit] });
        return undefined;
      case 'register': {
        const bytes = moment.state.store(fault.store);
        bytes[fault.bit >> 3] = (bytes[fault.bit >> 3] as number) ^ (1 << (fault.bit & 7));
        return undefined;
      }
      case 'coefficient':
        flipCoefficient(moment, fault);
        return undefined;
    }
  }
}

/** Runs an instruction cycle by cycle, with each flip after its cycle; one that is left out has no cycles, only the flips. */
function runWith(faults: readonly CoefficientFault[], moment: Moment, instruction: Instruction): Effect {
  if (instruction.op === 'NOP') for (const fault of faults) flipCoefficient(moment, fault);
  else
    runByCycles(moment.state, instruction, (cycle) => {
      for (const fault of faults) if (fault.cycle === cycle) flipCoefficient(moment, fault);
    });
  return {};
}
