/** A writer for DER (X.690), no more than certificate templates need. Every function returns one finished TLV. */

function lengthSize(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  return length < 0x1_0000 ? 3 : 4;
}

/** @internal Writes a length of at most 24 bits and returns the offset behind it. */
export function writeLength(output: Uint8Array, offset: number, length: number): number {
  const size = lengthSize(length);
  if (size === 1) {
    output[offset] = length;
    return offset + 1;
  }
  output[offset] = 0x80 | (size - 1);
  for (let i = 1; i < size; i++) output[offset + i] = length >>> (8 * (size - 1 - i));
  return offset + size;
}

/** @internal Size in bytes of a TLV with one-byte tag and this many content bytes. */
export function tlvSize(length: number): number {
  return 1 + lengthSize(length) + length;
}

/**
 * `tag ‖ length ‖ contents`, the contents one after the other.
 *
 * @param tag - the identifier octet, class and constructed bit included
 * @throws RangeError if the contents are 2^24 bytes or more
 */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of contents) length += part.length;
  if (length >= 0x100_0000) throw new RangeError(`contents: ${length} bytes, at most 16777215 expected`);
  const output = new Uint8Array(tlvSize(length));
  output[0] = tag;
  let offset = writeLength(output, 1, length);
  for (const part of contents) {
    output.set(part, offset);
    offset += part.length;
  }
  return output;
}

export const sequence = (...elements: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...elements);

/** SET OF: DER demands ascending order of the encodings. */
export function setOf(...elements: readonly Uint8Array[]): Uint8Array {
  return tlv(0x31, ...(elements.length < 2 ? elements : [...elements].sort(compareBytes)));
}

/** @internal Lexicographic order of byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `[n]` around whole TLVs: an EXPLICIT tag, or an IMPLICIT one of a SEQUENCE or SET. */
export const constructed = (n: number, ...contents: readonly Uint8Array[]): Uint8Array => tlv(0xa0 | n, ...contents);

/** `[n]` IMPLICIT of a primitive type: `contents` are its content bytes. */
export const primitive = (n: number, contents: Uint8Array): Uint8Array => tlv(0x80 | n, contents);

/** Content bytes of a non-negative INTEGER below 2^53: big-endian, as short as possible, first bit clear. */
export function integerContents(value: number): Uint8Array {
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new RangeError(`value: ${String(value)} is not a non-negative safe integer`);
  const contents: number[] = [];
  let rest = value;
  do {
    contents.unshift(rest % 256);
    rest = Math.floor(rest / 256);
  } while (rest > 0);
  if ((contents[0] as number) >= 0x80) contents.unshift(0);
  return Uint8Array.from(contents);
}

/** INTEGER of a non-negative number, or of an unsigned big-endian byte string of any length but 0. */
export function integer(value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') return tlv(0x02, integerContents(value));
  if (value.length === 0) throw new RangeError('value: 0 bytes, at least 1 expected');
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const magnitude = value.subarray(start);
  return (magnitude[0] as number) >= 0x80 ? tlv(0x02, ZERO, magnitude) : tlv(0x02, magnitude);
}

const ZERO = Uint8Array.of(0);

export const boolean = (value: boolean): Uint8Array => tlv(0x01, Uint8Array.of(value ? 0xff : 0));

export const octetString = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x04, ...contents);

/** A bit string: the last `unusedBits` bits of `bytes` do not count and are zero. */
export interface BitString {
  readonly bytes: Uint8Array;
  readonly unusedBits: number;
}

/** Content bytes of a BIT STRING. */
export function bitStringContents({ bytes, unusedBits }: BitString): Uint8Array {
  const last = bytes[bytes.length - 1] ?? 0;
  if (!(Number.isInteger(unusedBits) && unusedBits >= 0 && unusedBits <= (bytes.length === 0 ? 0 : 7)))
    throw new RangeError(`unusedBits: ${unusedBits} of ${bytes.length} bytes`);
  if ((last & ((1 << unusedBits) - 1)) !== 0) throw new RangeError('bytes: an unused bit is set');
  const contents = new Uint8Array(bytes.length + 1);
  contents[0] = unusedBits;
  contents.set(bytes, 1);
  return contents;
}

/** BIT STRING of whole bytes. */
export const bitString = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x03, ZERO, ...contents);

const OIDS = new Map<string, Uint8Array>();

/** OBJECT IDENTIFIER from its dotted form. @throws RangeError if `dotted` is not one */
export function oid(dotted: string): Uint8Array {
  const known = OIDS.get(dotted);
  if (known !== undefined) return known;
  const arcs = dotted.split('.').map(Number);
  const [first, second, ...others] = arcs;
  const valid = /^\d+(\.\d+)+$/.test(dotted) && arcs.every((arc) => Number.isSafeInteger(arc));
  if (!valid || first === undefined || second === undefined || first > 2 || (first < 2 && second > 39))
    throw new RangeError(`dotted: "${dotted}" is not an object identifier`);
  const encoded = tlv(0x06, Uint8Array.from([first * 40 + second, ...others].flatMap(base128)));
  // Only a bounded number is kept: identifiers may come from outside.
  if (OIDS.size < 256) OIDS.set(dotted, encoded);
  return encoded;
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | (rest % 128));
  return digits;
}

/** Bytes of a text of ASCII characters. @throws RangeError for any other character */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) throw new RangeError(`text: character ${i} is not ASCII`);
    bytes[i] = code;
  }
  return bytes;
}

export const utf8String = (text: string): Uint8Array => tlv(0x0c, new TextEncoder().encode(text));

/** @throws RangeError for a character outside A-Z a-z 0-9 and `'()+,-./:=?` and space */
export function printableString(text: string): Uint8Array {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) throw new RangeError(`text: "${text}" is not a PrintableString`);
  return tlv(0x13, ascii(text));
}

/** GeneralizedTime of `YYYYMMDDHHMMSSZ`. The bytes are not looked at: firmware copies them from the image header. */
export const generalizedTime = (text: Uint8Array): Uint8Array => tlv(0x18, text);
