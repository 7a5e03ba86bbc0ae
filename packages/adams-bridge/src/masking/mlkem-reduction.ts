import { MLKEM_Q } from '../units/modular.ts';
import type { Shares } from './shares.ts';

const MODULUS = 2 ** 24;
const BITS_13 = 0x1fff;
const BITS_12 = 0xfff;
/** Barrett's factor, floor(2^24 / q). Its product with a share has 37 bits. */
const MU = 5039;
const PRODUCT = 2 ** 37;
/** Part of the factor that the correction takes from the second share. */
const MU_HIGH = 4992;

/** Random bits of a reduction. */
export interface BarrettMasks {
  /** 24 bits that the result is masked with. */
  readonly result: number;
  /** 14 bits of the AND gates. */
  readonly gates: number;
  /** 0 or 1: mask of the decision to subtract q. */
  readonly decision: number;
}

const wrap = (x: number, modulus: number): number => ((x % modulus) + modulus) % modulus;

/**
 * Barrett's reduction of a value in two arithmetic shares. The quotient is that of shares, corrected by their carries; whether
 * q is subtracted once more is decided in the clear, and masked.
 *
 * @see adams-bridge:src/barrett_reduction/rtl/masked_barrett_reduction.sv and masked_barrett_if_cond_v2.sv
 */
export function reduceBarrett([x0, x1]: Shares, { result, gates, decision }: BarrettMasks): Shares {
  const carry = x0 + x1 >= MODULUS ? 1 : 0;
  const t0 = wrap(x0 * MU - carry * MODULUS * (MU - MU_HIGH), PRODUCT);
  const t1 = wrap(x1 * MU - carry * MODULUS * MU_HIGH, PRODUCT);
  const lowCarry = (t0 % MODULUS) + (t1 % MODULUS) >= MODULUS ? 1 : 0;
  const [q0, q1] = [Math.floor(t0 / MODULUS) + lowCarry, Math.floor(t1 / MODULUS)];
  const c0 = (x0 - MLKEM_Q * (q0 & BITS_13)) & BITS_13;
  const c1 = (x1 - MLKEM_Q * q1) & BITS_13;
  const subtrahend = ((c0 + c1) & BITS_13) >= MLKEM_Q ? MLKEM_Q : 0;
  const subtrahend1 = ((decision ? MLKEM_Q : 0) ^ gates) & BITS_12;
  const subtrahend0 = (subtrahend - subtrahend1) & BITS_12;
  const [y0, y1] = [(c0 - subtrahend0) & BITS_12, (c1 - subtrahend1) & BITS_12];
  const borrow = y0 + y1 > BITS_12 ? BITS_12 + 1 : 0;
  return [wrap(y0 - borrow - result, MODULUS), (y1 + result) % MODULUS];
}
