import { INTERIM_PLACES } from '../program/memory-map.ts';
import { OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';
import { MLDSA_Q, MLKEM_Q, N, type Prime } from '../units/modular.ts';
import { inttRound, nttRound } from '../units/ntt.ts';
import { pairwm, pwa, pwm, pws } from '../units/pointwise.ts';
import type { AcceleratorState } from './state.ts';

/** Instructions of the NTT engine on polynomials in memory. Masked ones give the same values. */
export function runArithmetic({ memory }: AcceleratorState, { op, imm, src1, src2, dst }: Instruction): void {
  const [family, name, variant] = OPCODES[op].mode.split('_');
  const q: Prime = family === 'MLKEM' ? MLKEM_Q : MLDSA_Q;
  const target = memory.view(dst);
  if (name === 'NTT' || name === 'INTT') {
    const step = name === 'NTT' ? nttRound : inttRound;
    const interim = memory.view(INTERIM_PLACES[(imm & 1) as 0 | 1]);
    step(memory.view(src1), interim, 0, q);
    step(interim, target, 1, q);
    step(target, interim, 2, q);
    step(interim, target, 3, q);
    return;
  }
  const [a, b] = [memory.view(src1), memory.view(src2)];
  switch (name) {
    case 'PWA':
      pwa(a, b, q, target);
      return;
    case 'PWS':
      // The second operand less the first.
      pws(b, a, q, target);
      return;
    default: {
      const product = variant === 'ACCUM' ? target : new Int32Array(N);
      target.set(q === MLKEM_Q ? pairwm(a, b, product) : pwm(a, b, q, product));
    }
  }
}
