import { keccakP } from '@noble/hashes/sha3.js';
import { keccakRound } from './keccak-rounds.ts';

/** Modes of the hash unit: rate in bytes and the domain separation byte that padding begins with. FIPS 202 */
export const KECCAK_MODES = {
  SHAKE128: { rate: 168, suffix: 0x1f },
  SHAKE256: { rate: 136, suffix: 0x1f },
  'SHA3-256': { rate: 136, suffix: 0x06 },
  'SHA3-512': { rate: 72, suffix: 0x06 },
} as const;
export type KeccakMode = keyof typeof KECCAK_MODES;

/** Clock cycles of a permutation: 24 rounds, two in each. */
export const PERMUTATION_CYCLES = 12;
/** Bytes of the message port. */
export const MESSAGE_PORT_BYTES = 8;

/** Rounds of a permutation. */
export const KECCAK_ROUNDS = 24;

const LANE_WORDS = 50;
/** Bits of the state. */
export const KECCAK_BITS = 32 * LANE_WORDS;

/**
 * The sponge of the hash unit, not masked, with what a model wants to see of it: permutations and state.
 *
 * @see adams-bridge:src/abr_sha3/rtl/abr_sha3.sv
 */
export class Keccak {
  readonly mode: KeccakMode;
  /** Bytes of a block. */
  readonly rate: number;
  readonly #words = new Uint32Array(LANE_WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  #position = 0;
  #squeezing = false;
  #permutations = 0;
  /** Bits that will flip inside a permutation. */
  #flips: readonly RoundFlip[] = [];

  constructor(mode: KeccakMode) {
    this.mode = mode;
    this.rate = KECCAK_MODES[mode].rate;
  }

  /** Permutations so far. */
  get permutations(): number {
    return this.#permutations;
  }

  /** Clock cycles that the permutations so far take. */
  get cycles(): number {
    return this.#permutations * PERMUTATION_CYCLES;
  }

  /** A copy of the 200 bytes of state, lane x + 5y at byte 8(x + 5y), little endian. */
  state(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Inverts a bit of the state, as a fault does: bit b of byte i is 8i + b. @throws RangeError if it is not in 0..1599 */
  flip(bit: number): void {
    if (!(Number.isInteger(bit) && bit >= 0 && bit < KECCAK_BITS))
      throw new RangeError(`bit: ${bit} is not in 0..${KECCAK_BITS - 1}`);
    this.#bytes[bit >> 3] = (this.#bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  }

  /**
   * Inverts a bit of the state inside a permutation to come.
   *
   * @param flip - its permutation is counted from the next one
   * @throws RangeError if there is no such round or bit
   */
  flipInRound(flip: RoundFlip): void {
    const { permutation, round, bit } = flip;
    if (!(Number.isInteger(round) && round >= 0 && round < KECCAK_ROUNDS))
      throw new RangeError(`round: ${round} is not in 0..${KECCAK_ROUNDS - 1}`);
    if (!(Number.isInteger(bit) && bit >= 0 && bit < KECCAK_BITS))
      throw new RangeError(`bit: ${bit} is not in 0..${KECCAK_BITS - 1}`);
    this.#flips = [...this.#flips, { ...flip, permutation: this.#permutations + permutation }];
  }

  /**
   * Takes in a part of the message.
   *
   * @returns this
   * @throws Error if output was taken already
   */
  absorb(message: Uint8Array): this {
    if (this.#squeezing) throw new Error(`${this.mode}: absorb after squeeze`);
    for (const byte of message) {
      this.#bytes[this.#position] = (this.#bytes[this.#position] as number) ^ byte;
      if (++this.#position === this.rate) this.#permute();
    }
    return this;
  }

  /** The next bytes of output. @param length - bytes, any number */
  squeeze(length: number): Uint8Array {
    if (!this.#squeezing) this.#pad();
    const output = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      if (this.#position === this.rate) this.#permute();
      const part = Math.min(length - done, this.rate - this.#position);
      output.set(this.#bytes.subarray(this.#position, this.#position + part), done);
      done += part;
      this.#position += part;
    }
    return output;
  }

  #pad(): void {
    this.#squeezing = true;
    this.#bytes[this.#position] = (this.#bytes[this.#position] as number) ^ KECCAK_MODES[this.mode].suffix;
    this.#bytes[this.rate - 1] = (this.#bytes[this.rate - 1] as number) ^ 0x80;
    this.#permute();
  }

  #permute(): void {
    if (this.#flips.length === 0) keccakP(this.#words);
    else this.#permuteWith(this.#flips.filter(({ permutation }) => permutation === this.#permutations));
    this.#permutations++;
    this.#position = 0;
  }

  #permuteWith(flips: readonly RoundFlip[]): void {
    for (let round = 0; round < KECCAK_ROUNDS; round++) {
      for (const flip of flips) if (flip.round === round) this.flip(flip.bit);
      keccakRound(this.#words, round);
    }
  }
}

/** A bit, 0..1599, that flips before a round, 0..23, of a permutation, counted from 0. */
export interface RoundFlip {
  readonly permutation: number;
  readonly round: number;
  readonly bit: number;
}

/** Output of one message. @param parts - absorbed one after the other */
export function keccak(mode: KeccakMode, length: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const sponge = new Keccak(mode);
  for (const part of parts) sponge.absorb(part);
  return sponge.squeeze(length);
}
