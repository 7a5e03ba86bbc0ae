import { N, type Poly } from '../modular.ts';

/** Most hints in a signature. */
export const OMEGA = 75;
const POLYS = 8;
/** Positions of hints, then the running count after each polynomial. */
export const HINT_BYTES = OMEGA + POLYS;

/**
 * HintBitPack. FIPS 204 algorithm 20.
 *
 * @param hints - 8 polynomials of bits
 * @returns 83 bytes
 * @throws RangeError if there are more than 75 hints: signing begins another pass then
 * @see adams-bridge:src/makehint/rtl/makehint.sv
 */
export function encodeHints(hints: readonly Poly[]): Uint8Array {
  const bytes = new Uint8Array(HINT_BYTES);
  let count = 0;
  for (const [i, poly] of hints.entries()) {
    for (let j = 0; j < N; j++) {
      if (!poly[j]) continue;
      if (count === OMEGA) throw new RangeError(`hints: more than ${OMEGA}`);
      bytes[count++] = j;
    }
    bytes[OMEGA + i] = count;
  }
  return bytes;
}

/**
 * HintBitUnpack. FIPS 204 algorithm 21.
 *
 * @param bytes - 83 bytes
 * @returns 8 polynomials of bits; undefined if a count falls or is above 75, positions of a polynomial do not rise, or a
 * byte after the last position is not 0
 * @see adams-bridge:src/sigdecode_h/rtl/sigdecode_h.sv
 */
export function decodeHints(bytes: Uint8Array): Poly[] | undefined {
  const hints: Poly[] = [];
  let used = 0;
  for (let i = 0; i < POLYS; i++) {
    const end = bytes[OMEGA + i] as number;
    if (end < used || end > OMEGA) return undefined;
    const poly = new Int32Array(N);
    for (let at = used; at < end; at++) {
      if (at > used && (bytes[at] as number) <= (bytes[at - 1] as number)) return undefined;
      poly[bytes[at] as number] = 1;
    }
    used = end;
    hints.push(poly);
  }
  return bytes.subarray(used, OMEGA).some((byte) => byte !== 0) ? undefined : hints;
}
