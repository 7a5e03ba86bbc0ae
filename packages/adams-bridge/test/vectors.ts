import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { hasPack, packPath } from '@rootcap/vectors';

/** Whether the vectors of the accelerator's own test benches are here. */
export const hasVectors = hasPack('adams-bridge');

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** A file of the pack, decompressed. */
const text = (file: string): string => gunzipSync(readFileSync(packPath('adams-bridge', `${file}.gz`))).toString();

/** Lines of a file of hex, the first one (a command code) included. */
export const lines = (file: string): string[] =>
  text(file)
    .split('\n')
    .map((line) => line.trim());

export const json = (file: string): unknown => JSON.parse(text(file));

/** One coefficient per line. */
export const column = (file: string): number[] =>
  text(`ntt-unit/${file}`)
    .trim()
    .split(/\s+/)
    .map((word) => Number.parseInt(word, 16));

/**
 * A memory image: four coefficients in each line, as one word of 96 bits with the last coefficient first or as four
 * words.
 */
export function image(file: string): Int32Array {
  return Int32Array.from(
    lines(`ntt-unit/${file}`).flatMap((line) => {
      const words = line
        .split(/\s+/)
        .flatMap((word) => (word.length === 24 ? (word.match(/.{6}/g) as string[]) : word));
      return words
        .filter((word) => word !== '')
        .map((word) => Number.parseInt(word, 16))
        .reverse();
    }),
  );
}
