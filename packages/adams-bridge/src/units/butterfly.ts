import { addMod, halveMod, MLKEM_Q, mulMod, type Prime, subMod } from './modular.ts';
import { twiddles } from './twiddles.ts';

/** Rounds of a transform; each does two layers for all 64 rows. */
export const ROUNDS = 4;

/** Whether a round does one layer only: ML-KEM has seven, so its last forward and its first inverse round bypass a stage. */
export const bypasses = (inverse: boolean, round: number, q: Prime): boolean =>
  q === MLKEM_Q && round === (inverse ? 0 : ROUNDS - 1);

/**
 * One pass of four coefficients through the 2x2 Cooley-Tukey butterflies.
 *
 * The operands are one coefficient of each of four rows; the results are one row.
 *
 * @param source - where the operands are
 * @param a - index of operand 0
 * @param step - distance from one operand to the next
 * @param target - gets the four results
 * @param d - index of the first result
 * @param row - row of the forward twiddle table
 * @param bypass - leave out the second stage
 * @see adams-bridge:src/ntt_top/rtl/ntt_hybrid_butterfly_2x2.sv
 */
export function forwardButterfly(
  source: Int32Array,
  a: number,
  step: number,
  target: Int32Array,
  d: number,
  row: number,
  q: Prime,
  bypass: boolean,
): void {
  const rom = twiddles(q).forward;
  const w1 = rom[3 * row] as number;
  const u00 = source[a] as number;
  const u01 = source[a + step] as number;
  const t0 = mulMod(source[a + 2 * step] as number, w1, q);
  const t1 = mulMod(source[a + 3 * step] as number, w1, q);
  const u10 = addMod(u00, t0, q);
  const v10 = addMod(u01, t1, q);
  const u11 = subMod(u00, t0, q);
  const v11 = subMod(u01, t1, q);
  if (bypass) {
    target[d] = u10;
    target[d + 1] = v10;
    target[d + 2] = u11;
    target[d + 3] = v11;
    return;
  }
  const t2 = mulMod(v10, rom[3 * row + 1] as number, q);
  const t3 = mulMod(v11, rom[3 * row + 2] as number, q);
  target[d] = addMod(u10, t2, q);
  target[d + 1] = subMod(u10, t2, q);
  target[d + 2] = addMod(u11, t3, q);
  target[d + 3] = subMod(u11, t3, q);
}

/**
 * One pass of four coefficients through the 2x2 Gentleman-Sande butterflies; each stage halves both its results.
 *
 * The operands are one row; the results are one coefficient of each of four rows.
 *
 * @param source - where the row is
 * @param a - index of its first coefficient
 * @param target - gets the results
 * @param d - index of result 0
 * @param step - distance from one result to the next
 * @param row - row of the inverse twiddle table
 * @param bypass - leave out the first layer
 * @see adams-bridge:src/ntt_top/rtl/ntt_hybrid_butterfly_2x2.sv
 */
export function inverseButterfly(
  source: Int32Array,
  a: number,
  target: Int32Array,
  d: number,
  step: number,
  row: number,
  q: Prime,
  bypass: boolean,
): void {
  const rom = twiddles(q).inverse;
  let u10 = source[a] as number;
  let u11 = source[a + 1] as number;
  let v10 = source[a + 2] as number;
  let v11 = source[a + 3] as number;
  if (!bypass) {
    const s0 = halveMod(subMod(u10, u11, q), q);
    const s1 = halveMod(subMod(v10, v11, q), q);
    u10 = halveMod(addMod(u10, u11, q), q);
    v10 = halveMod(addMod(v10, v11, q), q);
    u11 = mulMod(s0, rom[3 * row] as number, q);
    v11 = mulMod(s1, rom[3 * row + 1] as number, q);
  }
  const w2 = rom[3 * row + 2] as number;
  target[d] = halveMod(addMod(u10, v10, q), q);
  target[d + step] = halveMod(addMod(u11, v11, q), q);
  target[d + 2 * step] = mulMod(halveMod(subMod(u10, v10, q), q), w2, q);
  target[d + 3 * step] = mulMod(halveMod(subMod(u11, v11, q), q), w2, q);
}
