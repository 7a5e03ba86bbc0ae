import { RotError } from '@rootcap/errors';
import type { LockPort } from './port.ts';
import { random64, randomHead } from './random.ts';

/** HPKE suites, in the order of the block's key table. All have HKDF-SHA384 and AES-256-GCM. */
export const HPKE_SUITES = {
  mlkem1024: { algorithm: 2, kemId: 0x0042, ikmSize: 64, encSize: 1568, publicKeySize: 1568 },
  p384: { algorithm: 1, kemId: 0x0011, ikmSize: 48, encSize: 97, publicKeySize: 97 },
  'mlkem1024-p384': { algorithm: 4, kemId: 0x0051, ikmSize: 32, encSize: 1665, publicKeySize: 1665 },
} as const;
export type HpkeSuiteName = keyof typeof HPKE_SUITES;

const SUITE_NAMES = Object.keys(HPKE_SUITES) as HpkeSuiteName[];

/** One private key, by the material that it is derived from at each use. */
export interface HpkeKey {
  readonly suite: HpkeSuiteName;
  handle: number;
  ikm: Uint8Array;
}

/** The block's HPKE keys, one of each suite, and the handle given last. */
export interface HpkeKeyTable {
  cursor: number;
  readonly keys: readonly HpkeKey[];
}

function newIkm(port: Pick<LockPort, 'random'>, suite: HpkeSuiteName): Uint8Array {
  const { ikmSize } = HPKE_SUITES[suite];
  return ikmSize > 48 ? random64(port) : randomHead(port, ikmSize);
}

/** A new key of each suite: handles 1, 2, 3. @see caliptra-sw:drivers/src/hpke/mod.rs (HpkeContext) */
export function newHpkeKeys(port: Pick<LockPort, 'random'>): HpkeKeyTable {
  const keys = SUITE_NAMES.map((suite, index) => ({ suite, handle: index + 1, ikm: newIkm(port, suite) }));
  return { cursor: keys.length, keys };
}

/** @throws RotError RUNTIME_OCP_LOCK_UNKNOWN_HPKE_HANDLE */
export function findHpkeKey({ keys }: HpkeKeyTable, handle: number): HpkeKey {
  const found = keys.find((key) => key.handle === handle);
  if (found === undefined) throw new RotError('RUNTIME_OCP_LOCK_UNKNOWN_HPKE_HANDLE', `hpke_handle: ${handle}`);
  return found;
}

/** Replaces a key; its handle dies at once. @returns the new handle */
export function rotateHpkeKey(port: Pick<LockPort, 'random'>, table: HpkeKeyTable, handle: number): number {
  const key = findHpkeKey(table, handle);
  const old = key.ikm;
  key.ikm = newIkm(port, key.suite);
  old.fill(0);
  table.cursor = (table.cursor + 1) >>> 0;
  key.handle = table.cursor;
  return key.handle;
}
