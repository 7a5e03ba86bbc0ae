import type { LockKey, LockPort } from './port.ts';
import { randomHead } from './random.ts';
import type { SealedKey } from './wrapped-key.ts';

const SALT_SIZE = 12;
const IV_SIZE = 12;

/** Which key wraps, and where its subkey lives for the time of one operation. */
export interface Preconditioning {
  readonly key: LockKey;
  readonly subkey: LockKey;
  readonly label: string;
}

/**
 * AES-256-GCM under a subkey for this one message: `subkey = KDF(key, label, salt)[0..32]` with a random salt.
 *
 * @see caliptra-sw:drivers/src/preconditioned_aes.rs
 */
export function preconditionedSeal(
  port: LockPort,
  { key, subkey, label }: Preconditioning,
  plaintext: Uint8Array,
  aad: Uint8Array,
): SealedKey {
  const salt = randomHead(port, SALT_SIZE);
  port.keys.derive(key, label, subkey, 'aes', salt);
  try {
    const iv = randomHead(port, IV_SIZE);
    return { salt, iv, ...port.keys.gcmSeal(subkey, iv, plaintext, aad) };
  } finally {
    port.keys.erase(subkey);
  }
}

/** @returns undefined if the tag is wrong */
export function preconditionedOpen(
  port: LockPort,
  { key, subkey, label }: Preconditioning,
  sealed: SealedKey,
  aad: Uint8Array,
): Uint8Array | undefined {
  port.keys.derive(key, label, subkey, 'aes', sealed.salt);
  try {
    return port.keys.gcmOpen(subkey, sealed.iv, sealed, aad);
  } finally {
    port.keys.erase(subkey);
  }
}
