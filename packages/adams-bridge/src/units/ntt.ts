import { bypasses, forwardButterfly, inverseButterfly, ROUNDS } from './butterfly.ts';
import { N, type Poly, type Prime } from './modular.ts';
import { FORWARD_ROUND_ROWS, INVERSE_ROUND_ROWS } from './twiddles.ts';

const COLUMNS = 16;
const ROW = 4;

/**
 * One round of the forward transform: two layers over all rows.
 *
 * Four rows a quarter apart are read, coefficient j of each goes through the butterflies together, and the results are
 * the next row. So a round transposes, and after four rounds the coefficients are in their natural order again.
 *
 * @param source - 256 coefficients; not changed
 * @param target - another array of 256
 * @param round - 0..3
 */
export function nttRound(source: Int32Array, target: Int32Array, round: number, q: Prime): void {
  const first = FORWARD_ROUND_ROWS[round] as number;
  const groups = 4 ** round - 1;
  const bypass = bypasses(false, round, q);
  for (let row = 0; row < 4 * COLUMNS; row++)
    forwardButterfly(
      source,
      ROW * (row >> 2) + (row & 3),
      COLUMNS * ROW,
      target,
      ROW * row,
      first + (row & groups),
      q,
      bypass,
    );
}

/**
 * One round of the inverse transform, the mirror of {@link nttRound}: rows are read in order, their results are
 * collected and written as four rows a quarter apart.
 *
 * @param source - 256 coefficients; not changed
 * @param target - another array of 256
 * @param round - 0..3
 */
export function inttRound(source: Int32Array, target: Int32Array, round: number, q: Prime): void {
  const first = INVERSE_ROUND_ROWS[round] as number;
  const groups = 4 ** (ROUNDS - 1 - round) - 1;
  const bypass = bypasses(true, round, q);
  for (let row = 0; row < 4 * COLUMNS; row++)
    inverseButterfly(
      source,
      ROW * row,
      target,
      ROW * (row >> 2) + (row & 3),
      COLUMNS * ROW,
      first + (row & groups),
      q,
      bypass,
    );
}

function transform(poly: Poly, q: Prime, step: typeof nttRound): Poly {
  if (poly.length !== N) throw new RangeError(`poly: ${poly.length} coefficients, not ${N}`);
  const interim = new Int32Array(N);
  const result = new Int32Array(N);
  step(poly, interim, 0, q);
  step(interim, result, 1, q);
  step(result, interim, 2, q);
  step(interim, result, 3, q);
  return result;
}

/**
 * Number-theoretic transform, as FIPS 204 algorithm 41 (ML-DSA, eight layers) or FIPS 203 algorithm 9 (ML-KEM, seven).
 *
 * @param poly - 256 coefficients in [0, q); not changed
 * @returns the transformed polynomial, in the order of the standards
 * @throws RangeError if there are not 256 coefficients
 */
export const ntt = (poly: Poly, q: Prime): Poly => transform(poly, q, nttRound);

/**
 * Inverse of {@link ntt}; the factor 1/256 (ML-KEM: 1/128) is in the butterflies.
 *
 * @param poly - 256 coefficients in [0, q); not changed
 * @throws RangeError if there are not 256 coefficients
 */
export const intt = (poly: Poly, q: Prime): Poly => transform(poly, q, inttRound);
