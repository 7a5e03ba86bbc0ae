import { describe, expect, test } from '@jest/globals';
import {
  BETA,
  compress,
  D,
  decompose,
  decompress,
  exceedsNorm,
  GAMMA1,
  GAMMA2,
  MLDSA_Q,
  MLKEM_Q,
  makeHint,
  N,
  NORM_BOUNDS,
  power2round,
  useHint,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

const q = MLDSA_Q;
/** Every multiple of gamma_2 and its neighbours, then what was given. */
const withEdges = (...values: number[]): Int32Array => {
  const edges = Array.from({ length: 33 }, (_, k) => [k * GAMMA2 - 1, k * GAMMA2, k * GAMMA2 + 1]).flat();
  return Int32Array.from({ length: N }, (_, i) => (edges.concat(values)[i] ?? 0) % q).map((x) => (x + q) % q);
};
const coefficient = fc.integer({ min: 0, max: q - 1 });
const signed = (x: number): number => (x > q / 2 ? x - q : x);

/** The formulas of FIPS 204, with its mod±. */
const centred = (r: number, m: number): number => {
  const rest = r % m;
  return rest > m / 2 ? rest - m : rest;
};
function decomposeOfStandard(r: number): [number, number] {
  const r0 = centred(r, 2 * GAMMA2);
  return r - r0 === q - 1 ? [0, r0 - 1] : [(r - r0) / (2 * GAMMA2), r0];
}

describe('ML-DSA', () => {
  test('Power2Round is that of the standard', () => {
    fc.assert(
      fc.property(fc.array(coefficient, { minLength: 150, maxLength: 150 }), (values) => {
        const poly = withEdges(...values, 4095, 4096, 4097, q - 1);
        const { high, low } = power2round(poly);
        for (const [i, r] of poly.entries()) {
          const r0 = centred(r, 2 ** D);
          expect([high[i], signed(low[i] as number)]).toEqual([(r - r0) / 2 ** D, r0]);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('Decompose is that of the standard, also where it wraps', () => {
    fc.assert(
      fc.property(fc.array(coefficient, { minLength: 150, maxLength: 150 }), (values) => {
        const poly = withEdges(...values);
        const { high, low } = decompose(poly);
        for (const [i, r] of poly.entries())
          expect([high[i], signed(low[i] as number)]).toEqual(decomposeOfStandard(r));
      }),
      { numRuns: 20 },
    );
  });

  test('UseHint is that of the standard', () => {
    const poly = withEdges();
    const used = useHint(new Int32Array(N).fill(1), poly);
    for (const [i, r] of poly.entries()) {
      const [r1, r0] = decomposeOfStandard(r);
      expect(used[i]).toBe((r1 + (r0 > 0 ? 1 : 15)) % 16);
    }
    expect(useHint(new Int32Array(N), poly)).toEqual(decompose(poly).high);
  });

  test('with a hint the high part is that before the change', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(coefficient, fc.integer({ min: -GAMMA2 + 1, max: GAMMA2 - 1 })), {
          minLength: N,
          maxLength: N,
        }),
        (pairs) => {
          // The signer has w - cs2 = high * 2 gamma_2 + w0 with a small w0; the verifier has w - cs2 + ct0.
          const w = Int32Array.from(pairs, ([r]) => r);
          const { high, low } = decompose(w);
          const sum = low.map((w0, i) => (w0 + (pairs[i] as [number, number])[1] + q) % q);
          const seen = w.map((r, i) => (r + (pairs[i] as [number, number])[1] + q) % q);
          expect(useHint(makeHint(sum, high), seen)).toEqual(high);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a sum of -gamma_2 needs a hint unless the high part is 0', () => {
    const sum = new Int32Array(N).fill(q - GAMMA2);
    const high = new Int32Array(N);
    high[1] = 15;
    expect([...makeHint(sum, high).subarray(0, 3)]).toEqual([0, 1, 0]);
    expect([
      ...makeHint(
        Int32Array.from(sum, (x) => x - 1),
        high,
      ).subarray(0, 2),
    ]).toEqual([1, 1]);
    expect([...makeHint(new Int32Array(N).fill(GAMMA2), high).subarray(0, 2)]).toEqual([0, 0]);
  });

  test.each(Object.entries(NORM_BOUNDS))('norm check of %s', (name, bound) => {
    const check = name as keyof typeof NORM_BOUNDS;
    const exceeds = (value: number): boolean => exceedsNorm(new Int32Array(N).fill(value, 255), check);
    expect([bound - 1, bound, q - bound, q - bound + 1, 0, q - 1].map(exceeds)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('bounds of ML-DSA-87', () => {
    expect([GAMMA1, GAMMA2, BETA]).toEqual([2 ** 19, 261888, 120]);
  });
});

describe.each([1, 5, 11] as const)('ML-KEM, %d bits', (d) => {
  test('Compress and Decompress are those of the standard for every value', () => {
    for (let start = 0; start < MLKEM_Q; start += N) {
      const poly = Int32Array.from({ length: N }, (_, i) => Math.min(start + i, MLKEM_Q - 1));
      expect([...compress(poly, d)]).toEqual([...poly].map((x) => Math.round((2 ** d * x) / MLKEM_Q) % 2 ** d));
      const values = poly.map((x) => x % 2 ** d);
      expect([...decompress(values, d)]).toEqual([...values].map((y) => Math.round((MLKEM_Q * y) / 2 ** d)));
    }
  });

  test('Compress undoes Decompress', () => {
    const values = Int32Array.from({ length: N }, (_, i) => (i * 37) % 2 ** d);
    expect(compress(decompress(values, d), d)).toEqual(values);
  });
});
