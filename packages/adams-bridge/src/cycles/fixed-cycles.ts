import type { Mnemonic } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';

/**
 * Cycles of instructions whose work does not depend on data, from one program counter to the next. Measured in a
 * simulation of adams-bridge v2.0.3; opcodes that its program does not use have no figure.
 */
const FIXED: Partial<Record<Mnemonic, number>> = {
  NOP: 1,
  LFSR: 3,
  NTT: 328,
  INTT: 336,
  MASKED_INTT: 598,
  PWM: 77,
  MASKED_PWM: 284,
  PWA: 74,
  PWS: 74,
  MLKEM_NTT: 312,
  MLKEM_MASKED_INTT: 332,
  MLKEM_MASKED_PWM: 97,
  MLKEM_MASKED_PWMA: 98,
  MLKEM_PWA: 74,
  MLKEM_PWS: 74,
  PWR2RND: 424,
  SKENCODE: 487,
  SKDECODE: 1011,
  PKDECODE: 262,
  SIGENCODE: 38,
  SIGDEC_Z: 230,
  SIGDEC_H: 547,
  DECOMPOSE: 518,
  USEHINT: 518,
  MAKEHINT: 535,
  NORMCHK: 68,
};

/** Bits per coefficient by bits 1..0 of `imm`, and cycles of COMPRESS and DECOMPRESS: so many a polynomial, and a rest. */
const COMPRESSION = [
  { bits: 1, compress: 64, decompress: 64, rest: 5 },
  { bits: 5, compress: 64, decompress: 64, rest: 5 },
  { bits: 11, compress: 88, decompress: 108, rest: 4 },
  { bits: 12, compress: 96, decompress: 112, rest: 4 },
] as const;

/** @returns undefined if there is no figure for the instruction */
export function fixedCycles({ op, imm }: Instruction): number | undefined {
  if (op !== 'COMPRESS' && op !== 'DECOMPRESS') return FIXED[op];
  const polynomials = (imm >> 8) & 7;
  const entry = COMPRESSION[(imm & 3) as 0 | 1 | 2 | 3];
  return op === 'COMPRESS' ? polynomials * entry.compress + 6 : polynomials * entry.decompress + entry.rest;
}
