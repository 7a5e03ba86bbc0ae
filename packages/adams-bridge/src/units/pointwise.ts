import { addMod, barrettRemainder, MLKEM_Q, mulMod, N, type Poly, type Prime, subMod } from './modular.ts';
import { FORWARD_ROUND_ROWS, twiddles } from './twiddles.ts';

/**
 * Pointwise product in the NTT domain (PWM).
 *
 * @param accumulator - if given, the product is added to it in place (PWMA)
 * @returns the accumulator, or a new polynomial
 */
export function pwm(a: Poly, b: Poly, q: Prime, accumulator?: Poly): Poly {
  const result = accumulator ?? new Int32Array(N);
  for (let i = 0; i < N; i++) result[i] = addMod(result[i] as number, mulMod(a[i] as number, b[i] as number, q), q);
  return result;
}

/** a + b (PWA). @param target - where to write; a new polynomial if left out */
export function pwa(a: Poly, b: Poly, q: Prime, target: Poly = new Int32Array(N)): Poly {
  for (let i = 0; i < N; i++) target[i] = addMod(a[i] as number, b[i] as number, q);
  return target;
}

/** a - b (PWS). @param target - where to write; a new polynomial if left out */
export function pws(a: Poly, b: Poly, q: Prime, target: Poly = new Int32Array(N)): Poly {
  for (let i = 0; i < N; i++) target[i] = subMod(a[i] as number, b[i] as number, q);
  return target;
}

/** First row of the twiddle table with gammas: those of the last forward round. */
const GAMMA_ROW = FORWARD_ROUND_ROWS[3] as number;
const MLKEM_ROM = twiddles(MLKEM_Q).forward;

/** gamma of the pair of coefficients i and i + 1. */
export const gammaOf = (i: number): number => MLKEM_ROM[3 * (GAMMA_ROW + (i >> 2)) + 1 + ((i >> 1) & 1)] as number;

/**
 * Product of two linear polynomials modulo X^2 - gamma: three multiplications for the two coefficients, as Karatsuba
 * does, and one by gamma.
 *
 * @param i - index of the lower coefficient in a, b and target
 * @see adams-bridge:src/ntt_top/rtl/ntt_karatsuba_pairwm.sv
 */
export function pairProduct(a: Int32Array, b: Int32Array, i: number, gamma: number, target: Int32Array): void {
  const u0 = a[i] as number;
  const u1 = a[i + 1] as number;
  const v0 = b[i] as number;
  const v1 = b[i + 1] as number;
  const low = barrettRemainder(u0 * v0);
  const high = barrettRemainder(u1 * v1);
  const mixed = barrettRemainder(addMod(u0, u1, MLKEM_Q) * addMod(v0, v1, MLKEM_Q));
  target[i] = addMod(low, barrettRemainder(high * gamma), MLKEM_Q);
  target[i + 1] = subMod(subMod(mixed, low, MLKEM_Q), high, MLKEM_Q);
}

/**
 * Product in the NTT domain of ML-KEM: 128 products of linear polynomials (PAIRWM). FIPS 203 algorithms 11 and 12.
 *
 * @param accumulator - if given, the product is added to it in place
 * @returns the accumulator, or a new polynomial
 */
export function pairwm(a: Poly, b: Poly, accumulator?: Poly): Poly {
  const product = new Int32Array(N);
  for (let i = 0; i < N; i += 2) pairProduct(a, b, i, gammaOf(i), product);
  return accumulator === undefined ? product : pwa(accumulator, product, MLKEM_Q, accumulator);
}
