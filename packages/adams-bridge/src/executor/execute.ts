import { CycleModel, type StreamTiming } from '../cycles/cycle-model.ts';
import { errorCycles } from '../cycles/early-end.ts';
import type { Masking } from '../masking/masking.ts';
import { buildProgram } from '../program/build.ts';
import { OPCODES } from '../program/opcodes.ts';
import type { Instruction, Program } from '../program/program.ts';
import { SOURCES } from '../program/registers.ts';
import { type Command, type Finding, Sequencer } from '../program/sequencer.ts';
import { runArithmetic } from './arithmetic.ts';
import { AUXILIARY, type AuxiliaryContext } from './auxiliary.ts';
import type { Effect } from './effect.ts';
import { HashUnit } from './hashing.ts';
import type { Intercept } from './intercept.ts';
import type { AcceleratorState } from './state.ts';

/** One instruction that has run. */
export interface Step {
  readonly pc: number;
  readonly instruction: Instruction;
  /** To the next program counter, or to the error state. */
  readonly cycles: number;
  readonly finding: Finding;
  /** Pass of the signing loop, from 1. */
  readonly pass: number;
}

/** How a command ended. */
export interface Outcome {
  /** `error`: the accelerator has stopped and waits for ZEROIZE. */
  readonly status: 'done' | 'error';
  /** From the first instruction to VALID, or to the error state. */
  readonly cycles: number;
  /** Passes of the signing loop. */
  readonly passes: number;
  /** False if verification ended early or a decapsulation gave the rejection key. */
  readonly accepted: boolean;
}

export interface ExecuteOptions {
  /** Default: the accelerator's. */
  readonly program?: Program;
  /** Default: the measured cycles. */
  readonly cycleModel?: CycleModel;
  /** The command brings μ in its register. */
  readonly externalMu?: boolean;
  /** Cycles that a host takes for a message over the stream port, MSG_STREAM_READY to the last write. Default: 0. */
  readonly hostCycles?: number;
  /** Looks at each instruction before it runs, and may change it or what it works on. */
  readonly intercept?: Intercept;
  /** Masked instructions work on shares, and the order of rows is drawn; results and cycles stay the same. */
  readonly masking?: Masking;
}

/**
 * Runs one command on the memories and registers of an accelerator, instruction by instruction.
 *
 * @param state - holds the inputs and takes the results
 * @returns a generator of the instructions as they have run; its value is how the command ended
 * @throws RangeError if an instruction of a program of one's own has no measured cycles or an address outside its bank
 */
export function* execute(
  state: AcceleratorState,
  command: Command,
  options: ExecuteOptions = {},
): Generator<Step, Outcome> {
  const { program = buildProgram(), cycleModel = new CycleModel(), externalMu = false, hostCycles = 0 } = options;
  const { intercept, masking } = options;
  const sequencer = new Sequencer(program, command, externalMu);
  const hash = new HashUnit(state, sequencer, masking);
  const context = { state, sequencer, hash };
  cycleModel.reset();
  if (command !== 'MLDSA_VERIFY') state.mixEntropy();
  let total = 0;
  for (let pc = sequencer.pc; pc !== undefined && !sequencer.error; pc = sequencer.pc) {
    const pass = sequencer.passes;
    const fetched = program.at(pc);
    const { instruction = fetched, run } =
      intercept?.({
        pc,
        pass,
        cycle: total,
        instruction: fetched,
        state,
        flipHash: (bit) => hash.flip(fetched, bit),
        flipHashInRound: (flip) => hash.flipInRound(fetched, flip),
        disturbSampler: (faults) => hash.disturb(fetched, faults),
      }) ?? {};
    masking?.begin(instruction);
    const effect = run?.() ?? perform(context, instruction, masking);
    const full = cycleModel.cycles(instruction, { ...effect, ...streamOf(state, instruction, hostCycles) });
    const { finding = 'ok', index = 0 } = effect;
    const cycles = finding === 'error' ? errorCycles(instruction.op, index, full) : full;
    sequencer.advance(finding);
    masking?.end(instruction, cycles, state.lfsrSeed);
    total += cycles;
    state.counter += cycles;
    yield { pc, instruction, cycles, finding, pass };
  }
  const { passes, valid, error } = sequencer;
  return { status: error ? 'error' : 'done', cycles: total, passes, accepted: valid && !error };
}

function perform(context: AuxiliaryContext, instruction: Instruction, masking: Masking | undefined): Effect {
  const { keccak, sampler, ntt } = OPCODES[instruction.op];
  if (keccak || sampler) return context.hash.run(instruction);
  if (!ntt) return AUXILIARY[instruction.op]?.(context, instruction) ?? {};
  if (!masking?.run(context.state.memory, instruction)) runArithmetic(context.state, instruction);
  return {};
}

function streamOf(
  { streamed }: AcceleratorState,
  { op, src1 }: Instruction,
  hostCycles: number,
): { readonly stream?: StreamTiming } {
  if (streamed === undefined || !OPCODES[op].keccak || src1 !== SOURCES.MLDSA_MSG) return {};
  return { stream: { context: streamed.context.length, message: streamed.message.length, hostCycles } };
}
