import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { hasPack, packPath } from '@rootcap/vectors';

/** Whether the pack with the accelerator's vectors is there. */
export const hasVectors = hasPack('adams-bridge');

export function readVectors<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(join(packPath('adams-bridge'), name))).toString()) as T;
}
