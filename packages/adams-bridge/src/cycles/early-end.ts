import type { Mnemonic } from '../program/opcodes.ts';

/** Rows of eight coefficients of s1, after which SKDECODE needs a few cycles before s2. */
const S1_ROWS = 224;
const STAGE_CYCLES = 5;

/**
 * Cycles from the start of an instruction to the error state, by what it stumbles over.
 *
 * - SKDECODE: row of eight coefficients, s1 first, with a symbol above 4
 * - COMPRESS: dword that differs
 * - SHA256: 0; the digest is compared when it is there
 *
 * @param cycles - cycles of the instruction if it goes well
 * @throws RangeError if the opcode finds no errors
 */
export function errorCycles(op: Mnemonic, index: number, cycles: number): number {
  switch (op) {
    case 'SKDECODE':
      return 7 + index + (index < S1_ROWS ? 0 : STAGE_CYCLES);
    case 'COMPRESS':
      return 7 + index;
    case 'SHA256':
      return cycles - 1;
    default:
      throw new RangeError(`op: ${op} finds no errors`);
  }
}
