import { existsSync, readFileSync } from 'node:fs';
import * as packs from '@rootcap/vectors';

/** Path inside the Caliptra recordings (smoke goldens, ROM scenarios, captured devices). */
export const recordedPath = (...path: readonly string[]): string => packs.packPath('caliptra', ...path);

/** Whether a test can have that part of the recordings. */
export const hasPack = (name: string): boolean => packs.hasPack('caliptra', name);

export function bytesOf(...path: readonly string[]): Uint8Array {
  return new Uint8Array(readFileSync(recordedPath(...path)));
}

export function jsonOf<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(recordedPath(...path), 'utf8')) as T;
}

export function exists(...path: readonly string[]): boolean {
  return existsSync(recordedPath(...path));
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Register words printed most significant byte first. */
export function wordsOf(text: string): number[] {
  return Array.from({ length: text.length / 8 }, (_, i) => Number.parseInt(text.slice(8 * i, 8 * i + 8), 16));
}

export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
