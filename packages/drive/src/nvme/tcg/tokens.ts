/**
 * Tokens of TCG Storage methods: Core Specification 2.01, section 3.2.2.3.1. Integers are unsigned: nothing of Opal is
 * signed.
 */
export const TOKEN = {
  START_LIST: 0xf0,
  END_LIST: 0xf1,
  START_NAME: 0xf2,
  END_NAME: 0xf3,
  CALL: 0xf8,
  END_OF_DATA: 0xf9,
  END_OF_SESSION: 0xfa,
  START_TRANSACTION: 0xfb,
  END_TRANSACTION: 0xfc,
  EMPTY: 0xff,
} as const;

/** A name and its value, inside a list. */
export interface Named {
  readonly name: TcgValue;
  readonly value: TcgValue;
}

export type TcgValue = bigint | Uint8Array | Named | readonly TcgValue[];

/** A piece of a stream: a value, or a token that is none. */
export type TcgItem = { readonly value: TcgValue } | { readonly control: number };

/** The stream is not one of tokens. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

const MAX_DEPTH = 8;
const CONTROLS: ReadonlySet<number> = new Set([
  TOKEN.CALL,
  TOKEN.END_OF_DATA,
  TOKEN.END_OF_SESSION,
  TOKEN.START_TRANSACTION,
  TOKEN.END_TRANSACTION,
]);

interface Atom {
  readonly isBytes: boolean;
  readonly isSigned: boolean;
  readonly start: number;
  readonly length: number;
}

/** The head of an atom longer than a tiny one. */
function atomAt(bytes: Uint8Array, at: number): Atom | undefined {
  const head = bytes[at] as number;
  const [second = 0, third = 0, fourth = 0] = bytes.subarray(at + 1, at + 4);
  if (head < 0xc0)
    return { isBytes: (head & 0x20) !== 0, isSigned: (head & 0x10) !== 0, start: at + 1, length: head & 0x0f };
  if (head < 0xe0)
    return {
      isBytes: (head & 0x10) !== 0,
      isSigned: (head & 0x08) !== 0,
      start: at + 2,
      length: ((head & 0x07) << 8) | second,
    };
  if (head < 0xe4)
    return {
      isBytes: (head & 0x02) !== 0,
      isSigned: (head & 0x01) !== 0,
      start: at + 4,
      length: (second << 16) | (third << 8) | fourth,
    };
  return undefined;
}

class Parser {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get #next(): number | undefined {
    while (this.#bytes[this.#at] === TOKEN.EMPTY) this.#at++;
    return this.#bytes[this.#at];
  }

  items(): TcgItem[] {
    const items: TcgItem[] = [];
    for (let next = this.#next; next !== undefined; next = this.#next) {
      if (CONTROLS.has(next)) {
        items.push({ control: next });
        this.#at++;
      } else items.push({ value: this.#value(0) });
    }
    return items;
  }

  #value(depth: number): TcgValue {
    const head = this.#next;
    if (head === undefined) throw new TokenError('the stream ends within a value');
    if (depth > MAX_DEPTH) throw new TokenError(`lists nest deeper than ${MAX_DEPTH}`);
    if (head === TOKEN.START_LIST) {
      this.#at++;
      const list: TcgValue[] = [];
      while (this.#next !== TOKEN.END_LIST) list.push(this.#value(depth + 1));
      this.#at++;
      return list;
    }
    if (head === TOKEN.START_NAME) {
      this.#at++;
      const name = this.#value(depth + 1);
      const value = this.#value(depth + 1);
      if (this.#next !== TOKEN.END_NAME) throw new TokenError('a name has one value');
      this.#at++;
      return { name, value };
    }
    return this.#atom(head);
  }

  #atom(head: number): bigint | Uint8Array {
    if (head < 0x40) {
      this.#at++;
      return BigInt(head);
    }
    const atom = head < 0x80 ? undefined : atomAt(this.#bytes, this.#at);
    if (atom === undefined) throw new TokenError(`token 0x${head.toString(16)} is no value`);
    const { isBytes, isSigned, start, length } = atom;
    const content = this.#bytes.slice(start, start + length);
    if (content.length !== length) throw new TokenError(`an atom of ${length} bytes, ${content.length} are left`);
    this.#at = start + length;
    if (isBytes) return content;
    if (isSigned || length > 8 || length === 0) throw new TokenError('an integer is unsigned, of 1 to 8 bytes');
    return content.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
}

/** @throws TokenError */
export function parseTokens(stream: Uint8Array): TcgItem[] {
  return new Parser(stream).items();
}

function encodeInteger(value: bigint): number[] {
  if (value < 0n || value >= 1n << 64n) throw new RangeError(`value: ${value} is not an unsigned 64-bit integer`);
  if (value < 0x40n) return [Number(value)];
  const digits = value.toString(16);
  const size = [1, 2, 4, 8].find((bytes) => digits.length <= 2 * bytes) as number;
  const bytes = Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn));
  return [0x80 | size, ...bytes];
}

const LONGEST_SHORT = 15;
const LONGEST_MEDIUM = 0x7ff;

function encodeBytes(value: Uint8Array): number[] {
  const { length } = value;
  if (length <= LONGEST_SHORT) return [0xa0 | length, ...value];
  if (length <= LONGEST_MEDIUM) return [0xd0 | (length >> 8), length & 0xff, ...value];
  return [0xe2, length >> 16, (length >> 8) & 0xff, length & 0xff, ...value];
}

function encodeValue(value: TcgValue): number[] {
  if (typeof value === 'bigint') return encodeInteger(value);
  if (value instanceof Uint8Array) return encodeBytes(value);
  if ('name' in value)
    return [TOKEN.START_NAME, ...encodeValue(value.name), ...encodeValue(value.value), TOKEN.END_NAME];
  return [TOKEN.START_LIST, ...value.flatMap(encodeValue), TOKEN.END_LIST];
}

/** Each value in its shortest form. */
export function encodeTokens(items: readonly TcgItem[]): Uint8Array {
  return Uint8Array.from(items.flatMap((item) => ('control' in item ? [item.control] : encodeValue(item.value))));
}
