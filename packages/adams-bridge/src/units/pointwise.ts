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

/**
 * Product in the NTT domain of ML-KEM: 128 products of linear polynomials modulo X^2 - gamma (PAIRWM), FIPS 203
 * algorithms 11 and 12, with three multiplications for the two coefficients as Karatsuba does.
 *
 * @param accumulator - if given, the product is added to it in place
 * @returns the accumulator, or a new polynomial
 * @see adams-bridge:src/ntt_top/rtl/ntt_karatsuba_pairwm.sv
 */
export function pairwm(a: Poly, b: Poly, accumulator?: Poly): Poly {
  const result = accumulator ?? new Int32Array(N);
  const rom = twiddles(MLKEM_Q).forward;
  for (let i = 0; i < N; i += 2) {
    const u0 = a[i] as number;
    const u1 = a[i + 1] as number;
    const v0 = b[i] as number;
    const v1 = b[i + 1] as number;
    const gamma = rom[3 * (GAMMA_ROW + (i >> 2)) + 1 + ((i >> 1) & 1)] as number;
    const low = barrettRemainder(u0 * v0);
    const high = barrettRemainder(u1 * v1);
    const mixed = barrettRemainder(addMod(u0, u1, MLKEM_Q) * addMod(v0, v1, MLKEM_Q));
    const c0 = addMod(low, barrettRemainder(high * gamma), MLKEM_Q);
    const c1 = subMod(subMod(mixed, low, MLKEM_Q), high, MLKEM_Q);
    result[i] = addMod(result[i] as number, c0, MLKEM_Q);
    result[i + 1] = addMod(result[i + 1] as number, c1, MLKEM_Q);
  }
  return result;
}
