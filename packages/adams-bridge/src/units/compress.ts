import { barrettQuotient, MLKEM_Q, N, type Poly } from './modular.ts';

/** Bits that a coefficient of ML-KEM-1024 is compressed to: message, v and u. */
export type CompressedBits = 1 | 5 | 11;

/**
 * Compress: round(2^d * x / q) modulo 2^d. FIPS 203, equation 4.7.
 *
 * @param poly - 256 coefficients in [0, 3329)
 * @returns 256 values of d bits
 * @see adams-bridge:src/compress/rtl/compress.sv
 */
export function compress(poly: Poly, d: CompressedBits): Poly {
  const result = new Int32Array(N);
  const mask = (1 << d) - 1;
  for (let i = 0; i < N; i++) result[i] = barrettQuotient(((poly[i] as number) << d) + (MLKEM_Q >> 1)) & mask;
  return result;
}

/**
 * Decompress: round(q * y / 2^d). FIPS 203, equation 4.8.
 *
 * @param values - 256 values of d bits
 * @returns 256 coefficients in [0, 3329)
 * @see adams-bridge:src/decompress/rtl/decompress.sv
 */
export function decompress(values: Poly, d: CompressedBits): Poly {
  const result = new Int32Array(N);
  for (let i = 0; i < N; i++) result[i] = ((values[i] as number) * MLKEM_Q + (1 << (d - 1))) >> d;
  return result;
}
