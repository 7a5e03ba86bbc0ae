/**
 * Packs values of some bits each, the first value in the lowest bits of the first byte, as every encoder of FIPS 203 and
 * FIPS 204 does.
 *
 * @param values - each 0..2^width - 1; higher bits are left out
 * @param width - 1..20
 * @returns values.length * width / 8 bytes
 */
export function packBits(values: ArrayLike<number>, width: number): Uint8Array {
  const bytes = new Uint8Array((values.length * width) / 8);
  const mask = (1 << width) - 1;
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    held |= ((values[i] as number) & mask) << bits;
    bits += width;
    while (bits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      bits -= 8;
    }
  }
  return bytes;
}

/**
 * Inverse of {@link packBits}.
 *
 * @param bytes - a whole number of values
 * @param width - 1..20
 * @returns 8 * bytes.length / width values
 */
export function unpackBits(bytes: Uint8Array, width: number): Int32Array {
  const values = new Int32Array((bytes.length * 8) / width);
  const mask = (1 << width) - 1;
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const byte of bytes) {
    held |= byte << bits;
    bits += 8;
    while (bits >= width) {
      values[at++] = held & mask;
      held >>>= width;
      bits -= width;
    }
  }
  return values;
}

/** Parts one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
