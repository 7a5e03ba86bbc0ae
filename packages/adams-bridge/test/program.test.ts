import { describe, expect, test } from '@jest/globals';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { addressOf, buildProgram, type Instruction, listing, MEMORY_MAP, OPCODES } from '@rootcap/adams-bridge';
import { hasVectors, json } from './vectors.ts';

/** Facts extracted from chipsalliance/adams-bridge v2.0.3 (b77e3d89) src/abr_top/rtl/abr_seq.sv, Apache-2.0. */
interface Checks {
  readonly program: readonly { readonly pc: number; readonly check: string }[];
  readonly opcode_counts_per_flow: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly mnemonics: readonly string[];
}

/** SHA-256 over the lines `pc check` of all 562 records of that file. */
const ALL_CHECKS = '9ad30bd3f4a2b40842736553ea1fa7a8fef69703be1ea0744c4c8b7ec59e9d36';

/** First and last label of each flow in the vectors, the last one included. */
const FLOWS: Readonly<Record<string, readonly [string, string]>> = {
  'mldsa-keygen': ['MLDSA_KG_S', 'MLDSA_KG_E'],
  'mldsa-sign': ['MLDSA_SIGN_S', 'MLDSA_SIGN_E'],
  'mldsa-verify': ['MLDSA_VERIFY_S', 'MLDSA_VERIFY_E'],
  'mlkem-keygen': ['MLKEM_KG_S', 'MLKEM_KG_E'],
  'mlkem-encaps': ['MLKEM_ENCAPS_S', 'MLKEM_ENCAPS_E'],
  'mlkem-decaps-tail': ['MLKEM_DECAPS_CHK', 'MLKEM_DECAPS_E'],
};

const program = buildProgram();

function check({ op, imm, len, src1, src2, dst }: Instruction): string {
  return bytesToHex(sha256(utf8ToBytes(`${op} ${imm} ${len} ${src1} ${src2} ${dst}`))).slice(0, 16);
}

test('the program is the one of the RTL', () => {
  const lines = [...program].map((instruction) => `${instruction.pc} ${check(instruction)}\n`);
  expect(lines).toHaveLength(562);
  expect(bytesToHex(sha256(utf8ToBytes(lines.join(''))))).toBe(ALL_CHECKS);
});

function checkValues(): void {
  const checks = json('abr-program-check-v2.0.3.json') as Checks;

  test('every instruction has its check value', () => {
    expect([...program].map((instruction) => ({ pc: instruction.pc, check: check(instruction) }))).toEqual(
      checks.program,
    );
  });

  test('the instruction set has the mnemonics of the RTL', () => {
    expect(Object.keys(OPCODES).sort()).toEqual(checks.mnemonics);
  });

  test.each(Object.entries(FLOWS))('%s has the opcodes of the RTL', (flow, [first, last]) => {
    const counts: Record<string, number> = {};
    for (let pc = program.pc(first); pc <= program.pc(last); pc++)
      if (program.at(pc).op !== 'NOP') counts[program.at(pc).op] = (counts[program.at(pc).op] ?? 0) + 1;
    const { NOP: _, ...expected } = checks.opcode_counts_per_flow[flow] ?? {};
    expect(counts).toEqual(expected);
  });
}

if (!hasVectors) test('left out: no adams-bridge pack', () => {});
else describe('with the vectors', checkValues);

describe('Program', () => {
  test('a patched program differs in one word, and the original stays', () => {
    const patched = program.patch(36, { op: 'PWS', src1: 1, src2: 2, dst: 3 });
    expect(patched.at(36)).toEqual({
      pc: 36,
      label: 'MLDSA_KG_S',
      op: 'PWS',
      imm: 0,
      len: 0,
      src1: 1,
      src2: 2,
      dst: 3,
    });
    expect(program.at(36).op).toBe('PWA');
    const same = [...patched].filter((instruction) => instruction === program.at(instruction.pc));
    expect(same).toHaveLength(561);
  });

  test('a word that was never written is NOP and can be patched', () => {
    expect(program.at(560)).toMatchObject({ op: 'NOP', label: 'MLKEM_ENCAPS_S' });
    expect([...program.patch(560, { op: 'LFSR' })]).toHaveLength(563);
  });

  test.each([
    ['pc', () => program.at(-1)],
    ['pc', () => program.at(1.5)],
    ['pc', () => program.patch(1023, { op: 'NOP' })],
    ['imm', () => program.patch(3, { op: 'NOP', imm: 0x1_0000 })],
    ['dst', () => program.patch(3, { op: 'NTT', dst: -1 })],
    ['label', () => program.pc('MLDSA_NOWHERE')],
    ['index', () => addressOf(MEMORY_MAP.mldsaKeygen.s1, 7)],
  ])('refuses a wrong %s (%#)', (field, act) => {
    expect(act).toThrow(RangeError);
    expect(act).toThrow(new RegExp(`^${field}: `));
  });
});

test('the listing names registers, polynomials and labels', () => {
  const lines = listing(program).split('\n');
  expect(lines.filter((line) => /^ *\d+ /.test(line))).toHaveLength(562);
  const line = (pc: number) => lines.find((text) => text.startsWith(`${String(pc).padStart(4)} `));
  expect(line(29)).toBe('  29 REJS_PWMA                34 #0001 MLDSA_RHO, s1Ntt[1] -> product');
  expect(line(106)).toBe(' 106 LD_SHAKE256              64       ENTROPY');
  expect(line(483)).toBe(' 483 COMPRESS                    #0403 t[0] -> MLKEM_EK');
  expect(line(491)).toBe(' 491 DECOMPRESS                  #0403 MLKEM_DK -> s[0]');
  expect(lines).toContain('MLDSA_SIGN_LFSR_S:');
});
