import { MLDSA_Q, MLKEM_Q, type Prime } from '../units/modular.ts';
import { MASK_BITS } from './random-bits.ts';

/** Two shares; their sum modulo 2^46 (ML-KEM: 2^24) is the value. */
export type Shares = readonly [share0: number, share1: number];

const HALF_BITS = MASK_BITS / 2;
const HALF = 2 ** HALF_BITS;
const TO_HALF = 2 ** -HALF_BITS;
const LOW = HALF - 1;

/** Arithmetic on shares modulo a power of two, as wide as a product of two coefficients. */
export interface ShareRing {
  readonly bits: number;
  /** 2^bits */
  readonly modulus: number;
  readonly q: Prime;
  multiply(a: number, b: number): number;
}

/** 46 bits, in doubles, which are exact up to 2^53. */
export const MLDSA_SHARES: ShareRing = {
  bits: MASK_BITS,
  modulus: 2 ** MASK_BITS,
  q: MLDSA_Q,
  multiply(a, b) {
    const highA = Math.floor(a * TO_HALF);
    const highB = Math.floor(b * TO_HALF);
    const lowA = a - highA * HALF;
    const lowB = b - highB * HALF;
    const middle = (Math.imul(highA, lowB) + Math.imul(lowA, highB)) & LOW;
    return (middle * HALF + lowA * lowB) % 2 ** MASK_BITS;
  },
};

export const MLKEM_SHARES: ShareRing = {
  bits: 24,
  modulus: 2 ** 24,
  q: MLKEM_Q,
  multiply: (a, b) => Math.imul(a, b) & 0xff_ffff,
};

export const ringOf = (q: Prime): ShareRing => (q === MLKEM_Q ? MLKEM_SHARES : MLDSA_SHARES);

/** x modulo 2^bits for -2^53 < x < 2^53. */
function wrap({ modulus }: ShareRing, x: number): number {
  const r = x % modulus;
  return r < 0 ? r + modulus : r;
}

/** What two shares stand for. */
export const recombine = (ring: ShareRing, [x0, x1]: Shares): number => wrap(ring, x0 + x1);

/** Shares of a value under a mask. @see adams-bridge:src/ntt_top/rtl/ntt_top.sv */
export function split(ring: ShareRing, value: number, mask: number): Shares {
  const share1 = wrap(ring, mask);
  return [wrap(ring, value - share1), share1];
}

export const addShares = (ring: ShareRing, [x0, x1]: Shares, [y0, y1]: Shares): Shares => [
  wrap(ring, x0 + y0),
  wrap(ring, x1 + y1),
];

/** x - y + q, which is positive. @see adams-bridge:src/ntt_top/rtl/ntt_masked_BFU_add_sub.sv */
export const subtractShares = (ring: ShareRing, [x0, x1]: Shares, [y0, y1]: Shares): Shares => [
  wrap(ring, x0 + ring.q - y0),
  wrap(ring, x1 - y1),
];

/**
 * Product of shared values, not reduced: four products of shares, the mixed ones refreshed before they are added.
 *
 * @see adams-bridge:src/abr_libs/rtl/abr_masked_N_bit_mult_two_share.sv
 */
export function multiplyShares(ring: ShareRing, [x0, x1]: Shares, [y0, y1]: Shares, refresh: number): Shares {
  const r = wrap(ring, refresh);
  return [
    wrap(ring, ring.multiply(x0, y0) + ring.multiply(x0, y1) + r),
    wrap(ring, ring.multiply(x1, y1) + ring.multiply(x1, y0) - r),
  ];
}
