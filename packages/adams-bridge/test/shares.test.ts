import { describe, expect, test } from '@jest/globals';
import {
  addShares,
  type MaskSource,
  MLDSA_Q,
  MLDSA_SHARES,
  MLKEM_Q,
  MLKEM_SHARES,
  maskedInttRound,
  maskedPairwm,
  multiplyShares,
  type Prime,
  RandomBits,
  recombine,
  reduceBarrett,
  reduceProduct,
  reduceSum,
  type Shares,
  split,
  subtractShares,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { drawn, RTL_REDUCTIONS, RTL_UNITS, RTL_UNITS_START } from './rtl-reductions.ts';

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

  test('add up to the value, its sum, difference and product under any masks', () => {
    fc.assert(
      fc.property(value, value, mask, mask, mask, (a, b, maskA, maskB, refresh) => {
        const [x, y] = [split(ring, a, maskA), split(ring, b, maskB)];
        const product = multiplyShares(ring, x, y, refresh);
        const [sum, difference] = [addShares(ring, x, y), subtractShares(ring, x, y)];
        expect([x, y, product, sum, difference].every(within)).toBe(true);
        const values = [x, y, product, sum, difference].map((shares) => recombine(ring, shares));
        expect(values).toEqual([a, b, a * b, a + b, a - b + q]);
        expect([x[1], y[1]]).toEqual([maskA, maskB]);
      }),
    );
  });
});

/** Random words that have nothing to do with an LFSR. */
const words = (seed: number): MaskSource => ({
  word: (cycle, index) => Number(BigInt.asUintN(46, drawn(seed + cycle, 8 + index))),
  bit: (cycle, index, bit) => Number((drawn(seed + cycle, 8 + index) >> BigInt(bit)) & 1n),
  stages(cycle, index, from, width) {
    let bits = 0;
    for (let i = 0; i < width; i++) bits |= this.bit(cycle + i, index, from + i) << i;
    return bits;
  },
});
const UNIT = { rnd: [0, 1, 2, 3], rnd4: [4] } as const;

