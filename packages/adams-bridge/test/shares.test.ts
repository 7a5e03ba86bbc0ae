import { describe, expect, test } from '@jest/globals';
import {
  addShares,
  MLDSA_Q,
  MLDSA_SHARES,
  MLKEM_SHARES,
  multiplyShares,
  RandomBits,
  recombine,
  reduceShares,
  reduceSum,
  type Shares,
  split,
  subtractShares,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

const below = (limit: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: limit - 1 });

describe.each([
  ['ML-DSA', MLDSA_SHARES],
  ['ML-KEM', MLKEM_SHARES],
])('two shares of %s', (_, ring) => {
  const { q, modulus } = ring;
  const value = below(q);
  const mask = below(modulus);
  const within = (shares: Shares): boolean => shares.every((share) => share >= 0 && share < modulus);

  test('multiply as big integers do', () => {
    fc.assert(
      fc.property(mask, mask, (a, b) => {
        expect(BigInt(ring.multiply(a, b))).toBe((BigInt(a) * BigInt(b)) % BigInt(modulus));
      }),
    );
    expect(ring.multiply(modulus - 1, modulus - 1)).toBe(1);
  });

  test('add up to the value, its sum, difference, product and remainder under any masks', () => {
    fc.assert(
      fc.property(value, value, mask, mask, mask, mask, (a, b, maskA, maskB, refresh, fresh) => {
        const [x, y] = [split(ring, a, maskA), split(ring, b, maskB)];
        const product = multiplyShares(ring, x, y, refresh);
        const reduced = reduceShares(ring, product, fresh);
        const [sum, difference] = [addShares(ring, x, y), subtractShares(ring, x, y)];
        expect([x, y, product, reduced, sum, difference].every(within)).toBe(true);
        const values = [x, y, product, sum, difference].map((shares) => recombine(ring, shares));
        expect(values).toEqual([a, b, a * b, a + b, a - b + q]);
        expect(recombine(ring, reduced)).toBe((a * b) % q);
        expect([x[1], y[1], reduced[1]]).toEqual([maskA, maskB, fresh]);
      }),
    );
  });
});

test('a sum of ML-DSA is reduced by q times a shared bit', () => {
  fc.assert(
    fc.property(below(2 * MLDSA_Q), below(2 ** 46), below(2), (sum, mask, bit) => {
      const reduced = reduceSum(split(MLDSA_SHARES, sum, mask), bit);
      expect(recombine(MLDSA_SHARES, reduced)).toBe(sum % MLDSA_Q);
    }),
  );
});

/** Both LFSRs bit by bit: lowest bit first. */
class PlainLfsrs {
  readonly #registers: number[][];

  constructor(seed: Uint8Array) {
    const bits = Array.from({ length: 236 }, (_, i) => ((seed[i >> 3] as number) >> (i & 7)) & 1);
    this.#registers = [bits.slice(0, 118), bits.slice(118)];
  }

  step(): void {
    for (const register of this.#registers) {
      register.unshift(1 ^ (register[117] as number) ^ (register[84] as number));
      register.pop();
    }
  }

  number(from: number, bits: number): number {
    const all = this.#registers.flat().slice(from, from + bits);
    return all.reduceRight((value, bit) => 2 * value + bit, 0);
  }
}

describe('random bits', () => {
  const seeds = fc.uint8Array({ minLength: 30, maxLength: 30 });
  const words = (random: RandomBits, cycle: number) => [0, 1, 2, 3, 4].map((i) => random.word(cycle, i));

  test('are those of the LFSRs stepped bit by bit', () => {
    fc.assert(
      fc.property(seeds, below(300), below(300), (seed, advanced, ahead) => {
        const random = new RandomBits();
        random.seed(seed);
        random.advance(advanced);
        const plain = new PlainLfsrs(seed);
        for (let i = 0; i < advanced + ahead; i++) plain.step();
        expect(random.shuffle(ahead)).toBe(plain.number(0, 6));
        expect(words(random, ahead)).toEqual([0, 1, 2, 3, 4].map((i) => plain.number(6 + 46 * i, 46)));
      }),
      { numRuns: 50 },
    );
  });

  test('do not depend on how far ahead one has looked, nor on the steps in which one goes on', () => {
    const [looked, stepped] = [new RandomBits(), new RandomBits()];
    looked.shuffle(700);
    looked.advance(5000);
    for (let i = 0; i < 5000; i++) stepped.advance(1);
    expect(words(looked, 3)).toEqual(words(stepped, 3));
  });

  test('leave all ones, where XNOR would stay for ever', () => {
    const random = new RandomBits();
    random.seed(new Uint8Array(30).fill(0xff));
    random.advance(1);
    expect([random.shuffle(0), random.word(0, 0)]).toEqual([1, 0]);
    expect(random.shuffle(1)).not.toBe(random.shuffle(0));
  });

  test('refuse a seed of another length and a cycle far ahead', () => {
    expect(() => new RandomBits().seed(new Uint8Array(29))).toThrow(RangeError);
    expect(() => new RandomBits().shuffle(1024)).toThrow(RangeError);
  });
});
