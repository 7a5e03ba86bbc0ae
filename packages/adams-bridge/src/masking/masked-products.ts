import { ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import type { Poly } from '../units/modular.ts';
import { gammaOf } from '../units/pointwise.ts';
import { join24, type MaskedRows } from './masked-rows.ts';
import { reduceProduct, reduceSum, type UnitWords } from './mldsa-reduction.ts';
import { reduceBarrett } from './mlkem-reduction.ts';
import { addShares, MLDSA_SHARES, MLKEM_SHARES, multiplyShares, type Shares, split } from './shares.ts';

/** Shares of the sum so far, if there is one, and where the result goes; by index of the coefficient. */
export interface MaskedTarget {
  readonly sum?: ((coefficient: number) => Shares) | undefined;
  store(coefficient: number, shares: Shares): void;
}

const WORDS = 5;
const LOW_14 = 2 ** 14;
const LOW_24 = 2 ** 24;

/** Cycles after the operands, for ML-DSA: the product, the reduced product, the operands of a sum, the sum, the reduced sum. */
const MLDSA_LATENCY = { product: 2, reduced: 210, operands: 211, sum: 212, reducedSum: 264 } as const;
/**
 * Words of a cycle that the multiplier and the adder of each coefficient of a row have. The last two are those of butterflies, whose
 * last word is a sum. adams-bridge:src/ntt_top/rtl/ntt_hybrid_butterfly_2x2.sv, v2.0.3
 */
const PRODUCT_WORDS: readonly UnitWords[] = [
  { rnd: [0, 1, 2, 3], rnd4: [4] },
  { rnd: [1, 2, 3, 4], rnd4: [0] },
  { rnd: [4, 0, 2, 3], rnd4: [4, 0] },
  { rnd: [0, 1, 3, 4], rnd4: [0, 1] },
];
const SUM_WORDS: readonly Pick<UnitWords, 'rnd'>[] = [
  { rnd: [0, 1, 2, 3] },
  { rnd: [1, 2, 3, 4] },
  { rnd: [2, 3, 4, 0] },
  { rnd: [3, 4, 0, 1] },
];

/**
 * Products of ML-DSA coefficients on shares. The four coefficients of a row have the same mask.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_masked_pwm.sv
 */
export function maskedPwm(a: Poly, b: Poly, { rows, enter, random, report }: MaskedRows, target: MaskedTarget): void {
  const ring = MLDSA_SHARES;
  for (const [n, row] of rows.entries()) {
    const at = enter + n;
    const maskA = random.word(at - 2, 0);
    const maskB = random.word(at - 1, 1);
    for (let j = 0; j < ROW_COEFFICIENTS; j++) {
      const i = ROW_COEFFICIENTS * row + j;
      const x = split(ring, a[i] as number, maskA);
      const y = split(ring, b[i] as number, maskB);
      report?.(i, at - 2, 'a', 'split', x);
      report?.(i, at - 1, 'b', 'split', y);
      const words = PRODUCT_WORDS[j] as UnitWords;
      const product = multiplyShares(ring, x, y, random.word(at, words.rnd[0]));
      report?.(i, at + MLDSA_LATENCY.product, 'ab', 'product', product);
      let result = reduceProduct(product, random, at + MLDSA_LATENCY.product, words);
      report?.(i, at + MLDSA_LATENCY.reduced, 'ab', 'reduced', result);
      if (target.sum !== undefined) {
        const sum = addShares(ring, result, target.sum(i));
        result = reduceSum(sum, random, at + MLDSA_LATENCY.sum, SUM_WORDS[j] as Pick<UnitWords, 'rnd'>);
        report?.(i, at + MLDSA_LATENCY.reducedSum, 'ab+c', 'reduced', result);
      }
      target.store(i, result);
    }
  }
}

/** Cycles after the operands, for ML-KEM: a product; its reduction's last random bits; the second product; those of the result. */
const MLKEM_LATENCY = { product: 2, reduced: 7, second: 8, result: 22 } as const;
/** Cycles of a reduction from the bits that mask its decision to those that mask its result. */
const DECISION = 3;
/** Word and bit that mask the decision: of the five products, and of the two results. */
const DECISION_BITS = [
  [0, 12],
  [0, 13],
  [1, 0],
  [2, 0],
  [3, 0],
] as const;
const RESULT_BITS = [
  [4, 0],
  [0, 0],
] as const;
const LOW_14_BITS = 0x3fff;

/** Multiplies and reduces shares as the units of one pair of ML-KEM coefficients do. */
interface PairUnits {
  /** The product of two shared values, reduced: by one of five units, refreshed from word `k` on. */
  multiply(signal: string, x: Shares, y: Shares, cycle: number, k: number, unit: number): Shares;
  /** @param unit - words are counted from it. @param decision - word and bit that mask the decision */
  reduce(x: Shares, cycle: number, unit: number, decision: readonly [number, number]): Shares;
}

/** The units of a pair, 0 or 1 of a row: the second has all words one place on. @param i - lower coefficient */
function pairUnits(pair: number, i: number, random: MaskedRows['random'], report: MaskedRows['report']): PairUnits {
  const word = (cycle: number, k: number): number => random.word(cycle, (k + pair) % WORDS);
  const reduce: PairUnits['reduce'] = (x, cycle, unit, [k, bit]) =>
    reduceBarrett(x, {
      result: Math.floor(random.word(cycle, pair) / LOW_14) % LOW_24,
      gates: word(cycle - DECISION, unit + 1) & LOW_14_BITS,
      decision: random.bit(cycle - DECISION, (k + pair) % WORDS, bit),
    });
  return {
    reduce,
    multiply(signal, x, y, cycle, k, unit) {
      const product = multiplyShares(MLKEM_SHARES, x, y, join24(word(cycle, k), word(cycle, k + 1)));
      report?.(i, cycle + MLKEM_LATENCY.product, signal, 'product', product);
      const reducedAt = cycle + MLKEM_LATENCY.reduced;
      const reduced = reduce(product, reducedAt, unit, DECISION_BITS[unit] as readonly [number, number]);
      report?.(i, reducedAt + 1, signal, 'reduced', reduced);
      return reduced;
    },
  };
}

/** Shares of the four factors and of gamma. @param at - cycle in which they enter the units */
function pairOperands(a: Poly, b: Poly, i: number, pair: number, at: number, { random, report }: MaskedRows) {
  const shared = (signal: string, k: number, value: number, cycle: number, word: number): Shares => {
    const shares = split(MLKEM_SHARES, value, random.word(cycle, word));
    report?.(k, cycle, signal, 'split', shares);
    return shares;
  };
  return {
    a0: shared('a', i, a[i] as number, at - 2, 0),
    a1: shared('a', i + 1, a[i + 1] as number, at - 2, 0),
    b0: shared('b', i, b[i] as number, at - 1, 1),
    b1: shared('b', i + 1, b[i + 1] as number, at - 1, 1),
    zeta: shared('zeta', i, gammaOf(i), at - 1, 2 + pair),
  };
}

/**
 * Products of linear polynomials of ML-KEM on shares, two in a row: five products of shared values each.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_masked_pairwm.sv
 */
export function maskedPairwm(a: Poly, b: Poly, masking: MaskedRows, target: MaskedTarget): void {
  const { rows, enter, random, report } = masking;
  for (const [n, row] of rows.entries())
    for (const pair of [0, 1]) {
      const at = enter + n;
      const i = ROW_COEFFICIENTS * row + 2 * pair;
      const { a0, a1, b0, b1, zeta } = pairOperands(a, b, i, pair, at, masking);
      const { multiply, reduce } = pairUnits(pair, i, random, report);
      const a0b0 = multiply('a0b0', a0, b0, at, 0, 0);
      const a0b1 = multiply('a0b1', a0, b1, at, 1, 1);
      const a1b0 = multiply('a1b0', a1, b0, at, 2, 2);
      const zetaB1 = multiply('zeta b1', zeta, b1, at, 3, 3);
      const high = multiply('a1 zeta b1', a1, zetaB1, at + MLKEM_LATENCY.second, 0, 4);
      const sums = [addShares(MLKEM_SHARES, a0b0, high), addShares(MLKEM_SHARES, a0b1, a1b0)];
      for (const [k, sum] of sums.entries()) {
        const cycle = at + MLKEM_LATENCY.result;
        const total = target.sum === undefined ? sum : addShares(MLKEM_SHARES, sum, target.sum(i + k));
        const result = reduce(total, cycle, k, RESULT_BITS[k] as readonly [number, number]);
        report?.(i + k, cycle + 1, target.sum === undefined ? 'ab' : 'ab+c', 'reduced', result);
        target.store(i + k, result);
      }
    }
}
