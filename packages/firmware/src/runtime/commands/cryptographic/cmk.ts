import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';
import { type Cmk, newCmk, unwrapCmk, type WrappedCmk, wrapCmk } from '../../../messages/cmk.ts';
import { CM_HASH_ALGORITHM } from '../../../messages/layouts/cm-hash.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { addKeyUse } from './key-uses.ts';
import { takeIv } from './state.ts';

const USAGES: readonly number[] = Object.values(CM_KEY_USAGE);

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS if the number means no use */
export function requireKeyUsage(usage: number): number {
  if (!USAGES.includes(usage)) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `key usage ${usage}`);
  return usage;
}

/** A key of the runtime, before its material is there: the usage counter of an AES key is taken first. */
export function reserveCmk(context: FirmwareContext, usage: number, key: Uint8Array): Cmk {
  return newCmk(usage, key, usage === CM_KEY_USAGE.AES ? addKeyUse(context) : 0);
}

export function wrap(context: FirmwareContext, cmk: Cmk): WrappedCmk {
  return wrapCmk(context, cmk, takeIv(context, 'wrapIv'));
}

/** Wraps a new key for the client. @throws RotError RUNTIME_CMB_KEY_USAGE_STORAGE_FULL */
export function wrapKey(context: FirmwareContext, usage: number, key: Uint8Array): WrappedCmk {
  return wrap(context, reserveCmk(context, usage, key));
}

/** Under which a key's uses are counted. */
export function keyIdOf(id: Uint8Array): number {
  return (id[0] as number) | ((id[1] as number) << 8) | ((id[2] as number) << 16);
}

/** @throws RotError RUNTIME_DRIVER_AES_INVALID_TAG, RUNTIME_MAILBOX_INVALID_PARAMS for a key of another use */
export function unwrapFor(context: FirmwareContext, wrapped: WrappedCmk, usage: number): Cmk {
  const cmk = unwrapCmk(context, wrapped);
  if (cmk.key_usage !== usage)
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `key of usage ${cmk.key_usage}, ${usage} expected`);
  return cmk;
}

/** An HMAC key of 48 or 64 bytes. @throws RotError as {@link unwrapFor} */
export function unwrapHmacKey(context: FirmwareContext, wrapped: WrappedCmk): Cmk {
  const cmk = unwrapFor(context, wrapped, CM_KEY_USAGE.HMAC);
  if (cmk.length !== 48 && cmk.length !== 64)
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `HMAC key of ${cmk.length} bytes`);
  return cmk;
}

/** A hash that commands can name, with the bytes of its digest and of its HMAC key. */
export interface HashChoice {
  readonly mode: 'sha384' | 'sha512';
  readonly size: number;
}

const HASHES: Readonly<Record<number, HashChoice>> = {
  [CM_HASH_ALGORITHM.SHA384]: { mode: 'sha384', size: 48 },
  [CM_HASH_ALGORITHM.SHA512]: { mode: 'sha512', size: 64 },
};

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS */
export function requireHash(algorithm: number): HashChoice {
  const hash = HASHES[algorithm];
  if (hash === undefined) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `hash algorithm ${algorithm}`);
  return hash;
}
