import { describe, expect, test } from '@jest/globals';
import {
  CoeffMemory,
  MLDSA_Q,
  MLKEM_Q,
  N,
  type PointwiseMode,
  type Poly,
  pairwm,
  pointwiseCycles,
  pwa,
  pwm,
  pws,
  rowAddress,
  runPointwise,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

const ADDRESSES = { a: rowAddress(0, 64), b: rowAddress(2, 0), c: rowAddress(1, 128) };

const pure = {
  pwm: (a: Poly, b: Poly) => pwm(a, b, MLDSA_Q),
  pwa: (a: Poly, b: Poly) => pwa(a, b, MLDSA_Q),
  pws: (a: Poly, b: Poly) => pws(a, b, MLDSA_Q),
  pairwm: (a: Poly, b: Poly) => pairwm(a, b),
};
const primeOf = (mode: PointwiseMode) => (mode === 'pairwm' ? MLKEM_Q : MLDSA_Q);

const VARIANTS: [PointwiseMode, boolean, boolean][] = [
  ['pwm', false, false],
  ['pwm', true, false],
  ['pwm', false, true],
  ['pwm', true, true],
  ['pwa', false, false],
  ['pws', false, false],
  ['pairwm', false, false],
  ['pairwm', true, false],
  ['pairwm', false, true],
  ['pairwm', true, true],
];

describe.each(VARIANTS)('%s, accumulate %p, masked %p', (mode, accumulate, masked) => {
  const q = primeOf(mode);

  test('leaves in memory what the pure function gives, in whatever order it is shuffled', () => {
    const poly = fc
      .array(fc.integer({ min: 0, max: q - 1 }), { minLength: N, maxLength: N })
      .map((values) => Int32Array.from(values));
    const bits = fc.array(fc.integer({ min: 0, max: 63 }), { minLength: 17, maxLength: 17 });
    fc.assert(
      fc.property(poly, poly, poly, bits, (a, b, c, random) => {
        const memory = new CoeffMemory();
        for (const [key, value] of Object.entries({ a, b, c }))
          memory.setPoly(ADDRESSES[key as keyof typeof ADDRESSES], value);
        let asked = 0;
        const shuffle = (): number => random[asked++] as number;
        const rows: number[] = [];
        for (const { entering } of runPointwise(memory, mode, ADDRESSES, q, { accumulate, masked, shuffle }))
          rows.push(...entering);
        expect(asked).toBe(random.length);
        expect(rows.toSorted((x, y) => x - y)).toEqual(rows.map((_, i) => i));
        const result = pure[mode](a, b);
        expect(memory.poly(ADDRESSES.c)).toEqual(accumulate ? pwa(result, c, q) : result);
      }),
      { numRuns: 5 },
    );
  });

  test('writes a row after it is read, and little after the last cycle', () => {
    const memory = new CoeffMemory();
    const readAt = new Map<number, number>();
    let cycles = 0;
    for (const { cycle, reads, writes } of runPointwise(memory, mode, ADDRESSES, q, { accumulate, masked })) {
      for (const { address } of reads) readAt.set(address, cycle);
      for (const { address } of writes) {
        const row = address - ADDRESSES.c;
        expect(readAt.get(ADDRESSES.a + row)).toBeLessThan(cycle);
        if (accumulate) expect(readAt.get(address)).toBeLessThan(cycle);
      }
      cycles = cycle + 1;
    }
    expect(cycles - pointwiseCycles(mode, { accumulate, masked })).toBe(masked && accumulate ? 2 : 1);
  });
});

/** Cycles of the instructions in a simulation of RTL v2.0.3, which the sequencer's four are part of. */
test.each([
  ['PWM', 'pwm', false, false, 77],
  ['masked PWM', 'pwm', false, true, 284],
  ['PWA', 'pwa', false, false, 74],
  ['PWS', 'pws', false, false, 74],
  ['masked PWM of ML-KEM', 'pairwm', false, true, 97],
  ['masked PWM of ML-KEM with accumulation', 'pairwm', true, true, 98],
] as const)('%s takes the cycles of the RTL', (_, mode, accumulate, masked, measured) => {
  expect(pointwiseCycles(mode, { accumulate, masked }) + 4).toBe(measured);
});

test('what the unit has not is refused before anything happens', () => {
  const memory = new CoeffMemory();
  const before = memory.snapshot();
  const first = (...rest: Parameters<typeof runPointwise> extends [CoeffMemory, ...infer R] ? R : never) =>
    runPointwise(memory, ...rest).next();
  expect(() => first('pwm', ADDRESSES, MLKEM_Q)).toThrow('pwm: not modulo 3329');
  expect(() => first('pairwm', ADDRESSES, MLDSA_Q)).toThrow('pairwm: not modulo 8380417');
  expect(() => first('pwa', ADDRESSES, MLDSA_Q, { accumulate: true })).toThrow(
    'pwa: neither accumulates nor is masked',
  );
  expect(() => first('pwm', { ...ADDRESSES, c: rowAddress(1, 513) }, MLDSA_Q)).toThrow(RangeError);
  expect(memory.diff(before)).toEqual([]);
});
