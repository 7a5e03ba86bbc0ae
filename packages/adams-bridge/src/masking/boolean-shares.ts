import type { MaskSource } from './random-bits.ts';

/**
 * Bits with a Boolean mask, at most 24: what they are, and their second share. The first share is one XOR the other. The gates
 * below are those of adams-bridge:src/abr_libs/rtl, v2.0.3.
 */
export interface MaskedWord {
  readonly value: number;
  readonly share1: number;
}

/** Random bits for an adder: a word, and the bit of it that the lowest stage takes. */
export interface RandomField {
  readonly word: number;
  readonly from?: number;
}

export const masked = (value: number, share1 = 0): MaskedWord => ({ value, share1 });

const lowBits = (count: number): number => (1 << count) - 1;

/** Some bits of others. */
export function bitsOf({ value, share1 }: MaskedWord, from: number, count: number): MaskedWord {
  return { value: (value >>> from) & lowBits(count), share1: (share1 >>> from) & lowBits(count) };
}

/** The bits of one, `count` of them, then those of another above them. */
export function joined(low: MaskedWord, count: number, high: MaskedWord): MaskedWord {
  return { value: low.value | (high.value << count), share1: low.share1 | (high.share1 << count) };
}

/** All of `width` bits inverted, by their second share. */
export function inverted({ value, share1 }: MaskedWord, width: number): MaskedWord {
  return { value: value ^ lowBits(width), share1: share1 ^ lowBits(width) };
}

/** Cycles of an adder of `width` bits. */
export const adderCycles = (width: number): number => width + 2;

const NO_CARRY = masked(0);

/**
 * Sum of masked bits. A carry's second share comes from the operands of its stage and a random bit, and from no earlier carry.
 *
 * @param width - of the operands, at most 24; the carry out of them comes back above the sum
 * @see adams-bridge:src/abr_libs/rtl/abr_masked_full_adder.sv
 */
function sumWithCarry(
  x: MaskedWord,
  y: MaskedWord,
  width: number,
  random: MaskSource,
  at: number,
  field: RandomField,
  carry: MaskedWord,
): MaskedWord {
  const value = x.value + y.value + carry.value;
  const carries = value ^ x.value ^ y.value;
  const stages = random.stages(at + 1, field.word, field.from ?? 0, width);
  const masks = (x.share1 ^ ((x.share1 ^ y.share1) & (x.value ^ carries)) ^ stages) & lowBits(width);
  return { value, share1: x.share1 ^ y.share1 ^ ((masks << 1) | carry.share1) };
}

/**
 * Sum of masked bits, one stage a cycle, without the carry out of it.
 *
 * @param carry - into the lowest stage, not masked
 * @see adams-bridge:src/abr_libs/rtl/abr_masked_N_bit_Boolean_adder.sv
 */
export function addBits(
  x: MaskedWord,
  y: MaskedWord,
  width: number,
  random: MaskSource,
  at: number,
  field: RandomField,
  carry: 0 | 1 = 0,
): MaskedWord {
  return bitsOf(sumWithCarry(x, y, width - 1, random, at, field, masked(carry)), 0, width);
}

/** Random words of a multiplexer: for its operands, and for its AND gates. */
export interface MultiplexerWords {
  readonly xor: number;
  /** More than one: their sum. */
  readonly and: readonly number[];
}

/**
 * One of two words of 23 bits, by a masked bit.
 *
 * @returns `r0` if the bit is set
 * @see adams-bridge:src/abr_libs/rtl/abr_masked_MUX.sv
 */
export function chooseBits(
  chosen: number,
  r0: MaskedWord,
  r1: MaskedWord,
  random: MaskSource,
  at: number,
  { xor, and }: MultiplexerWords,
): MaskedWord {
  const low = (index: number): number => random.word(at, index) % 2 ** 23;
  const k = low(xor);
  const gates = and.reduce((sum, index) => sum + low(index), 0) & lowBits(23);
  const difference = chosen ? r0.share1 ^ r1.share1 ^ k : 0;
  return { value: (chosen ? r0 : r1).value, share1: difference ^ gates ^ r1.share1 ^ k };
}

/** Two halves of 23 bits. */
export interface MaskedPair {
  readonly low: MaskedWord;
  readonly high: MaskedWord;
}

const HALF_BITS = 23;
const HALF = 2 ** HALF_BITS;
const half = (x: number, share1: number, scale: number): MaskedWord =>
  masked(Math.floor(x / scale) % HALF, Math.floor(share1 / scale) % HALF);

/**
 * Boolean shares of a value of 46 bits in two arithmetic shares: each share is masked with a random word, and the two are added.
 *
 * @param words - for the stages of the adder, then for each share
 * @see adams-bridge:src/abr_libs/rtl/abr_masked_A2B_conv.sv
 */
export function toBoolean(
  [x0, x1]: readonly [number, number],
  random: MaskSource,
  at: number,
  [stages, word0, word1]: readonly [number, number, number],
): MaskedPair {
  const [mask0, mask1] = [random.word(at, word0), random.word(at, word1)];
  const add = (scale: number, later: number, carry: MaskedWord): MaskedWord => {
    const [x, y] = [half(x0, mask0, scale), half(x1, mask1, scale)];
    return sumWithCarry(x, y, HALF_BITS, random, at + later, { word: stages, from: later }, carry);
  };
  const low = add(1, 0, NO_CARRY);
  const high = add(HALF, HALF_BITS, bitsOf(low, HALF_BITS, 1));
  return { low: bitsOf(low, 0, HALF_BITS), high: bitsOf(high, 0, HALF_BITS) };
}
