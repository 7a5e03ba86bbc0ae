import { MLDSA_Q } from '../units/modular.ts';
import {
  addBits,
  adderCycles,
  bitsOf,
  chooseBits,
  inverted,
  joined,
  type MaskedPair,
  type MaskedWord,
  masked,
  toBoolean,
} from './boolean-shares.ts';
import type { MaskSource } from './random-bits.ts';
import type { Shares } from './shares.ts';

const WIDTH = 46;
const MODULUS = 2 ** WIDTH;
/** Bits of a reduced value. */
const BITS = 23;
/** 2^23 - q - 1 + 1: added to a sum, it carries into bit 23 if the sum is q or more. */
const ROLLER = 2 ** 13 - 1;

/** Words of a cycle as one instance of a unit has them. */
export interface UnitWords {
  readonly rnd: readonly [number, number, number, number];
  /** More than one: their sum. */
  readonly rnd4: readonly number[];
}

const prime = masked(MLDSA_Q);
const inversePrime = masked(2 ** BITS - 1 - MLDSA_Q);
const WIDE = BITS + 1;
const low23 = (x: MaskedWord): MaskedWord => bitsOf(x, 0, BITS);
const top = ({ value }: MaskedWord): number => (value >>> BITS) & 1;

/** `sum`, or the same less q. @see adams-bridge:src/ntt_top/rtl/ntt_masked_special_adder.sv */
function lessPrime(sum: MaskedWord, random: MaskSource, at: number, { rnd, rnd4 }: UnitWords): MaskedWord {
  const [, , rnd2, rnd3] = rnd;
  const r1 = addBits(low23(sum), inversePrime, WIDE, random, at, { word: rnd2 }, 1);
  const below = 1 ^ top(sum) ^ top(r1);
  return chooseBits(below, low23(sum), low23(r1), random, at + adderCycles(WIDE), { xor: rnd3, and: rnd4 });
}

/** a + b modulo q. @see adams-bridge:src/abr_libs/rtl/abr_masked_add_sub_mod_Boolean.sv */
function addModPrime(a: MaskedWord, b: MaskedWord, random: MaskSource, at: number, words: UnitWords): MaskedWord {
  const r0 = addBits(a, b, WIDE, random, at, { word: words.rnd[2] });
  return lessPrime(r0, random, at + adderCycles(WIDE), words);
}

/** a - b modulo q, in the same unit. */
function subtractModPrime(a: MaskedWord, b: MaskedWord, random: MaskSource, at: number, words: UnitWords): MaskedWord {
  const [, , rnd2, rnd3] = words.rnd;
  const next = at + adderCycles(WIDE);
  const r0 = addBits(a, inverted(b, BITS), WIDE, random, at, { word: rnd2 }, 1);
  const r1 = addBits(low23(r0), prime, WIDE, random, next, { word: rnd2 });
  const choice = { xor: rnd3, and: words.rnd4 };
  return chooseBits(top(r0), low23(r0), low23(r1), random, next + adderCycles(WIDE), choice);
}

/**
 * Fold of a product of 46 bits, in Boolean shares.
 *
 * @param at - cycle in which the product is there
 * @see adams-bridge:src/ntt_top/rtl/ntt_masked_mult_redux46.sv
 */
function fold({ low: z, high }: MaskedPair, random: MaskSource, at: number, words: UnitWords): MaskedWord {
  const [rnd0, rnd1] = words.rnd;
  const second = at + adderCycles(11);
  const third = second + adderCycles(12);
  const fourth = third + adderCycles(4);
  const fifth = fourth + adderCycles(14);
  const sixth = fifth + 2 * adderCycles(WIDE) + 2;
  const z43 = bitsOf(high, 20, 3);
  const lower = addBits(bitsOf(z, 13, 10), bitsOf(high, 0, 10), 11, random, at, { word: rnd0 });
  const upper = addBits(bitsOf(high, 10, 10), z43, 11, random, at, { word: rnd0, from: 11 });
  const c = addBits(lower, upper, 12, random, second, { word: rnd0, from: 33 });
  const d10 = addBits(bitsOf(c, 10, 2), bitsOf(c, 0, 10), 11, random, third, { word: rnd0, from: 22 });
  const d22 = lessPrime(joined(bitsOf(z, 0, 13), 13, d10), random, third + adderCycles(11), words);
  const f3 = addBits(bitsOf(c, 10, 2), z43, 4, random, third, { word: rnd1 });
  const f13 = addBits(f3, bitsOf(high, 10, 13), 14, random, fourth, { word: rnd1, from: 4 });
  const e22 = addModPrime(high, f13, random, fifth, words);
  return subtractModPrime(d22, e22, random, sixth, words);
}

const wrap = (x: number): number => ((x % MODULUS) + MODULUS) % MODULUS;

/**
 * Reduction of a product in two arithmetic shares: to Boolean shares, folded, and back. Coming back keeps the second share.
 *
 * @param at - cycle in which the product is there
 * @see adams-bridge:src/ntt_top/rtl/ntt_masked_BFU_mult.sv
 */
export function reduceProduct(x: Shares, random: MaskSource, at: number, words: UnitWords): Shares {
  const [, rnd1, rnd2, rnd3] = words.rnd;
  const bits = toBoolean(x, random, at, [rnd1, rnd2, rnd3]);
  const { value, share1 } = fold(bits, random, at + adderCycles(WIDTH), words);
  return [wrap(value - share1), share1];
}

/**
 * Reduction of a sum below 2q in two arithmetic shares: q times a shared bit is subtracted, the carry into bit 23.
 *
 * @param at - cycle in which the sum is there
 * @see adams-bridge:src/ntt_top/rtl/ntt_masked_BFU_add_sub.sv
 */
export function reduceSum([x0, x1]: Shares, random: MaskSource, at: number, { rnd }: Pick<UnitWords, 'rnd'>): Shares {
  const [, rnd1, rnd2, rnd3] = rnd;
  const { high } = toBoolean([wrap(x0 + ROLLER), x1], random, at, [rnd1, rnd2, rnd3]);
  const [bit, mask] = [high.value & 1, high.share1 & 1];
  return [wrap(x0 - MLDSA_Q * (bit - mask)), wrap(x1 - MLDSA_Q * mask)];
}
