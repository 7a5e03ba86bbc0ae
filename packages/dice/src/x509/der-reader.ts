import { compareBytes } from '../der.ts';
import { X509Error } from './error.ts';

/**
 * A reader that accepts DER and nothing else of BER (X.690 sections 8, 10 and 11). asn1js keeps needlessly long lengths,
 * padded integers, indefinite lengths, odd booleans and unsorted SETs as they came and writes them back unchanged, so that
 * its own re-encoding would prove nothing; this reader refuses them and says where.
 */

/** One TLV. All views share the bytes that were read. */
export interface DerNode {
  /** Identifier octet. */
  readonly tag: number;
  /** Offset of the identifier octet in the input. */
  readonly offset: number;
  /** Offset of the first content byte in the input. */
  readonly contentsOffset: number;
  readonly contents: Uint8Array;
  /** The whole TLV. */
  readonly der: Uint8Array;
  /** Elements of a constructed node; empty for a primitive one. */
  readonly children: readonly DerNode[];
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const MAX_DEPTH = 32;

interface Context {
  readonly input: Uint8Array;
  /** Offset of input[0] in what the caller calls the input. */
  readonly base: number;
  readonly path: string;
}

function fail({ base, path }: Context, at: number, reason: string): never {
  throw new X509Error(path, base + at, reason);
}

/**
 * Reads exactly one TLV that fills `input`.
 *
 * @param path - name of the input in errors
 * @param base - offset of `input` in a larger input, for errors
 * @throws X509Error for anything but DER
 */
export function readDer(input: Uint8Array, path: string, base = 0): DerNode {
  const context = { input, base, path };
  const node = readNode(context, 0, input.length, 0);
  if (node.der.length !== input.length) fail(context, node.der.length, 'bytes behind the end');
  return node;
}

/** Reads TLVs one after the other up to the end of `input`. */
export function readAllDer(input: Uint8Array, path: string): DerNode[] {
  const context = { input, base: 0, path };
  const nodes: DerNode[] = [];
  for (let at = 0; at < input.length; at += (nodes.at(-1) as DerNode).der.length)
    nodes.push(readNode(context, at, input.length, 0));
  return nodes;
}

function readNode(context: Context, at: number, end: number, depth: number): DerNode {
  const { input, base } = context;
  if (depth > MAX_DEPTH) fail(context, at, `nested deeper than ${MAX_DEPTH}`);
  if (at + 2 > end) fail(context, at, 'ends within a header');
  const tag = input[at] as number;
  if ((tag & 0x1f) === 0x1f) fail(context, at, 'tag number above 30');
  const { length, start } = readLength(context, at + 1, end);
  if (start + length > end) fail(context, at, `${length} content bytes, ${end - start} left`);
  const contents = input.subarray(start, start + length);
  const children: DerNode[] = [];
  if (tag & 0x20)
    for (let child = start; child < start + length; child += (children.at(-1) as DerNode).der.length)
      children.push(readNode(context, child, start + length, depth + 1));
  const node = {
    tag,
    offset: base + at,
    contentsOffset: base + start,
    contents,
    der: input.subarray(at, start + length),
    children,
  };
  if ((tag & 0xc0) === 0) checkUniversal(context.path, node);
  else if ((tag & 0xc0) !== 0x80) fail(context, at, `tag 0x${tag.toString(16)}: application or private class`);
  return node;
}

function readLength(context: Context, at: number, end: number): { length: number; start: number } {
  const { input } = context;
  const first = input[at] as number;
  if (first < 0x80) return { length: first, start: at + 1 };
  const size = first & 0x7f;
  if (size === 0) fail(context, at, 'indefinite length');
  if (size > 3) fail(context, at, `length of ${size} bytes`);
  if (at + 1 + size > end) fail(context, at, 'ends within a length');
  let length = 0;
  for (let i = 1; i <= size; i++) length = length * 256 + (input[at + i] as number);
  if (length < 0x80 || length < 256 ** (size - 1)) fail(context, at, 'length not in its shortest form');
  return { length, start: at + 1 + size };
}

function checkUniversal(path: string, node: DerNode): void {
  const { tag, offset } = node;
  if (tag === TAG.sequence) return;
  if (tag === TAG.set) {
    // All SETs of X.509 are SET OF: ascending order of the encodings.
    for (let i = 1; i < node.children.length; i++)
      if (compareBytes((node.children[i - 1] as DerNode).der, (node.children[i] as DerNode).der) > 0)
        throw new X509Error(path, (node.children[i] as DerNode).offset, 'SET OF out of order');
    return;
  }
  const rule = CONTENT_RULES[tag];
  if (rule === undefined) throw new X509Error(path, offset, `tag 0x${tag.toString(16).padStart(2, '0')} not expected`);
  checkContents(tag, node, path);
}

/**
 * Checks the contents of `node` by the rules of the universal type `tag`: what an IMPLICIT tag hides.
 *
 * @throws X509Error
 */
export function checkContents(tag: number, node: DerNode, path: string): void {
  const reason = CONTENT_RULES[tag]?.(node.contents);
  if (reason !== undefined) throw new X509Error(path, node.offset, reason);
}

/** What is wrong with the content bytes of a primitive type, by tag; undefined if nothing. */
const CONTENT_RULES: Readonly<Record<number, (contents: Uint8Array) => string | undefined>> = {
  [TAG.boolean]: (c) => (c.length === 1 && (c[0] === 0 || c[0] === 0xff) ? undefined : 'BOOLEAN is not 00 or FF'),
  [TAG.integer]: integerRule,
  [TAG.enumerated]: integerRule,
  [TAG.bitString]: bitStringRule,
  [TAG.octetString]: () => undefined,
  [TAG.null]: (c) => (c.length === 0 ? undefined : 'NULL with contents'),
  [TAG.objectIdentifier]: objectIdentifierRule,
  [TAG.utf8String]: (c) => (decodeUtf8(c) === undefined ? 'not UTF-8' : undefined),
  [TAG.numericString]: textRule('NumericString', /^[0-9 ]*$/),
  [TAG.printableString]: textRule('PrintableString', /^[A-Za-z0-9 '()+,\-./:=?]*$/),
  [TAG.t61String]: () => undefined,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: IA5 is all of ASCII
  [TAG.ia5String]: textRule('IA5String', /^[\x00-\x7f]*$/),
  [TAG.visibleString]: textRule('VisibleString', /^[\x20-\x7e]*$/),
  [TAG.universalString]: (c) => (c.length % 4 === 0 ? undefined : 'UniversalString of odd length'),
  [TAG.bmpString]: (c) => (c.length % 2 === 0 ? undefined : 'BMPString of odd length'),
  [TAG.utcTime]: timeRule('UTCTime', 2),
  [TAG.generalizedTime]: timeRule('GeneralizedTime', 4),
};

function integerRule(contents: Uint8Array): string | undefined {
  const [first, second] = contents;
  if (first === undefined) return 'INTEGER without contents';
  const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  return padded ? 'INTEGER not in its shortest form' : undefined;
}

function bitStringRule(contents: Uint8Array): string | undefined {
  const unused = contents[0];
  if (unused === undefined) return 'BIT STRING without contents';
  if (unused > 7 || (unused > 0 && contents.length === 1)) return `BIT STRING with ${unused} unused bits`;
  const last = contents[contents.length - 1] as number;
  return contents.length > 1 && (last & ((1 << unused) - 1)) !== 0 ? 'BIT STRING with an unused bit set' : undefined;
}

function objectIdentifierRule(contents: Uint8Array): string | undefined {
  let first = true;
  for (const byte of contents) {
    if (first && byte === 0x80) return 'OBJECT IDENTIFIER with a padded arc';
    first = byte < 0x80;
  }
  return contents.length > 0 && first ? undefined : 'OBJECT IDENTIFIER ends within an arc';
}

/** Text of bytes below 0x100, one character each. */
export function latin1(contents: Uint8Array): string {
  let text = '';
  for (const byte of contents) text += String.fromCharCode(byte);
  return text;
}

function textRule(type: string, allowed: RegExp): (contents: Uint8Array) => string | undefined {
  return (contents) => (allowed.test(latin1(contents)) ? undefined : `${type} with a character it cannot have`);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2: seconds present, no fraction, always Z. */
function timeRule(type: string, yearDigits: 2 | 4): (contents: Uint8Array) => string | undefined {
  const pattern = new RegExp(`^(\\d{${yearDigits}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)Z$`);
  return (contents) => {
    const fields = pattern.exec(latin1(contents))?.slice(1).map(Number);
    if (fields === undefined) return `${type} is not ${'Y'.repeat(yearDigits)}MMDDHHMMSSZ`;
    const [year, month, day, hour, minute, second] = fields as [number, number, number, number, number, number];
    const fullYear = yearDigits === 4 ? year : utcYear(year);
    const leapDay = month === 2 && fullYear % 4 === 0 && (fullYear % 100 !== 0 || fullYear % 400 === 0) ? 1 : 0;
    const valid = day >= 1 && day <= (DAYS[month - 1] ?? 0) + leapDay && hour < 24 && minute < 60 && second < 60;
    return valid ? undefined : `${type} is no date`;
  };
}

/** Year of the two digits of a UTCTime. */
export const utcYear = (digits: number): number => (digits < 50 ? 2000 : 1900) + digits;

/** Text of UTF-8 bytes, undefined if they are not. */
export function decodeUtf8(contents: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(contents);
  } catch {
    return undefined;
  }
}

/** Dotted form of the contents of an OBJECT IDENTIFIER. */
export function dottedOid(contents: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of contents) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const head = arcs[0] ?? 0n;
  const first = head < 80n ? head / 40n : 2n;
  return [first, head - 40n * first, ...arcs.slice(1)].join('.');
}

/** The elements of a SEQUENCE, taken one by one in order. */
export class Fields {
  readonly #nodes: readonly DerNode[];
  readonly #parent: DerNode;
  readonly #path: string;
  #next = 0;

  constructor(parent: DerNode, path: string) {
    this.#nodes = parent.children;
    this.#parent = parent;
    this.#path = path;
  }

  /** The next element, which must have this tag. */
  take(tag: number, name: string): DerNode {
    const node = this.#nodes[this.#next];
    const path = `${this.#path}.${name}`;
    if (node === undefined) throw new X509Error(path, this.#end, 'missing');
    requireTag(node, tag, path);
    this.#next++;
    return node;
  }

  /** The next element if it has this tag. */
  optional(tag: number): DerNode | undefined {
    const node = this.#nodes[this.#next];
    if (node?.tag !== tag) return undefined;
    this.#next++;
    return node;
  }

  /** The next element, whatever its tag. */
  any(name: string): DerNode {
    const node = this.#nodes[this.#next];
    if (node === undefined) throw new X509Error(`${this.#path}.${name}`, this.#end, 'missing');
    this.#next++;
    return node;
  }

  /** No element may be left. */
  end(): void {
    const node = this.#nodes[this.#next];
    if (node !== undefined)
      throw new X509Error(this.#path, node.offset, `element 0x${node.tag.toString(16)} not expected`);
  }

  get #end(): number {
    return this.#parent.contentsOffset + this.#parent.contents.length;
  }
}

export function requireTag(node: DerNode, tag: number, path: string): DerNode {
  if (node.tag !== tag) {
    const [got, expected] = [node.tag, tag].map((value) => `0x${value.toString(16).padStart(2, '0')}`);
    throw new X509Error(path, node.offset, `tag ${got}, ${expected} expected`);
  }
  return node;
}

/** The elements of a SEQUENCE OF or SET OF, at least one. */
export function elements(node: DerNode, tag: number, path: string): readonly DerNode[] {
  requireTag(node, tag, path);
  if (node.children.length === 0) throw new X509Error(path, node.offset, 'empty');
  return node.children;
}

/** A non-negative INTEGER below 2^53, its tag aside. */
export function smallInteger(node: DerNode, path: string): number {
  checkContents(TAG.integer, node, path);
  let value = 0;
  if ((node.contents[0] as number) >= 0x80) throw new X509Error(path, node.offset, 'negative');
  for (const byte of node.contents) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new X509Error(path, node.offset, 'above 2^53 - 1');
  return value;
}

/** Bits of a BIT STRING, its tag aside. */
export function bitsOf(node: DerNode, path: string): { bytes: Uint8Array; unusedBits: number } {
  checkContents(TAG.bitString, node, path);
  return { bytes: node.contents.subarray(1), unusedBits: node.contents[0] as number };
}

/** Bytes of a BIT STRING that must be whole bytes. */
export function wholeBytes(node: DerNode, path: string): Uint8Array {
  requireTag(node, TAG.bitString, path);
  const { bytes, unusedBits } = bitsOf(node, path);
  if (unusedBits !== 0) throw new X509Error(path, node.offset, `${unusedBits} unused bits`);
  return bytes;
}
