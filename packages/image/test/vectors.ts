import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hasPack, packPath } from '@rootcap/vectors';

/** Whether the pack `caliptra` of recorded vectors is there. */
export const haveVectors = hasPack('caliptra', 'fake-keys.json');

export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(packPath('caliptra', path), 'utf8')) as T;
}

/** Whether the pack has this file. */
export const hasVectors = (path: string): boolean => haveVectors && existsSync(packPath('caliptra', path));

/** Names of the recorded configurations. */
export function goldenNames(): string[] {
  return readdirSync(packPath('caliptra', 'goldens'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