describe('reductions of shares', () => {
  test('give the shares of the RTL, bit by bit', () => {
    const random = words(0);
    const given = (cycle: number, k: number, bits: number) => Number(BigInt.asUintN(bits, drawn(cycle, k)));
    const coefficient = (cycle: number, k: number) => Number(drawn(cycle, k) % BigInt(MLDSA_Q));
    const seen = RTL_REDUCTIONS.map((_, cycle) => {
      const u = split(MLDSA_SHARES, coefficient(cycle, 0), given(cycle, 2, 46));
      const v = split(MLDSA_SHARES, coefficient(cycle, 1), given(cycle, 3, 46));
      const product = multiplyShares(MLDSA_SHARES, u, v, random.word(cycle, 0));
      const sum = (given(cycle, 4, 1) === 1 ? subtractShares : addShares)(MLDSA_SHARES, u, v);
      const value = Number(drawn(cycle, 16) % BigInt((MLKEM_Q - 1) ** 2 + 1));
      const masks = {
        decision: given(cycle + 2, 19, 1),
        gates: given(cycle + 2, 18, 14),
        result: given(cycle + 5, 20, 24),
      };
      return [
        ...reduceProduct(product, random, cycle + 2, UNIT),
        ...reduceSum(sum, random, cycle + 1, UNIT),
        ...reduceBarrett(split(MLKEM_SHARES, value, given(cycle, 17, 24)), masks),
      ];
    });
    expect(seen).toEqual(RTL_REDUCTIONS);
  });

  test('of whole units too: butterflies of both primes and a pair of products', () => {
    /** Words as one instance has them, of a source that has them some places on. */
    const placed = (by: number): MaskSource => {
      const random = words(0);
      return {
        word: (cycle, index) => random.word(cycle, (index + by) % 5),
        bit: (cycle, index, bit) => random.bit(cycle, (index + by) % 5, bit),
        stages: (cycle, index, from, width) => random.stages(cycle, (index + by) % 5, from, width),
      };
    };
    const butterfly = (q: Prime, enter: number): number[] => {
      const ring = q === MLKEM_Q ? MLKEM_SHARES : MLDSA_SHARES;
      const [k, high] = q === MLKEM_Q ? [4, 2] : [0, 1];
      const operand = (i: number) =>
        split(
          ring,
          Number(drawn(enter, k + i) % BigInt(q)),
          Number(BigInt.asUintN(ring.bits, drawn(enter, k + 2 + i))),
        );
      const seen: Record<string, Shares> = {};
      maskedInttRound((i) => (i === 0 ? operand(0) : i === high ? operand(1) : [0, 0]), new Int32Array(256), q, {
        rows: [0],
        enter,
        // The first butterfly of a row has its words two places on.
        random: placed(3),
        report: (coefficient, _, signal, stage, shares) => {
          if (stage === 'reduced' && (coefficient === 0 || coefficient === high)) seen[signal] = shares;
        },
      });
      return [...(seen['u+v'] ?? []), ...(seen['(u-v)w'] ?? [])];
    };
    const pair = (enter: number): number[] => {
      const [a, b] = [new Int32Array(256), new Int32Array(256)];
      for (const i of [0, 1]) {
        a[i] = Number(drawn(enter, 16 + i) % BigInt(MLKEM_Q));
        b[i] = Number(drawn(enter, 18 + i) % BigInt(MLKEM_Q));
      }
      const results: Shares[] = [];
      const store = (i: number, shares: Shares): void => {
        results[i] = shares;
      };
      maskedPairwm(a, b, { rows: [0], enter, random: placed(0) }, { store });
      return results.slice(0, 2).flat();
    };
    const seen = RTL_UNITS.map((_, n) => {
      const enter = RTL_UNITS_START + n;
      return [...butterfly(MLDSA_Q, enter), ...butterfly(MLKEM_Q, enter), ...pair(enter)];
    });
    expect(seen).toEqual(RTL_UNITS);
  });

  test('add up to the remainder under any masks', () => {
    const mask = below(2 ** 46);
    fc.assert(
      fc.property(below(MLDSA_Q), below(MLDSA_Q), mask, mask, below(10_000), (a, b, maskA, maskB, seed) => {
        const [x, y] = [split(MLDSA_SHARES, a, maskA), split(MLDSA_SHARES, b, maskB)];
        const product = reduceProduct(multiplyShares(MLDSA_SHARES, x, y, maskA), words(seed), 0, UNIT);
        expect(BigInt(recombine(MLDSA_SHARES, product))).toBe((BigInt(a) * BigInt(b)) % BigInt(MLDSA_Q));
        const sum = reduceSum(addShares(MLDSA_SHARES, x, y), words(seed), 0, UNIT);
        expect(recombine(MLDSA_SHARES, sum)).toBe((a + b) % MLDSA_Q);
      }),
    );
    fc.assert(
      fc.property(
        below(2 ** 24),
        below(2 ** 24),
        below(2 ** 24),
        below(2 ** 14),
        below(2),
        (a, m, result, gates, decision) => {
          const shares = reduceBarrett(split(MLKEM_SHARES, a, m), { result, gates, decision });
          expect(recombine(MLKEM_SHARES, shares)).toBe(a % MLKEM_Q);
        },
      ),
    );
  });
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
  const wordsOf = (random: RandomBits, cycle: number) => [0, 1, 2, 3, 4].map((i) => random.word(cycle, i));

  test('are those of the LFSRs stepped bit by bit', () => {
    fc.assert(
      fc.property(seeds, below(300), below(300), (seed, advanced, ahead) => {
        const random = new RandomBits();
        random.seed(seed);
        random.advance(advanced);
        const plain = new PlainLfsrs(seed);
        for (let i = 0; i < advanced + ahead; i++) plain.step();
        expect(random.shuffle(ahead)).toBe(plain.number(0, 6));
        expect(wordsOf(random, ahead)).toEqual([0, 1, 2, 3, 4].map((i) => plain.number(6 + 46 * i, 46)));
        const bits = [0, 22, 45].flatMap((bit) =>
          [0, 2, 4].map((i) => [random.bit(ahead, i, bit), plain.number(6 + 46 * i + bit, 1)]),
        );
        expect(random.stages(ahead, 2, 0, 24)).toBe(
          [...Array(24).keys()].reduce((sum, i) => sum + random.bit(ahead + i, 2, i) * 2 ** i, 0),
        );
        for (const [bit, expected] of bits) expect(bit).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('do not depend on how far ahead one has looked, nor on the steps in which one goes on', () => {
    const [looked, stepped] = [new RandomBits(), new RandomBits()];
    looked.shuffle(700);
    looked.advance(5000);
    for (let i = 0; i < 5000; i++) stepped.advance(1);
    expect(wordsOf(looked, 3)).toEqual(wordsOf(stepped, 3));
  });

  test('leave all ones, where XNOR would stay for ever', () => {
    const random = new RandomBits();
    random.seed(new Uint8Array(30).fill(0xff));
    expect([random.stages(0, 0, 0, 4), random.stages(0, 4, 0, 24)]).toEqual([1, 1]);
    random.advance(1);
    expect([random.shuffle(0), random.word(0, 0)]).toEqual([1, 0]);
    expect(random.shuffle(1)).not.toBe(random.shuffle(0));
  });

  test('refuse a seed of another length and a cycle far ahead', () => {
    expect(() => new RandomBits().seed(new Uint8Array(29))).toThrow(RangeError);
    expect(() => new RandomBits().shuffle(1024)).toThrow(RangeError);
  });
});
