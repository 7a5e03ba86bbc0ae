import CRC32C from 'crc-32/crc32c.js';

export const DIGEST_SIZE = 4;

/** CRC32C over consecutive pieces, as a digest's four bytes (NVMe/TCP Transport 1.0, section 3.3.1.1). */
export function crc32c(...pieces: readonly Uint8Array[]): Uint8Array {
  const crc = pieces.reduce((seed, piece) => CRC32C.buf(piece, seed), 0);
  return Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24);
}

/** Whether `digest` is that of the pieces. */
export function digestMatches(digest: Uint8Array, ...pieces: readonly Uint8Array[]): boolean {
  const expected = crc32c(...pieces);
  return digest.length === DIGEST_SIZE && expected.every((byte, i) => byte === digest[i]);
}
