import { type HpkeKeyTable, newHpkeKeys } from './hpke-keys.ts';
import type { LockPort } from './port.ts';

/**
 * Whose behaviour to follow where they differ: `firmware-2.1`, that of the Caliptra firmware; `spec-1.1`, that of
 * specification 1.1, which adds the checks of XTS halves, LOAD_KAT_MEK, and a shorter response of TEST_ACCESS_KEY.
 */
export const CONFORMANCES = ['firmware-2.1', 'spec-1.1'] as const;
export type Conformance = (typeof CONFORMANCES)[number];

/** What the block remembers besides its keys, as plain data. It begins anew with every reset. */
export interface LockState {
  /** Whether INITIALIZE_MEK_SECRET has been and no MEK has used it up. */
  mekSecret: boolean;
  readonly hpke: HpkeKeyTable;
}

/** State after a reset, with three new HPKE keys. */
export function newLockState(port: Pick<LockPort, 'random'>): LockState {
  return { mekSecret: false, hpke: newHpkeKeys(port) };
}
