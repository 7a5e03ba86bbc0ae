/**
 * The little DER that test vectors need: strict, so that anything encoded in another way than DER is refused.
 */

interface Element {
  readonly tag: number;
  readonly value: Uint8Array;
  /** What follows the element. */
  readonly rest: Uint8Array;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;

/** Definite length in its shortest form. */
function readElement(der: Uint8Array): Element | undefined {
  const [tag, first] = der;
  if (tag === undefined || first === undefined) return undefined;
  let at = 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3 || der.length < 2 + count) return undefined;
    length = der.subarray(2, 2 + count).reduce((value, byte) => 256 * value + byte, 0);
    if (length < 0x80 || der[2] === 0) return undefined;
    at += count;
  }
  if (der.length < at + length) return undefined;
  return { tag, value: der.subarray(at, at + length), rest: der.subarray(at + length) };
}

/** The contents of an element of that tag which is all there is. */
function only(tag: number, der: Uint8Array): Uint8Array | undefined {
  const element = readElement(der);
  return element?.tag === tag && element.rest.length === 0 ? element.value : undefined;
}

/** A non-negative INTEGER in its shortest form, as `size` bytes. */
function unsigned(value: Uint8Array, size: number): Uint8Array | undefined {
  const [first = 0, second = 0] = value;
  if (value.length === 0 || first >= 0x80) return undefined;
  if (first === 0 && value.length > 1 && second < 0x80) return undefined;
  const digits = first === 0 ? value.subarray(1) : value;
  if (digits.length > size) return undefined;
  const out = new Uint8Array(size);
  out.set(digits, size - digits.length);
  return out;
}

/** `SEQUENCE { r INTEGER, s INTEGER }` → r ‖ s of `size` bytes each. @returns undefined if it is no DER or too long */
export function signatureFromDer(der: Uint8Array, size: number): Uint8Array | undefined {
  const sequence = only(SEQUENCE, der);
  const r = sequence === undefined ? undefined : readElement(sequence);
  const s = r === undefined ? undefined : only(INTEGER, r.rest);
  if (r?.tag !== INTEGER || s === undefined) return undefined;
  const [rBytes, sBytes] = [unsigned(r.value, size), unsigned(s, size)];
  if (rBytes === undefined || sBytes === undefined) return undefined;
  const out = new Uint8Array(2 * size);
  out.set(rBytes);
  out.set(sBytes, size);
  return out;
}

/**
 * The point in a SubjectPublicKeyInfo.
 *
 * @param algorithm - contents of the AlgorithmIdentifier, e.g. `id-ecPublicKey ‖ secp384r1`
 * @returns undefined if it is no DER or another algorithm
 */
export function pointFromDer(der: Uint8Array, algorithm: Uint8Array): Uint8Array | undefined {
  const info = only(SEQUENCE, der);
  const identifier = info === undefined ? undefined : readElement(info);
  if (identifier?.tag !== SEQUENCE) return undefined;
  const same =
    identifier.value.length === algorithm.length && algorithm.every((byte, i) => identifier.value[i] === byte);
  const bits = only(BIT_STRING, identifier.rest);
  return same && bits !== undefined && bits[0] === 0 ? bits.subarray(1) : undefined;
}
