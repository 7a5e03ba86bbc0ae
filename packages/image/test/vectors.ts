import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const given = process.env.ROOTCAP_VECTORS;
const root = given ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));

/** Whether the pack `caliptra` of recorded vectors is there. A directory that was asked for must have it. */
export const haveVectors = given !== undefined || existsSync(`${root}/caliptra/fake-keys.json`);

export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(`${root}/caliptra/${path}`, 'utf8')) as T;
}

/** Names of the recorded configurations. */
export function goldenNames(): string[] {
  return readdirSync(`${root}/caliptra/goldens`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
