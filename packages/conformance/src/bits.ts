/**
 * Bit strings as ACVP writes them: the first bit is the most significant of the first byte, unused bits at the end of
 * the last byte are zero.
 */
export interface Bits {
  readonly bytes: Uint8Array;
  /** Length in bits. */
  readonly length: number;
}

export const byteLength = (bits: number): number => Math.ceil(bits / 8);

/** The first `length` bits of `bytes`. */
export function firstBits(bytes: Uint8Array, length: number): Bits {
  const out = bytes.slice(0, byteLength(length));
  const used = length % 8;
  const last = out.length - 1;
  if (used !== 0) out[last] = (out[last] ?? 0) & (0xff00 >> used);
  return { bytes: out, length };
}

export const wholeBytes = (bytes: Uint8Array): Bits => ({ bytes, length: 8 * bytes.length });

const bitAt = (bytes: Uint8Array, index: number): number => ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;

/** Bits `from` to `to` (exclusive). */
export function sliceBits({ bytes }: Bits, from: number, to: number): Bits {
  if (from % 8 === 0) return firstBits(bytes.subarray(from / 8), to - from);
  const out = new Uint8Array(byteLength(to - from));
  for (let i = 0; i < to - from; i++) out[i >> 3] = (out[i >> 3] ?? 0) | (bitAt(bytes, from + i) << (7 - (i & 7)));
  return { bytes: out, length: to - from };
}

export function concatBits(...parts: readonly Bits[]): Bits {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(byteLength(length));
  let at = 0;
  for (const part of parts) {
    if (at % 8 === 0) out.set(part.bytes, at / 8);
    else
      for (let i = 0; i < part.length; i++) {
        const to = at + i;
        out[to >> 3] = (out[to >> 3] ?? 0) | (bitAt(part.bytes, i) << (7 - (to & 7)));
      }
    at += part.length;
  }
  return { bytes: out, length };
}

/**
 * Keccak counts bits from the least significant one of a byte, ACVP writes the bits of an incomplete last byte in its
 * upper end, in the order of their value: `r` bits of value `v` are written `v << (8 - r)`.
 *
 * @returns the bits of the last, incomplete byte as Keccak takes them
 */
export function keccakTail({ bytes, length }: Bits): number {
  const used = length % 8;
  return used === 0 ? 0 : (bytes[length >> 3] ?? 0) >> (8 - used);
}

/** Output of a Keccak function cut to `length` bits and written as {@link keccakTail} says. */
export function keccakOutput(bytes: Uint8Array, length: number): Bits {
  const out = bytes.slice(0, byteLength(length));
  const used = length % 8;
  const last = out.length - 1;
  if (used !== 0) out[last] = ((out[last] ?? 0) << (8 - used)) & 0xff;
  return { bytes: out, length };
}
