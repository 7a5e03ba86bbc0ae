import { POLY_ROWS, ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import { inverseButterfly } from '../units/butterfly.ts';
import { halveMod, MLDSA_Q, MLKEM_Q, type Poly, type Prime } from '../units/modular.ts';
import { INVERSE_ROUND_ROWS, twiddles } from '../units/twiddles.ts';
import { join24, type MaskedRows } from './masked-rows.ts';
import { reduceProduct, reduceSum, type UnitWords } from './mldsa-reduction.ts';
import { reduceBarrett } from './mlkem-reduction.ts';
import type { MaskSource } from './random-bits.ts';
import { addShares, multiplyShares, recombine, ringOf, type Shares, split, subtractShares } from './shares.ts';

const WORDS = 5;
const LOW_23 = 2 ** 23;
const LOW_14_BITS = 0x3fff;
const COLUMNS = POLY_ROWS / ROW_COEFFICIENTS;

/** Cycles after the operands: sum and difference, the same reduced, and product of it after its operands, the same reduced. */
const LATENCY = {
  [MLDSA_Q]: { sum: 1, reducedSum: 53, product: 2, reduced: 210 },
  [MLKEM_Q]: { sum: 1, reducedSum: 7, product: 2, reduced: 8 },
} as const;
/** Words of the units of a butterfly of ML-DSA; a product's last word is a sum. */
const SUM_WORDS = { rnd: [0, 1, 2, 3] } as const;
const DIFFERENCE_WORDS = { rnd: [1, 2, 3, 0] } as const;
const PRODUCT_WORDS: UnitWords = { rnd: [2, 3, 0, 1], rnd4: [2, 3] };
/** Cycles before the result of a reduction of ML-KEM in which it takes its random bits. */
const [RESULT_MASK, DECISION_MASK] = [1, 4];

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
  readonly u: Shares;
  readonly v: Shares;
  readonly w: Shares;
  /** Random words, rotated as this butterfly has them. */
  readonly random: MaskSource;
  report(cycle: number, signal: string, stage: 'product' | 'reduced', shares: Shares): void;
}

/** @see adams-bridge:src/ntt_top/rtl/ntt_masked_gs_butterfly.sv */
function mldsaButterfly({ u, v, w, random, report }: Butterfly, at: number): [Shares, Shares] {
  const ring = ringOf(MLDSA_Q);
  const latency = LATENCY[MLDSA_Q];
  const sum = reduceSum(addShares(ring, u, v), random, at + latency.sum, SUM_WORDS);
  report(at + latency.reducedSum, 'u+v', 'reduced', sum);
  const difference = reduceSum(subtractShares(ring, u, v), random, at + latency.sum, DIFFERENCE_WORDS);
  report(at + latency.reducedSum, 'u-v', 'reduced', difference);
  const begin = at + latency.reducedSum;
  const product = multiplyShares(ring, difference, w, random.word(begin, PRODUCT_WORDS.rnd[0]));
  report(begin + latency.product, '(u-v)w', 'product', product);
  const reduced = reduceProduct(product, random, begin + latency.product, PRODUCT_WORDS);
  report(begin + latency.reduced, '(u-v)w', 'reduced', reduced);
  return [sum, reduced];
}

/** @see adams-bridge:src/ntt_top/rtl/ntt_mlkem_masked_gs_butterfly.sv */
function mlkemButterfly({ u, v, w, random, report }: Butterfly, at: number): [Shares, Shares] {
  const ring = ringOf(MLKEM_Q);
  const latency = LATENCY[MLKEM_Q];
  /** @param words - low and high part of the result's mask, gates, decision. @param end - cycle of the result */
  const reduce = (x: Shares, end: number, [low, high, gates, decision]: number[], bit: number): Shares =>
    reduceBarrett(x, {
      result: join24(random.word(end - RESULT_MASK, low as number), random.word(end - RESULT_MASK, high as number)),
      gates: random.word(end - DECISION_MASK, gates as number) & LOW_14_BITS,
      decision: random.bit(end - DECISION_MASK, decision as number, bit),
    });
  const begin = at + latency.reducedSum;
  const sum = reduce(addShares(ring, u, v), begin, [4, 0, 1, 0], 12);
  report(begin, 'u+v', 'reduced', sum);
  const difference = reduce(subtractShares(ring, u, v), begin, [0, 1, 2, 1], 12);
  report(begin, 'u-v', 'reduced', difference);
  const product = multiplyShares(ring, difference, w, join24(random.word(begin, 4), random.word(begin, 3)));
  report(begin + latency.product, '(u-v)w', 'product', product);
  const reduced = reduce(product, begin + latency.reduced, [0, 4, 2, 4], 0);
  report(begin + latency.reduced, '(u-v)w', 'reduced', reduced);
  return [sum, reduced];
}

/** Words of a source, a number of places on. */
const rotated = (random: MaskSource, by: number): MaskSource => ({
  word: (cycle, index) => random.word(cycle, (index + by) % WORDS),
  bit: (cycle, index, bit) => random.bit(cycle, (index + by) % WORDS, bit),
  stages: (cycle, index, from, width) => random.stages(cycle, (index + by) % WORDS, from, width),
});

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
  const butterfly = q === MLDSA_Q ? mldsaButterfly : mlkemButterfly;
  const rotations = [rotated(random, 2), rotated(random, 3)];
  const layer = new Int32Array(ROW_COEFFICIENTS);
  for (const [n, row] of rows.entries()) {
    const at = enter + n;
    const first = ROW_COEFFICIENTS * row;
    const twiddleRow = (INVERSE_ROUND_ROWS[0] as number) + row;
    const factors = twiddleShares(q, twiddleRow, at, random);
    for (const [k, [low, high]] of BUTTERFLIES[q].entries()) {
      const w = factors[k] as Shares;
      report?.(first + high, at - 1, 'w', 'split', w);
      const [sum, product] = butterfly(
        {
          u: source(first + low),
          v: source(first + high),
          w,
          random: rotations[k] as MaskSource,
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
