import { describe, expect, test } from '@jest/globals';
import {
  buildProgram,
  CycleModel,
  decodeHints,
  encodeHints,
  errorCycles,
  hintDecoderCycles,
  inBallCycles,
  type Mnemonic,
  rowCycles,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

const program = buildProgram();
const all = (candidates: number) => ({ candidates, rejected: [] });

/** Cycles of the RTL for instructions that do not depend on data, by program counter: rtl-traces-v2.0.3. */
const FIXED: readonly (readonly [string, number, number])[] = [
  ['load 64 bytes', 2, 13],
  ['SHAKE256 after it', 3, 32],
  ['the seed of ML-DSA', 5, 42],
  ['a public key', 101, 384],
  ['ExpandMask', 142, 113],
  ['the seed of ML-KEM', 446, 34],
  ['CBD', 447, 107],
  ['Compress, 12 bits', 483, 390],
  ['Decompress, 11 bits', 492, 436],
];

describe('CycleModel', () => {
  test.each(FIXED)('%s', (_, pc, cycles) => {
    const model = new CycleModel();
    // What was absorbed by the load before it counts.
    if (pc === 3) model.cycles(program.at(2));
    expect(model.cycles(program.at(pc))).toBe(cycles);
  });

  test('an opcode that the RTL never ran has no cycles, unless they are given', () => {
    const instruction = program.patch(21, { op: 'MASKED_NTT' }).at(21);
    expect(() => new CycleModel().cycles(instruction)).toThrow('op: MASKED_NTT has no measured cycles');
    expect(new CycleModel({ MASKED_NTT: 600 }).cycles(instruction)).toBe(600);
  });

  test.each([0, 63])('a sampler that took %d coefficients has not filled its polynomial', (taken) => {
    expect(() => new CycleModel().cycles(program.at(28), { sampled: all(taken) })).toThrow(RangeError);
    expect(() => inBallCycles(all(Math.min(taken, 59)))).toThrow(RangeError);
  });

  test('an error shows where the input is wrong', () => {
    expect([0, 223].map((row) => errorCycles('SKDECODE', row, 1011))).toEqual([7, 230]);
    expect(() => errorCycles('NTT' satisfies Mnemonic, 0, 328)).toThrow(RangeError);
  });
});

test('one more rejected candidate never makes a polynomial come sooner', () => {
  const rejected = fc.uniqueArray(fc.nat(250), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(rejected, (positions) => {
      const cycles = rowCycles('rejNtt', { candidates: 256 + positions.length, rejected: positions });
      const less = positions.slice(0, -1);
      expect(cycles).toBeGreaterThanOrEqual(rowCycles('rejNtt', { candidates: 256 + less.length, rejected: less }));
    }),
  );
});

describe('SIGDEC_H', () => {
  const positions = fc.array(fc.uniqueArray(fc.nat(255), { maxLength: 9 }), { minLength: 8, maxLength: 8 });
  const encoded = positions.map((polynomials) =>
    encodeHints(polynomials.map((ones) => new Int32Array(256).map((_, i) => (ones.includes(i) ? 1 : 0)))),
  );

  test('takes a cycle more for each polynomial that has hints: 547 if all have', () => {
    fc.assert(
      fc.property(encoded, (bytes) => {
        const counts = [...bytes.subarray(75)];
        const filled = counts.filter((count, i) => count > (counts[i - 1] ?? 0)).length;
        expect(hintDecoderCycles(bytes)).toBe(539 + filled);
      }),
    );
  });

  test('ends early if and only if the encoding has a fault', () => {
    fc.assert(
      fc.property(encoded, fc.nat(82), fc.nat(255), (bytes, at, value) => {
        bytes[at] = value;
        expect(hintDecoderCycles(bytes) < 539).toBe(decodeHints(bytes) === undefined);
      }),
      { numRuns: 500 },
    );
  });
});
