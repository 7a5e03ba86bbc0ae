import { describe, expect, test } from '@jest/globals';
import { genCrystals } from '@noble/post-quantum/_crystals.js';
import {
  intt,
  MLDSA_Q,
  MLKEM_Q,
  N,
  ntt,
  nttRound,
  type Poly,
  type Prime,
  pairwm,
  pwa,
  pwm,
  pws,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { hasVectors, image } from './vectors.ts';

/** The transforms of noble, which has the same order of coefficients. */
const oracle = {
  [MLDSA_Q]: genCrystals({
    N,
    Q: MLDSA_Q,
    F: 8347681,
    ROOT_OF_UNITY: 1753,
    newPoly: (n) => new Int32Array(n),
    isKyber: false,
    brvBits: 8,
  }),
  [MLKEM_Q]: genCrystals({
    N,
    Q: MLKEM_Q,
    F: 3303,
    ROOT_OF_UNITY: 17,
    newPoly: (n) => new Int32Array(n),
    isKyber: true,
    brvBits: 7,
  }),
};

const polyOf = (q: Prime): fc.Arbitrary<Poly> =>
  fc
    .array(fc.integer({ min: 0, max: q - 1 }), { minLength: N, maxLength: N })
    .map((coefficients) => Int32Array.from(coefficients));

/** Representatives in [0, q). */
const reduced = (poly: Int32Array, q: Prime): number[] => [...poly].map((x) => ((x % q) + q) % q);

describe.each([
  ['ML-DSA', MLDSA_Q],
  ['ML-KEM', MLKEM_Q],
] as const)('transform of %s', (_, q) => {
  test('is that of noble, forward and inverse', () => {
    fc.assert(
      fc.property(polyOf(q), (poly) => {
        expect([...ntt(poly, q)]).toEqual(reduced(oracle[q].NTT.encode(poly.slice()), q));
        expect([...intt(poly, q)]).toEqual(reduced(oracle[q].NTT.decode(poly.slice()), q));
      }),
      { numRuns: 50 },
    );
  });

  test('the inverse undoes it, and the operand stays', () => {
    fc.assert(
      fc.property(polyOf(q), (poly) => {
        const before = poly.slice();
        expect(intt(ntt(poly, q), q)).toEqual(before);
        expect(poly).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  test('turns products modulo X^256 + 1 into products of its own domain', () => {
    const multiply = q === MLDSA_Q ? (a: Poly, b: Poly) => pwm(a, b, q) : (a: Poly, b: Poly) => pairwm(a, b);
    fc.assert(
      fc.property(polyOf(q), polyOf(q), (a, b) => {
        const product = new Array<bigint>(N).fill(0n);
        for (let i = 0; i < N; i++)
          for (let j = 0; j < N; j++) {
            const term = BigInt(a[i] as number) * BigInt(b[j] as number);
            const at = (i + j) % N;
            product[at] = (product[at] as bigint) + (i + j < N ? term : -term);
          }
        const expected = product.map((x) => Number(((x % BigInt(q)) + BigInt(q)) % BigInt(q)));
        expect([...intt(multiply(ntt(a, q), ntt(b, q)), q)]).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  test.each([0, 255, 257])('refuses %d coefficients', (length) => {
    expect(() => ntt(new Int32Array(length), q)).toThrow(RangeError);
  });
});

test('sums accumulate in the polynomial that is given', () => {
  const a = Int32Array.from({ length: N }, (_, i) => i);
  const sum = pwm(a, a, MLDSA_Q);
  expect(pwm(a, a, MLDSA_Q, sum)).toBe(sum);
  expect([...sum]).toEqual([...a].map((x) => 2 * x * x));
  const pairs = pairwm(a, a);
  const twice = pairwm(a, a, pairwm(a, a));
  expect(twice).toEqual(pwa(pairs, pairs, MLKEM_Q));
});

(hasVectors ? describe : describe.skip)("memory images of the accelerator's test bench", () => {
  const ramp = Int32Array.from({ length: N }, (_, i) => i);
  const afterRound = (poly: Poly, q: Prime, round: number): Int32Array => {
    const result = new Int32Array(N);
    nttRound(poly, result, round, q);
    return result;
  };
  /** Each row of an image, its coefficients in the order of the file. */
  const rows = (file: string): Int32Array => {
    const coefficients = image(file);
    return coefficients.map((_, i) => coefficients[(i & ~3) + (3 - (i & 3))] as number);
  };

  /** Rows of results in the order of the pins (u20, u21, v20, v21), as rows of memory. */
  const fromPins = (row: Int32Array): Int32Array =>
    row.map((_, i) => row[(i & ~3) + ([0, 2, 1, 3][i & 3] as number)] as number);

  test('the first round of ML-DSA: operands of the butterflies and rows that they give', () => {
    expect([...rows('ntt_stage0.hex')]).toEqual([...ramp].map((_, i) => (i >> 2) + 64 * (i & 3)));
    expect(afterRound(ramp, MLDSA_Q, 0)).toEqual(fromPins(rows('ntt_stage0_out.hex')));
  });

  test('the second round of ML-DSA; the file has the groups of coefficients one after the other', () => {
    const first = afterRound(ramp, MLDSA_Q, 0);
    /** Row of the memory for row n of the file. */
    const place = (n: number): number => 4 * (n & 15) + (n >> 4);
    const second = afterRound(first, MLDSA_Q, 1);
    const inOrder = (memory: Int32Array): number[] =>
      [...memory].map((_, i) => memory[4 * place(i >> 2) + (i & 3)] as number);
    // Operand k of row 4R + j is coefficient j of row R + 16k.
    const operands = first.map((_, i) => first[4 * ((i >> 4) + 16 * (i & 3)) + ((i >> 2) & 3)] as number);
    expect(inOrder(operands)).toEqual([...rows('ntt_stage2.hex')]);
    expect(inOrder(second)).toEqual([...fromPins(rows('ntt_stage2_out.hex'))]);
  });

  test('the whole transform of ML-DSA and its inverse', () => {
    expect(image('ntt_unmasked_input.hex')).toEqual(ramp);
    expect(ntt(ramp, MLDSA_Q)).toEqual(image('ntt_stage67.hex'));
    expect(intt(image('ntt_stage67.hex'), MLDSA_Q)).toEqual(ramp);
  });

  test('the first round of ML-KEM; blanks split the numbers of the last line of operands', () => {
    expect(image('kyber_stage0.hex').subarray(0, 252)).toEqual(ramp.subarray(0, 252));
    const natural = image('kyber_stage0_out.hex');
    const round = afterRound(ramp, MLKEM_Q, 0);
    expect([...round]).toEqual([...round].map((_, i) => natural[(i >> 2) + 64 * (i & 3)]));
  });

  test('pointwise product, accumulation, sum and difference', () => {
    const product = pwm(ramp, ramp, MLDSA_Q);
    expect(product).toEqual(image('pwm_iter1.hex'));
    expect(pwm(ramp, ramp, MLDSA_Q, product)).toEqual(image('pwm_iter2.hex'));
    expect(pwa(ramp, ramp, MLDSA_Q)).toEqual(image('pwa.hex'));
    expect(pws(ramp, image('pws_input.hex'), MLDSA_Q)).toEqual(image('pws.hex'));
  });
});
