import type { AcceleratorState } from '../executor/state.ts';
import { INTERIM_PLACES } from '../program/memory-map.ts';
import { OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';
import { MLDSA_Q, MLKEM_Q, type Prime } from '../units/modular.ts';
import { nttCycles, runNtt } from '../units/ntt-engine.ts';
import { type PointwiseMode, pointwiseCycles, runPointwise } from '../units/pointwise-engine.ts';

interface Operation {
  readonly q: Prime;
  readonly masked: boolean;
  readonly transform?: 'ct' | 'gs';
  readonly pointwise?: PointwiseMode;
  readonly accumulate: boolean;
}

/** What the arithmetic unit does. @returns undefined if it does nothing, or takes an operand from a sampler */
function operationOf({ op }: Instruction): Operation | undefined {
  const { mode, ntt, sampler, masking } = OPCODES[op];
  if (!ntt || sampler) return undefined;
  const [family, name, variant] = mode.split('_');
  const q = family === 'MLKEM' ? MLKEM_Q : MLDSA_Q;
  const common = { q, masked: masking, accumulate: variant === 'ACCUM' } as const;
  if (name === 'NTT') return { ...common, transform: 'ct' };
  if (name === 'INTT') return { ...common, transform: 'gs' };
  if (name === 'PWA' || name === 'PWS') return { ...common, masked: false, pointwise: name === 'PWA' ? 'pwa' : 'pws' };
  return { ...common, pointwise: q === MLKEM_Q ? 'pairwm' : 'pwm' };
}

/** Cycles of the arithmetic unit in an instruction. @returns undefined if it does not run cycle by cycle */
export function unitCycles(instruction: Instruction): number | undefined {
  const operation = operationOf(instruction);
  if (operation === undefined) return undefined;
  const { q, masked, transform, pointwise, accumulate } = operation;
  if (pointwise !== undefined) return pointwiseCycles(pointwise, { masked, accumulate });
  return nttCycles(transform === 'gs', q, masked);
}

/**
 * Does the work of an arithmetic instruction clock cycle by clock cycle, rows in order.
 *
 * @param onCycle - is told of each cycle when it has passed; it may change the memory
 */
export function runByCycles(
  { memory }: AcceleratorState,
  instruction: Instruction,
  onCycle: (cycle: number) => void,
): void {
  const operation = operationOf(instruction);
  if (operation === undefined) throw new RangeError(`op: ${instruction.op} is not modelled cycle by cycle`);
  const { q, transform, pointwise, ...options } = operation;
  const { imm, src1, src2, dst } = instruction;
  const interim = INTERIM_PLACES[(imm & 1) as 0 | 1];
  // The second operand less the first, so a difference has them the other way round.
  const [a, b] = pointwise === 'pws' ? [src2, src1] : [src1, src2];
  const running =
    pointwise === undefined
      ? runNtt(memory, transform ?? 'ct', { src: src1, interim, dest: dst }, q, options)
      : runPointwise(memory, pointwise, { a, b, c: dst }, q, options);
  for (const { cycle } of running) onCycle(cycle);
}
