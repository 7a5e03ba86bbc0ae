import { unpackBits } from '../codecs/bits.ts';
import { MLDSA_Q, MLKEM_Q, N, type Poly } from '../modular.ts';
import type { ByteSource } from './byte-source.ts';

/** gamma_1 of ML-DSA-87. */
export const GAMMA1 = 1 << 19;

/**
 * ExpandMask for one polynomial: gamma_1 - v of 20-bit symbols v, modulo q. FIPS 204 algorithm 34.
 *
 * @param source - SHAKE256(rho'', kappa + r)
 * @returns 256 coefficients in -gamma_1 + 1..gamma_1 modulo q
 * @see adams-bridge:src/exp_mask/rtl/exp_mask.sv
 */
export function expandMask(source: ByteSource): Poly {
  const poly = unpackBits(source.squeeze((N * 20) / 8), 20);
  for (let i = 0; i < N; i++) {
    const value = GAMMA1 - (poly[i] as number);
    poly[i] = value < 0 ? value + MLDSA_Q : value;
  }
  return poly;
}

/**
 * SamplePolyCBD for eta = 2: two bits less two bits, modulo 3329. FIPS 203 algorithm 8.
 *
 * @param source - SHAKE256(sigma, n), one block
 * @see adams-bridge:src/cbd_sampler/rtl/cbd_sampler.sv
 */
export function cbd(source: ByteSource): Poly {
  const poly = unpackBits(source.squeeze((N * 4) / 8), 4);
  for (let i = 0; i < N; i++) {
    const bits = poly[i] as number;
    const value = (bits & 1) + ((bits >> 1) & 1) - ((bits >> 2) & 1) - (bits >> 3);
    poly[i] = value < 0 ? value + MLKEM_Q : value;
  }
  return poly;
}
