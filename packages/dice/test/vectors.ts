import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.env.ROOTCAP_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));

/** Directory of the Caliptra recordings (smoke goldens, ROM scenarios, captured devices). */
const caliptra = join(root, 'caliptra');

/** Whether a pack is here. With ROOTCAP_VECTORS set it must be. */
export function hasPack(name: string): boolean {
  return process.env.ROOTCAP_VECTORS !== undefined || existsSync(join(caliptra, name));
}

export function bytesOf(...path: readonly string[]): Uint8Array {
  return new Uint8Array(readFileSync(join(caliptra, ...path)));
}

export function jsonOf<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(caliptra, ...path), 'utf8')) as T;
}

export function exists(...path: readonly string[]): boolean {
  return existsSync(join(caliptra, ...path));
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Register words printed most significant byte first. */
export function wordsOf(text: string): number[] {
  return Array.from({ length: text.length / 8 }, (_, i) => Number.parseInt(text.slice(8 * i, 8 * i + 8), 16));
}

export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export const recordedPath = (...path: readonly string[]): string => join(caliptra, ...path);
