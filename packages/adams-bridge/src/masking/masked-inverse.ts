import { POLY_ROWS, ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import { inverseButterfly } from '../units/butterfly.ts';
import { halveMod, MLDSA_Q, MLKEM_Q, type Poly, type Prime } from '../units/modular.ts';
import { INVERSE_ROUND_ROWS, twiddles } from '../units/twiddles.ts';
import { barrettMask, join24, type MaskedRows } from './masked-rows.ts';
import {
  addShares,
  multiplyShares,
  recombine,
  reduceShares,
  reduceSum,
  ringOf,
  type Shares,
  split,
  subtractShares,
} from './shares.ts';

const WORDS = 5;
const LOW_23 = 2 ** 23;
const COLUMNS = POLY_ROWS / ROW_COEFFICIENTS;

/** Cycles after the operands: reduced sum and difference, product, reduced product. */
const LATENCY = {
  [MLDSA_Q]: { sum: 52, product: 53, reduced: 263 },
  [MLKEM_Q]: { sum: 6, product: 7, reduced: 14 },
} as const;

/** The two butterflies of a layer: operands by their place in the row. ML-KEM's masked layer is the second of two. */
const BUTTERFLIES = {
  [MLDSA_Q]: [
    [0, 1],
    [2, 3],
  ],
  [MLKEM_Q]: [
    [0, 2],
    [1, 3],
  ],
} as const;

/** One Gentleman-Sande butterfly on shares, before the halving. */
interface Butterfly {
  readonly q: Prime;
  readonly u: Shares;
  readonly v: Shares;
  readonly w: Shares;
  /** Random word of a cycle, rotated as this butterfly has them. */
  word(cycle: number, index: number): number;
  report(cycle: number, signal: string, stage: 'product' | 'reduced', shares: Shares): void;
}

/** @see adams-bridge:src/ntt_top/rtl/ntt_masked_gs_butterfly.sv and ntt_mlkem_masked_gs_butterfly.sv */
function maskedButterfly({ q, u, v, w, word, report }: Butterfly, at: number): [Shares, Shares] {
  const ring = ringOf(q);
  const mlkem = q === MLKEM_Q;
  const latency = LATENCY[q];
  const reduce = (x: Shares, cycle: number, k: number): Shares =>
    mlkem
      ? reduceShares(ring, x, barrettMask(join24(word(cycle, (k + 4) % WORDS), word(cycle, k)), word(cycle, k)))
      : reduceSum(x, Math.floor(word(cycle, k + 2) / LOW_23) % 2);
  const sum = reduce(addShares(ring, u, v), at + latency.sum, 0);
  report(at + latency.sum, 'u+v', 'reduced', sum);
  const difference = reduce(subtractShares(ring, u, v), at + latency.sum, 1);
  report(at + latency.sum, 'u-v', 'reduced', difference);
  const productAt = at + latency.product;
  const refresh = mlkem ? join24(word(productAt, 4), word(productAt, 3)) : word(productAt, 2);
  const product = multiplyShares(ring, difference, w, refresh);
  report(productAt, '(u-v)w', 'product', product);
  const reducedAt = at + latency.reduced;
  const mask = mlkem
    ? barrettMask(join24(word(reducedAt, 0), word(reducedAt, 4)), word(reducedAt, 3))
    : word(reducedAt, 3) % LOW_23;
  const reduced = reduceShares(ring, product, mask);
  report(reducedAt, '(u-v)w', 'reduced', reduced);
  return [sum, reduced];
}

/** Shares of the twiddle factors of both butterflies. @see adams-bridge:src/ntt_top/rtl/ntt_hybrid_butterfly_2x2.sv */
function twiddleShares(q: Prime, twiddleRow: number, at: number, random: MaskedRows['random']): readonly Shares[] {
  const rom = twiddles(q).inverse;
  const factor = (k: number): number => rom[3 * twiddleRow + k] as number;
  const ring = ringOf(q);
  if (q === MLDSA_Q) return [0, 1].map((k) => split(ring, factor(k), random.word(at - 2, 2 + k)));
  const shares = split(ring, factor(2), random.word(at - 1, 0) % LOW_23);
  return [shares, shares];
}

/**
 * First round of an inverse transform. Its first layer (ML-KEM: its only one) works on shares and ends in the clear; the
 * second layer is not masked.
 *
 * @param source - shares of a coefficient
 * @param target - 256 coefficients, as {@link inttRound} leaves them
 */
export function maskedInttRound(
  source: (coefficient: number) => Shares,
  target: Poly,
  q: Prime,
  { rows, enter, random, report }: MaskedRows,
): void {
  const ring = ringOf(q);
  const clear = (x: Shares): number => halveMod(recombine(ring, x), q);
  const layer = new Int32Array(ROW_COEFFICIENTS);
  for (const [n, row] of rows.entries()) {
    const at = enter + n;
    const first = ROW_COEFFICIENTS * row;
    const twiddleRow = (INVERSE_ROUND_ROWS[0] as number) + row;
    const factors = twiddleShares(q, twiddleRow, at, random);
    for (const [k, [low, high]] of BUTTERFLIES[q].entries()) {
      const w = factors[k] as Shares;
      report?.(first + high, at - 1, 'w', 'split', w);
      const [sum, product] = maskedButterfly(
        {
          q,
          u: source(first + low),
          v: source(first + high),
          w,
          word: (cycle, index) => random.word(cycle, (index + 2 + k) % WORDS),
          report: (cycle, signal, stage, shares) =>
            report?.(first + (signal === 'u+v' ? low : high), cycle, signal, stage, shares),
        },
        at,
      );
      layer[low] = clear(sum);
      layer[high] = clear(product);
    }
    const d = ROW_COEFFICIENTS * (row >> 2) + (row & 3);
    const step = COLUMNS * ROW_COEFFICIENTS;
    if (q === MLDSA_Q) inverseButterfly(layer, 0, target, d, step, twiddleRow, q, true);
    else for (let i = 0; i < ROW_COEFFICIENTS; i++) target[d + i * step] = layer[i] as number;
  }
}
