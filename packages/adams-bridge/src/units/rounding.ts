import { MLDSA_Q, N, type Poly } from './modular.ts';

/** Bits that Power2Round drops. */
export const D = 13;
/** Low-order range of ML-DSA-87. */
export const GAMMA2 = (MLDSA_Q - 1) / 32;

/** A polynomial in two parts, r = high * step + low. */
export interface Rounded {
  readonly high: Poly;
  /** Modulo q. */
  readonly low: Poly;
}

/**
 * Power2Round: r = t1 * 2^13 + t0 with t0 in -4095..4096 modulo q. FIPS 204 algorithm 35.
 *
 * @returns t1 (10 bits) as `high`, t0 as `low`
 * @see adams-bridge:src/power2round/rtl/power2round_core.sv
 */
export function power2round(poly: Poly): Rounded {
  const high = new Int32Array(N);
  const low = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    const r = poly[i] as number;
    const r1 = (r + (1 << (D - 1)) - 1) >> D;
    const r0 = r - (r1 << D);
    high[i] = r1;
    low[i] = r0 < 0 ? r0 + MLDSA_Q : r0;
  }
  return { high, low };
}

/**
 * Decompose: r = w1 * 2 gamma_2 + w0 with w0 in -gamma_2 + 1..gamma_2 modulo q. FIPS 204 algorithm 36. What is above
 * 31 gamma_2 wraps: w1 is 0 and w0 is r itself.
 *
 * @returns w1 (0..15) as `high`, w0 as `low`
 * @see adams-bridge:src/decompose/rtl/decompose_r1_lut.sv, decompose.sv
 */
export function decompose(poly: Poly): Rounded {
  const high = new Int32Array(N);
  const low = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    const r = poly[i] as number;
    if (r > 31 * GAMMA2) {
      low[i] = r;
      continue;
    }
    const r1 = ((r + GAMMA2 - 1) / (2 * GAMMA2)) | 0;
    const r0 = r - r1 * 2 * GAMMA2;
    high[i] = r1;
    low[i] = r0 < 0 ? r0 + MLDSA_Q : r0;
  }
  return { high, low };
}

/**
 * MakeHint from one sum, w0 - cs2 + ct0: whether adding ct0 changes w1. FIPS 204 algorithm 39.
 *
 * @param r - w0 - cs2 + ct0 modulo q
 * @param w1 - high part of w; only whether a coefficient is 0 matters
 * @returns 256 bits
 * @see adams-bridge:src/makehint/rtl/hintgen.sv
 */
export function makeHint(r: Poly, w1: Poly): Poly {
  const hint = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    const value = r[i] as number;
    const inside = value <= GAMMA2 || value >= MLDSA_Q - GAMMA2;
    hint[i] = !inside || (value === MLDSA_Q - GAMMA2 && w1[i] !== 0) ? 1 : 0;
  }
  return hint;
}

/**
 * UseHint: the high part of r, corrected by one, modulo 16, where the hint says so. FIPS 204 algorithm 40.
 *
 * @param hint - 256 bits
 * @returns w1, 0..15
 * @see adams-bridge:src/decompose/rtl/decompose_usehint.sv
 */
export function useHint(hint: Poly, r: Poly): Poly {
  const { high, low } = decompose(r);
  for (let i = 0; i < N; i++) {
    if (!hint[i]) continue;
    const w0 = low[i] as number;
    const down = w0 === 0 || w0 > GAMMA2;
    high[i] = ((high[i] as number) + (down ? 15 : 1)) & 15;
  }
  return high;
}
