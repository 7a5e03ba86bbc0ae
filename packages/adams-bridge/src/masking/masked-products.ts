import { ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import type { Poly } from '../units/modular.ts';
import { gammaOf } from '../units/pointwise.ts';
import { barrettMask, join24, type MaskedRows } from './masked-rows.ts';
import {
  addShares,
  MLDSA_SHARES,
  MLKEM_SHARES,
  multiplyShares,
  reduceShares,
  reduceSum,
  type Shares,
  split,
} from './shares.ts';

/** Shares of the sum so far, if there is one, and where the result goes; by index of the coefficient. */
export interface MaskedTarget {
  readonly sum?: ((coefficient: number) => Shares) | undefined;
  store(coefficient: number, shares: Shares): void;
}

const WORDS = 5;
const LOW_14 = 2 ** 14;
const LOW_23 = 2 ** 23;
const LOW_24 = 2 ** 24;

/** Cycles after the operands, for ML-DSA: the reduced product, the reduced sum. */
const MLDSA_LATENCY = { reduced: 209, sum: 263 } as const;
/** Word that refreshes the product of each coefficient of a row, that masks it reduced, and that has the bit of the sum. */
const REFRESH = [0, 1, 4, 0] as const;
const REDUCED = [4, 0, 1, 2] as const;
const CARRY = [2, 3, 4, 0] as const;

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
      const product = multiplyShares(ring, x, y, random.word(at, REFRESH[j] as number));
      report?.(i, at, 'ab', 'product', product);
      const reducedAt = at + MLDSA_LATENCY.reduced;
      let result = reduceShares(ring, product, random.word(reducedAt, REDUCED[j] as number) % LOW_23);
      report?.(i, reducedAt, 'ab', 'reduced', result);
      if (target.sum !== undefined) {
        const sumAt = at + MLDSA_LATENCY.sum;
        const bit = Math.floor(random.word(sumAt, CARRY[j] as number) / LOW_23) % 2;
        result = reduceSum(addShares(ring, result, target.sum(i)), bit);
        report?.(i, sumAt, 'ab+c', 'reduced', result);
      }
      target.store(i, result);
    }
  }
}

/** Cycles after the operands, for ML-KEM: reduced products, the second product, its reduction, the result. */
const MLKEM_LATENCY = { reduced: 7, second: 8, secondReduced: 15, result: 22 } as const;

/**
 * Products of linear polynomials of ML-KEM on shares, two in a row: five products of shared values each.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_masked_pairwm.sv
 */
export function maskedPairwm(
  a: Poly,
  b: Poly,
  { rows, enter, random, report }: MaskedRows,
  target: MaskedTarget,
): void {
  const ring = MLKEM_SHARES;
  for (const [n, row] of rows.entries())
    for (let pair = 0; pair < 2; pair++) {
      const at = enter + n;
      const i = ROW_COEFFICIENTS * row + 2 * pair;
      const word = (cycle: number, k: number): number => random.word(cycle, (k + pair) % WORDS);
      const splitA = (k: number) => split(ring, a[k] as number, random.word(at - 2, 0));
      const splitB = (k: number) => split(ring, b[k] as number, random.word(at - 1, 1));
      const [a0, a1, b0, b1] = [splitA(i), splitA(i + 1), splitB(i), splitB(i + 1)] as const;
      const zeta = split(ring, gammaOf(i), random.word(at - 1, 2 + pair));
      for (const [k, shares] of [a0, a1].entries()) report?.(i + k, at - 2, 'a', 'split', shares);
      for (const [k, shares] of [b0, b1].entries()) report?.(i + k, at - 1, 'b', 'split', shares);
      report?.(i, at - 1, 'zeta', 'split', zeta);
      const reduce = (x: Shares, cycle: number, word12: number): Shares => {
        const mask24 = Math.floor(random.word(cycle, pair) / LOW_14) % LOW_24;
        return reduceShares(ring, x, barrettMask(mask24, word(cycle, word12)));
      };
      const multiply = (signal: string, x: Shares, y: Shares, cycle: number, k: number, word12: number): Shares => {
        const product = multiplyShares(ring, x, y, join24(word(cycle, k), word(cycle, k + 1)));
        report?.(i, cycle, signal, 'product', product);
        const reducedAt = cycle + MLKEM_LATENCY.reduced;
        const reduced = reduce(product, reducedAt, word12);
        report?.(i, reducedAt, signal, 'reduced', reduced);
        return reduced;
      };
      const a0b0 = multiply('a0b0', a0, b0, at, 0, 0);
      const a0b1 = multiply('a0b1', a0, b1, at, 1, 1);
      const a1b0 = multiply('a1b0', a1, b0, at, 2, 2);
      const zetaB1 = multiply('zeta b1', zeta, b1, at, 3, 3);
      const high = multiply('a1 zeta b1', a1, zetaB1, at + MLKEM_LATENCY.second, 0, 4);
      for (const [k, sum] of [addShares(ring, a0b0, high), addShares(ring, a0b1, a1b0)].entries()) {
        const cycle = at + MLKEM_LATENCY.result;
        const total = target.sum === undefined ? sum : addShares(ring, sum, target.sum(i + k));
        const result = reduce(total, cycle, k);
        report?.(i + k, cycle, target.sum === undefined ? 'ab' : 'ab+c', 'reduced', result);
        target.store(i + k, result);
      }
    }
}
