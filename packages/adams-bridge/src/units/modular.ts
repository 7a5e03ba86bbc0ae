/** Modulus of ML-DSA: 2^23 - 2^13 + 1. FIPS 204, table 1. */
export const MLDSA_Q = 8380417;
/** Modulus of ML-KEM: 13 * 2^8 + 1. FIPS 203, section 2.4. */
export const MLKEM_Q = 3329;

/** One of the two primes that the arithmetic unit works with. */
export type Prime = typeof MLDSA_Q | typeof MLKEM_Q;

/** Coefficients of a polynomial; four of them are one row of memory. */
export const N = 256;

/** 256 coefficients in [0, q), coefficient i at index i. */
export type Poly = Int32Array;

const LOW_23 = 0x7f_ffff;

/**
 * Product of two ML-DSA coefficients modulo 2^23 - 2^13 + 1, without a division or a Montgomery form.
 *
 * 2^23 is 2^13 - 1 modulo q, so every power of 2^10 above bit 13 folds to bit 13 and costs one subtraction of what is
 * above bit 23. The signals have the names of the RTL.
 *
 * @param high - bits 45..23 of the product
 * @param low - bits 22..0
 * @returns the remainder, 0..q-1
 * @see adams-bridge:src/ntt_top/rtl/ntt_mult_reduction.sv
 */
export function reduceMldsa(high: number, low: number): number {
  const top = high >>> 20;
  const c = top + ((high >>> 10) & 0x3ff) + (high & 0x3ff) + (low >>> 13);
  const carry = c >>> 10;
  let e = top + (high >>> 10) + carry + high;
  if (e >= MLDSA_Q) e -= MLDSA_Q;
  let g = ((carry + (c & 0x3ff)) << 13) | (low & 0x1fff);
  if (g >= MLDSA_Q) g -= MLDSA_Q;
  const r = g - e;
  return r < 0 ? r + MLDSA_Q : r;
}

/** floor(2^24 / 3329), the reciprocal of the Barrett reduction. */
const BARRETT_M = 5039;
const TO_23_BITS = 2 ** -23;
const TO_24_BITS = 2 ** -24;

/**
 * Quotient by 3329, as the Barrett unit gives it to Compress.
 *
 * @param x - 24 bits, unsigned
 * @see adams-bridge:src/barrett_reduction/rtl/barrett_reduction.sv
 */
export function barrettQuotient(x: number): number {
  const estimate = (x * BARRETT_M * TO_24_BITS) | 0;
  return x - estimate * MLKEM_Q >= MLKEM_Q ? estimate + 1 : estimate;
}

/**
 * Remainder by 3329.
 *
 * @param x - 24 bits, unsigned
 * @see adams-bridge:src/barrett_reduction/rtl/barrett_reduction.sv
 */
export function barrettRemainder(x: number): number {
  const r = x - ((x * BARRETT_M * TO_24_BITS) | 0) * MLKEM_Q;
  return r >= MLKEM_Q ? r - MLKEM_Q : r;
}

/**
 * a * b mod q.
 *
 * @param a - 0..q-1
 * @param b - 0..q-1
 */
export function mulMod(a: number, b: number, q: Prime): number {
  if (q === MLKEM_Q) return barrettRemainder(a * b);
  // The product is below 2^46, so the upper half is exact as a double and the lower half is exact in 32 bits.
  return reduceMldsa((a * b * TO_23_BITS) | 0, Math.imul(a, b) & LOW_23);
}

/** a + b mod q of operands in 0..q-1. @see adams-bridge:src/abr_libs/rtl/abr_ntt_add_sub_mod.sv */
export function addMod(a: number, b: number, q: Prime): number {
  const r = a + b;
  return r >= q ? r - q : r;
}

/** a - b mod q of operands in 0..q-1. @see adams-bridge:src/abr_libs/rtl/abr_ntt_add_sub_mod.sv */
export function subMod(a: number, b: number, q: Prime): number {
  const r = a - b;
  return r < 0 ? r + q : r;
}

/** a / 2 mod q: the inverse transform halves after each butterfly instead of multiplying by 1/n. @see adams-bridge:src/ntt_top/rtl/ntt_div2.sv */
export function halveMod(a: number, q: Prime): number {
  return (a >>> 1) + (a & 1) * ((q + 1) >>> 1);
}
