import { hexToBytes } from '@rootcap/crypto';
import { UsageError } from './errors.ts';

/** Hexadecimal text, with or without 0x, spaces, colons and underscores. */
const HEX = /^(?:[0-9a-f]{2})*$/i;

function squeeze(text: string): string {
  return text.replace(/^0x/i, '').replace(/[\s:_]/g, '');
}

export function isHex(text: string): boolean {
  return HEX.test(squeeze(text));
}

/** @throws UsageError naming `argument` if `text` is not hexadecimal or not `size` bytes */
export function parseHex(text: string, argument: string, size?: number): Uint8Array {
  const digits = squeeze(text);
  if (!HEX.test(digits)) throw new UsageError(`${argument}: expected hexadecimal bytes, got "${shown(text)}"`);
  const bytes = hexToBytes(digits);
  if (size !== undefined && bytes.length !== size)
    throw new UsageError(`${argument}: expected ${size} bytes, got ${bytes.length}`);
  return bytes;
}

/** Decimal or 0x hexadecimal. @throws UsageError naming `argument` */
export function parseInteger(text: string, argument: string, max = 0xffff_ffff): number {
  const value = /^(?:0x[0-9a-f]+|\d+)$/i.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(Number.isSafeInteger(value) && value <= max))
    throw new UsageError(`${argument}: expected an integer in 0..${max}, got "${shown(text)}"`);
  return value;
}

/** Integers separated by commas or spaces. */
export function parseIntegers(texts: readonly string[], argument: string, max?: number): number[] {
  return texts
    .flatMap((text) => text.split(/[\s,]+/))
    .filter((text) => text !== '')
    .map((text) => parseInteger(text, argument, max));
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** `0x` and eight digits. */
export function hexWord(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
