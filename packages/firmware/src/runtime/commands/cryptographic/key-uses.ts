import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';
import type { KeyUse } from '../../state.ts';

/** AES keys that can be counted at a time. */
export const KEY_USES_MAX = 256;
/** Random IVs that one AES-GCM key may get. */
const GCM_USES_MAX = 2 ** 32 - 1;
/** Ids are 24 bits. */
const KEY_ID_LIMIT = 0xff_ffff;

function table({ state }: FirmwareContext): KeyUse[] {
  return state.runtime.cryptographicMailbox.keyUses;
}

/**
 * Starts to count the uses of a new AES key.
 *
 * @returns its id: one more than the highest, and the next free one after the ids have gone round
 * @throws RotError RUNTIME_CMB_KEY_USAGE_STORAGE_FULL
 */
export function addKeyUse(context: FirmwareContext): number {
  const uses = table(context);
  if (uses.length >= KEY_USES_MAX) throw new RotError('RUNTIME_CMB_KEY_USAGE_STORAGE_FULL');
  let id = ((uses.at(-1)?.id ?? 0) + 1) % KEY_ID_LIMIT;
  while (uses.some((use) => use.id === id)) id = (id + 1) % KEY_ID_LIMIT;
  const place = uses.findIndex((use) => use.id > id);
  uses.splice(place < 0 ? uses.length : place, 0, { id, count: 0 });
  return id;
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS if the key is not counted, RUNTIME_GCM_KEY_USAGE_LIMIT_REACHED */
export function countKeyUse(context: FirmwareContext, id: number): void {
  const use = table(context).find((other) => other.id === id);
  if (use === undefined) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `key ${id} has no usage counter`);
  use.count++;
  if (use.count > GCM_USES_MAX) throw new RotError('RUNTIME_GCM_KEY_USAGE_LIMIT_REACHED', `key ${id}`);
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS if the key is not counted */
export function deleteKeyUse(context: FirmwareContext, id: number): void {
  const uses = table(context);
  const place = uses.findIndex((use) => use.id === id);
  if (place < 0) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `key ${id} has no usage counter`);
  uses.splice(place, 1);
}

export function clearKeyUses({ state }: FirmwareContext): void {
  state.runtime.cryptographicMailbox.keyUses = [];
}

export function keyUseCount(context: FirmwareContext): number {
  return table(context).length;
}
