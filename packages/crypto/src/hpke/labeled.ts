import { concatBytes, utf8ToBytes } from '../bytes.ts';
import { hkdfExpand, hkdfExtract, type NeedsMac } from '../hkdf.ts';
import type { Xof } from '../provider.ts';

/** HKDF-SHA384, the only KDF of the suites here: Nh is 48. */
const HASH = 'sha384';
const VERSION = utf8ToBytes('HPKE-v1');

/** `value` as 2 bytes, most significant first: I2OSP(value, 2). */
export function u16be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

/** `"KEM" ‖ kem_id`, the suite of a KEM's own derivations. RFC 9180 §4.1 */
export function kemSuiteId(kemId: number): Uint8Array {
  return concatBytes(utf8ToBytes('KEM'), u16be(kemId));
}

/** `LabeledExtract` of RFC 9180 §4. @returns 48 bytes */
export function labeledExtract(
  provider: NeedsMac,
  suiteId: Uint8Array,
  salt: Uint8Array,
  label: string,
  ikm: Uint8Array,
): Uint8Array {
  const labeled = concatBytes(VERSION, suiteId, utf8ToBytes(label), ikm);
  const prk = hkdfExtract(provider, HASH, salt, labeled);
  labeled.fill(0);
  return prk;
}

/** `LabeledExpand` of RFC 9180 §4. @throws RangeError if `length` exceeds 255 × 48 */
export function labeledExpand(
  provider: NeedsMac,
  suiteId: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const labeled = concatBytes(u16be(length), VERSION, suiteId, utf8ToBytes(label), info);
  return hkdfExpand(provider, HASH, prk, labeled, length);
}

/**
 * `LabeledDerive` on SHAKE256, the one-stage derivation of draft-ietf-hpke-pq-03:
 * `SHAKE256(ikm ‖ "HPKE-v1" ‖ suite ‖ u16(len label) ‖ label ‖ u16(length) ‖ context)`, the context empty here.
 */
export function labeledDerive(
  { xof }: { readonly xof: Pick<Xof, 'digest'> },
  suiteId: Uint8Array,
  ikm: Uint8Array,
  label: string,
  length: number,
): Uint8Array {
  const text = utf8ToBytes(label);
  return xof.digest('shake256', length, ikm, VERSION, suiteId, u16be(text.length), text, u16be(length));
}
