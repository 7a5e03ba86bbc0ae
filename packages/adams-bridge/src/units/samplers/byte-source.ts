import type { Poly } from '../modular.ts';

/** Where a sampler takes its bytes: a {@link Keccak} sponge, or any other. */
export interface ByteSource {
  /** The next bytes, as many as asked for. */
  squeeze(length: number): Uint8Array;
}

/** Candidates, by their position, about which a sampler decides the other way: taken for refused, refused for taken. */
export type Misjudged = ReadonlySet<number>;
export const NONE_MISJUDGED: Misjudged = new Set();

/** What a sampler made of its bytes. */
export interface Sampled {
  /** 256 coefficients in [0, q). */
  readonly poly: Poly;
  /** Symbols that were looked at, those refused included. */
  readonly candidates: number;
  /** Positions of the refused symbols among the candidates, ascending: what decides the cycles of a rejection sampler. */
  readonly rejected: readonly number[];
}

/**
 * How the parallel-in serial-out buffer between hash and samplers cuts the output: bits of a block that come in, bits
 * that go out in a cycle, and the symbols in them.
 *
 * @see adams-bridge:src/abr_sampler_top/rtl/abr_sampler_pkg.sv
 */
export const PISO = {
  rejNtt: { mode: 'SHAKE128', inputBits: 1344, outputBits: 120, symbols: 5, symbolBits: 24 },
  rejNttMlkem: { mode: 'SHAKE128', inputBits: 1344, outputBits: 120, symbols: 10, symbolBits: 12 },
  rejBounded: { mode: 'SHAKE256', inputBits: 1088, outputBits: 32, symbols: 8, symbolBits: 4 },
  expandMask: { mode: 'SHAKE256', inputBits: 1088, outputBits: 80, symbols: 4, symbolBits: 20 },
  sampleInBall: { mode: 'SHAKE256', inputBits: 1088, outputBits: 32, symbols: 4, symbolBits: 8 },
  cbd: { mode: 'SHAKE256', inputBits: 1088, outputBits: 16, symbols: 4, symbolBits: 4 },
} as const;

/** Bytes of another source, with some bits inverted: bit b of byte i is 8i + b. */
export function withFlippedBits(source: ByteSource, bits: readonly number[]): ByteSource {
  let from = 0;
  return {
    squeeze(length) {
      const bytes = source.squeeze(length);
      for (const bit of bits) {
        const at = (bit >> 3) - from;
        if (at >= 0 && at < length) bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      }
      from += length;
      return bytes;
    },
  };
}

/** A source of given bytes, for a sampler alone. @throws RangeError from `squeeze` when they are used up */
export function bytesOf(bytes: Uint8Array): ByteSource {
  let used = 0;
  return {
    squeeze(length) {
      if (used + length > bytes.length)
        throw new RangeError(`byte source: ${length} bytes asked for, ${bytes.length - used} of ${bytes.length} left`);
      used += length;
      return bytes.slice(used - length, used);
    },
  };
}
