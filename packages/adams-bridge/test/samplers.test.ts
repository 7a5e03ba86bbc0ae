import { describe, expect, test } from '@jest/globals';
import {
  bytesOf,
  cbd,
  expandMask,
  GAMMA1,
  Keccak,
  MLDSA_Q,
  MLKEM_Q,
  N,
  PISO,
  rejBounded,
  rejNtt,
  rejNttMlkem,
  sampleInBall,
  TAU,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

/** Bytes of these, then zeros. */
const source = (...bytes: number[]) => bytesOf(Uint8Array.from({ length: 2000 }, (_, i) => bytes[i] ?? 0));

test('RejNTT drops bit 23 and refuses q and above', () => {
  // 0xffe001 is q with bit 23 set; 0x7fe000 is q - 1.
  const { poly, candidates, rejected } = rejNtt(
    source(0x01, 0xe0, 0xff, 0x00, 0xe0, 0x7f, 0xff, 0xff, 0x7f, 5, 0, 0x80),
  );
  expect([...poly.subarray(0, 3)]).toEqual([MLDSA_Q - 1, 5, 0]);
  expect([candidates, rejected]).toEqual([258, [0, 2]]);
});

test('RejNTT of ML-KEM takes two symbols of every three bytes', () => {
  // 0xd01 is q, 0xd00 is q - 1.
  const { poly, candidates, rejected } = rejNttMlkem(source(0x01, 0x0d, 0xd0, 0xff, 0xff, 0xff, 0x21, 0x43, 0x05));
  expect([...poly.subarray(0, 3)]).toEqual([MLKEM_Q - 1, 0x321, 0x054]);
  expect([candidates, rejected]).toEqual([259, [0, 2, 3]]);
});

test('RejBounded maps symbols 0..14 to 2..-2 and refuses 15', () => {
  const { poly, candidates, rejected } = rejBounded(source(0x10, 0x32, 0xf4, 0x5f, 0xe9));
  expect([...poly.subarray(0, 8)]).toEqual([2, 1, 0, MLDSA_Q - 1, MLDSA_Q - 2, 2, MLDSA_Q - 2, MLDSA_Q - 2]);
  expect([candidates, rejected]).toEqual([258, [5, 6]]);
});

test('ExpandMask subtracts 20-bit symbols from gamma_1', () => {
  // Symbols 0x80000, 0xfffff, 0x00001, 0x80001.
  const poly = expandMask(source(0x00, 0x00, 0xf8, 0xff, 0xff, 0x01, 0x00, 0x10, 0x00, 0x80));
  expect([...poly.subarray(0, 5)]).toEqual([0, MLDSA_Q - GAMMA1 + 1, GAMMA1 - 1, MLDSA_Q - 1, GAMMA1]);
  expect(poly).toHaveLength(N);
});

test('CBD subtracts two bits from two bits', () => {
  const poly = cbd(source(0b1100_0011, 0b0110_0001));
  expect([...poly.subarray(0, 5)]).toEqual([2, MLKEM_Q - 2, 1, 0, 0]);
});

describe('SampleInBall', () => {
  test('takes signs from the first bytes, refuses places that are not filled yet', () => {
    const { poly, candidates, rejected } = sampleInBall(source(0b1, 0, 0, 0, 0, 0, 0, 0, 197, 3, 196));
    // Place 196 gets what place 3 had, place 3 the sign; then zeros move the rest through place 0.
    expect([poly[3], rejected, candidates]).toEqual([MLDSA_Q - 1, [0], TAU + 1]);
    expect(poly[197]).toBe(0);
  });

  test('has 60 coefficients of absolute value 1', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (seed) => {
        const { poly } = sampleInBall(new Keccak('SHAKE256').absorb(seed));
        expect(poly.filter((x) => x === 1 || x === MLDSA_Q - 1)).toHaveLength(TAU);
        expect(poly.filter((x) => x === 0)).toHaveLength(N - TAU);
      }),
    );
  });
});

test.each(Object.entries(PISO))(
  '%s: a cycle takes whole symbols',
  (_, { outputBits, symbols, symbolBits, inputBits, mode }) => {
    expect(symbols * symbolBits).toBe(outputBits);
    expect(inputBits).toBe(8 * new Keccak(mode).rate);
  },
);

test('a source that is used up is named', () => {
  expect(() => rejNtt(bytesOf(new Uint8Array(100)))).toThrow('byte source: 168 bytes asked for, 100 of 100 left');
});
