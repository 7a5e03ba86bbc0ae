import { MLDSA_Q, MLKEM_Q, mulMod, type Prime } from './modular.ts';

/** Rows of a twiddle table: 1, 4, 16 and 64, one group for each round of two layers. */
export const TWIDDLE_ROWS = 85;
/** First row of each forward round. */
export const FORWARD_ROUND_ROWS: readonly number[] = [0, 1, 5, 21];
/** First row of each inverse round. */
export const INVERSE_ROUND_ROWS: readonly number[] = [0, 64, 80, 84];

/** What a transform needs of its prime. */
export interface TwiddleTables {
  /** zeta^BitRev(i) for the layers; with ML-KEM the upper 128 are the gammas of the pairwise product. */
  readonly zetas: Int32Array;
  /** 85 rows of three factors: first layer, then the two of the second layer. */
  readonly forward: Int32Array;
  /** 85 rows of three factors, negated zetas: the two of the first layer, then the second layer. */
  readonly inverse: Int32Array;
}

const reverseBits = (value: number, width: number): number => {
  let reversed = 0;
  for (let bit = 0; bit < width; bit++) reversed |= ((value >>> bit) & 1) << (width - 1 - bit);
  return reversed;
};

function powers(root: number, q: Prime): Int32Array {
  const table = new Int32Array(256).fill(1);
  for (let i = 1; i < 256; i++) table[i] = mulMod(table[i - 1] as number, root, q);
  return table;
}

function tables(zetas: Int32Array, q: Prime): TwiddleTables {
  const zeta = (k: number): number => zetas[k] as number;
  const negated = (k: number): number => q - zeta(k);
  const forward: number[] = [];
  const inverse: number[] = [];
  for (const groups of [1, 4, 16, 64])
    for (let k = groups; k < 2 * groups; k++) forward.push(zeta(k), zeta(2 * k), zeta(2 * k + 1));
  for (const groups of [64, 16, 4, 1])
    for (let k = 2 * groups - 1; k >= groups; k--) inverse.push(negated(2 * k + 1), negated(2 * k), negated(k));
  return { zetas, forward: Int32Array.from(forward), inverse: Int32Array.from(inverse) };
}

/** Root 1753 of order 512. */
const mldsa = powers(1753, MLDSA_Q);
/** Root 17 of order 256. */
const mlkem = powers(17, MLKEM_Q);

const MLDSA_TABLES = tables(
  mldsa.map((_, i) => mldsa[reverseBits(i, 8)] as number),
  MLDSA_Q,
);
const MLKEM_TABLES = tables(
  mlkem.map((_, i) => mlkem[i < 128 ? reverseBits(i, 7) : 2 * reverseBits(i - 128, 7) + 1] as number),
  MLKEM_Q,
);

/**
 * Twiddle tables of a prime.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_twiddle_lookup.sv
 */
export function twiddles(q: Prime): TwiddleTables {
  return q === MLDSA_Q ? MLDSA_TABLES : MLKEM_TABLES;
}
