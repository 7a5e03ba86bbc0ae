import { hexToBytes } from '@rootcap/crypto';
import { invalidParameter } from './errors.ts';

export type Params = Readonly<Record<string, unknown>>;

/** Searched for, since a pattern for the whole of a text of megabytes runs out of stack. */
const NO_HEX_DIGIT = /[^0-9a-f]/;
const HEX_NUMBER = /^0x[0-9a-f]{1,13}$/i;
export const U32_MAX = 0xffff_ffff;

/** Absent and `null` mean the default. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A JSON integer or `"0x…"`. @throws RpcError -32602 naming the parameter */
export function integerOf(value: unknown, name: string, max: number, min = 0): number {
  const number = typeof value === 'string' && HEX_NUMBER.test(value) ? Number(value) : value;
  if (!(typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max))
    throw invalidParameter(name, `an integer in ${min}..${max}`);
  return number;
}

export function integer(params: Params, name: string, max: number, byDefault?: number): number {
  const value = params[name];
  return isAbsent(value) && byDefault !== undefined ? byDefault : integerOf(value, name, max);
}

export function boolean(params: Params, name: string, byDefault: boolean): boolean {
  const value = params[name];
  if (isAbsent(value)) return byDefault;
  if (typeof value !== 'boolean') throw invalidParameter(name, 'true or false');
  return value;
}

export function choice<const T extends string>(params: Params, name: string, choices: readonly T[], byDefault?: T): T {
  const value = params[name];
  if (isAbsent(value) && byDefault !== undefined) return byDefault;
  if (!choices.includes(value as T)) throw invalidParameter(name, `one of ${choices.join(', ')}`);
  return value as T;
}

/** Whether it is text of lower-case hexadecimal digits only. */
export function isHexDigits(value: unknown): value is string {
  return typeof value === 'string' && !NO_HEX_DIGIT.test(value);
}

/** Lower-case hexadecimal, two digits a byte. */
export function bytesOf(value: unknown, name: string, limits: { readonly max?: number; readonly size?: number } = {}) {
  if (!isHexDigits(value) || value.length % 2 !== 0) throw invalidParameter(name, 'lower-case hexadecimal bytes');
  const { size, max } = limits;
  if (size !== undefined && value.length !== 2 * size) throw invalidParameter(name, `${size} bytes`);
  if (max !== undefined && value.length > 2 * max) throw invalidParameter(name, `at most ${max} bytes`);
  return hexToBytes(value);
}

export function listOf(value: unknown, name: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max) throw invalidParameter(name, `a list of at most ${max}`);
  return value;
}

export function objectOf(value: unknown, name: string): Params {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidParameter(name, 'an object');
  return value as Params;
}

/** Words in register order. */
export function wordsOf(value: unknown, name: string, count: number): number[] {
  if (!Array.isArray(value) || value.length !== count) throw invalidParameter(name, `${count} words`);
  return value.map((word, i) => integerOf(word, `${name}[${i}]`, U32_MAX));
}

/** Words as the natural byte string of a register array, most significant byte of each word first. */
export function bytesOfWords(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word);
  });
  return bytes;
}
