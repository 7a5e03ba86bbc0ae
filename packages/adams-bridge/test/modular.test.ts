import { describe, expect, test } from '@jest/globals';
import {
  addMod,
  barrettQuotient,
  barrettRemainder,
  halveMod,
  MLDSA_Q,
  MLKEM_Q,
  mulMod,
  type Prime,
  subMod,
  TWIDDLE_ROWS,
  twiddles,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { column, hasVectors } from './vectors.ts';

const PRIMES: readonly [string, Prime][] = [
  ['ML-DSA', MLDSA_Q],
  ['ML-KEM', MLKEM_Q],
];

describe.each(PRIMES)('arithmetic of %s', (_, q) => {
  const residue = fc.oneof(fc.integer({ min: 0, max: q - 1 }), fc.constantFrom(0, 1, q - 1, q - 2, (q + 1) / 2));

  test('products, sums and differences are those of big integers', () => {
    fc.assert(
      fc.property(residue, residue, (a, b) => {
        expect(mulMod(a, b, q)).toBe(Number((BigInt(a) * BigInt(b)) % BigInt(q)));
        expect(addMod(a, b, q)).toBe((a + b) % q);
        expect(subMod(a, b, q)).toBe((a - b + q) % q);
      }),
      { numRuns: 2000 },
    );
  });

  test('halving is undone by doubling', () => {
    fc.assert(fc.property(residue, (a) => expect(addMod(halveMod(a, q), halveMod(a, q), q)).toBe(a)));
  });
});

test('Barrett gives quotient and remainder of every kind of 24-bit number', () => {
  for (const around of [0, MLKEM_Q, 2 * MLKEM_Q, 1000 * MLKEM_Q, 2 ** 24 - 4])
    for (let x = Math.max(0, around - 3); x <= Math.min(around + 3, 2 ** 24 - 1); x++)
      expect([barrettQuotient(x), barrettRemainder(x)]).toEqual([Math.floor(x / MLKEM_Q), x % MLKEM_Q]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 24 - 1 }), (x) => {
      expect([barrettQuotient(x), barrettRemainder(x)]).toEqual([Math.floor(x / MLKEM_Q), x % MLKEM_Q]);
    }),
    { numRuns: 2000 },
  );
});

test.each(PRIMES)('the tables of %s have 85 rows', (_, q) => {
  expect([twiddles(q).forward.length, twiddles(q).inverse.length]).toEqual([3 * TWIDDLE_ROWS, 3 * TWIDDLE_ROWS]);
});

(hasVectors ? describe : describe.skip)("factors of the accelerator's test bench", () => {
  test.each([
    ['zeta.txt', 'zeta_inv.hex', MLDSA_Q],
    ['kyber_zeta.txt', 'kyber_zeta_inv.hex', MLKEM_Q],
  ] as const)('%s and %s', (zetas, negated, q) => {
    expect([...twiddles(q).zetas]).toEqual(column(zetas));
    expect([...twiddles(q).zetas].map((zeta) => q - zeta)).toEqual(column(negated));
  });
});
