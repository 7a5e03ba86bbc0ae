import { concatBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { LockPort } from './port.ts';
import { preconditionedOpen, preconditionedSeal } from './preconditioned-aes.ts';
import { random64 } from './random.ts';
import { wiped } from './wiped.ts';
import { unwrapKey, usedMetadata, type WrappedKey, wrapKey, wrappedKeyAad } from './wrapped-key.ts';

/**
 * Multi-party protection keys: what a remote party's access key unlocks.
 *
 *     HEK ─┬─ SEK ──► EPK ── access key ──► locked MPK encryption key ──► locked MPK
 *          └─ random ──► VEK ──► enabled MPK
 *
 * @see caliptra-sw:runtime/src/ocp_lock/mod.rs
 */

const EPK_LABEL = 'ocp_lock_epk';
const VEK_LABEL = 'ocp_lock_vek';
const LOCKED_MPK_ENCRYPTION_KEY_LABEL = 'ocp_lock_locked_mpk_encryption_key';
const MPK_SIZE = 32;

const LOCKED_MPK = {
  key: 'LOCKED_MPK_ENCRYPTION_KEY',
  subkey: 'LOCKED_MPK_ENCRYPTION_KEY',
  label: 'ocp_lock_locked_mpk',
} as const;
/** The VEK stays; its subkey takes a slot that is erased after every use. */
const ENABLED_MPK = { key: 'VEK', subkey: 'LOCKED_MPK_ENCRYPTION_KEY', label: 'ocp_lock_enabled_mpk' } as const;

/**
 * Has the EPK of `sek` for the time of `use`.
 *
 * @throws RotError RUNTIME_OCP_LOCK_HEK_UNAVAILABLE
 */
export function withEpk<T>(port: LockPort, sek: Uint8Array, use: () => T): T {
  requireHek(port);
  return withDerivedEpk(port, sek, use);
}

function requireHek({ hekAvailable }: LockPort): void {
  if (!hekAvailable) throw new RotError('RUNTIME_OCP_LOCK_HEK_UNAVAILABLE');
}

function withDerivedEpk<T>({ keys }: LockPort, sek: Uint8Array, use: () => T): T {
  keys.derive('HEK', EPK_LABEL, 'EPK', 'hmac', sek);
  try {
    return use();
  } finally {
    keys.erase('EPK');
    keys.erase('LOCKED_MPK_ENCRYPTION_KEY');
  }
}

/** Makes the VEK unless this power cycle has one. */
function ensureVek(port: LockPort): void {
  if (port.vekAvailable) return;
  port.keys.derive('HEK', VEK_LABEL, 'VEK', 'hmac', port.random());
  port.vekAvailable = true;
}

function deriveLockedMpkEncryptionKey({ keys }: LockPort, accessKey: Uint8Array): void {
  keys.derive('EPK', LOCKED_MPK_ENCRYPTION_KEY_LABEL, 'LOCKED_MPK_ENCRYPTION_KEY', 'hmac', accessKey);
}

/** Locks an MPK under the locked MPK encryption key that was derived last. */
function sealLocked(port: LockPort, mpk: Uint8Array, metadata: Uint8Array): WrappedKey {
  const sealed = preconditionedSeal(port, LOCKED_MPK, mpk, wrappedKeyAad('LOCKED_MPK', metadata));
  return wrapKey('LOCKED_MPK', sealed, metadata);
}

/** @throws RotError RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID if SEK, access key, metadata or blob are not the ones it was made with */
function openLocked(port: LockPort, accessKey: Uint8Array, locked: WrappedKey): Uint8Array {
  deriveLockedMpkEncryptionKey(port, accessKey);
  const aad = wrappedKeyAad('LOCKED_MPK', usedMetadata(locked));
  discardRandom64(port);
  const mpk = preconditionedOpen(port, LOCKED_MPK, unwrapKey('LOCKED_MPK', locked), aad);
  if (mpk === undefined) throw new RotError('RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID');
  return mpk;
}

/** The firmware fills the buffer of an MPK with random bytes before it decrypts into it. */
function discardRandom64(port: LockPort): void {
  random64(port).fill(0);
}

function generateMpkBytes(port: LockPort): Uint8Array {
  return random64(port).subarray(0, MPK_SIZE);
}

/** A new MPK, locked under `sek` and `accessKey`. */
export function generateMpk(port: LockPort, sek: Uint8Array, accessKey: Uint8Array, metadata: Uint8Array): WrappedKey {
  return withEpk(port, sek, () => {
    deriveLockedMpkEncryptionKey(port, accessKey);
    return wiped(generateMpkBytes(port), (mpk) => sealLocked(port, mpk, metadata));
  });
}

/** The same MPK locked under another access key. */
export function rewrapMpk(
  port: LockPort,
  sek: Uint8Array,
  current: Uint8Array,
  next: Uint8Array,
  locked: WrappedKey,
): WrappedKey {
  return withEpk(port, sek, () =>
    wiped(openLocked(port, current, locked), (mpk) => {
      deriveLockedMpkEncryptionKey(port, next);
      return { ...sealLocked(port, mpk, usedMetadata(locked)), metadata: locked.metadata };
    }),
  );
}

/** Locked to enabled: from now to the next power cycle it can be mixed into MEK secrets. */
export function enableMpk(port: LockPort, sek: Uint8Array, accessKey: Uint8Array, locked: WrappedKey): WrappedKey {
  requireHek(port);
  ensureVek(port);
  const opened = withDerivedEpk(port, sek, () => openLocked(port, accessKey, locked));
  return wiped(opened, (mpk) => {
    const metadata = usedMetadata(locked);
    const sealed = preconditionedSeal(port, ENABLED_MPK, mpk, wrappedKeyAad('ENABLED_MPK', metadata));
    return { ...wrapKey('ENABLED_MPK', sealed, metadata), metadata: locked.metadata };
  });
}

/** Proof that the access key opens the MPK. @returns SHA-384(metadata ‖ access key ‖ nonce) */
export function testAccessKey(
  port: LockPort,
  sek: Uint8Array,
  accessKey: Uint8Array,
  locked: WrappedKey,
  nonce: Uint8Array,
): Uint8Array {
  return withEpk(port, sek, () => {
    openLocked(port, accessKey, locked).fill(0);
    return port.sha384(concatBytes(usedMetadata(locked), accessKey, nonce));
  });
}

/** The MPK of an enabled blob. @throws RotError RUNTIME_DRIVER_AES_INVALID_TAG */
export function openEnabledMpk(port: LockPort, enabled: WrappedKey): Uint8Array {
  const metadata = usedMetadata(enabled, 'RUNTIME_OCP_LOCK_DESERIALIZE_METADATA_FAILURE');
  discardRandom64(port);
  const sealed = unwrapKey('ENABLED_MPK', enabled);
  const mpk = preconditionedOpen(port, ENABLED_MPK, sealed, wrappedKeyAad('ENABLED_MPK', metadata));
  if (mpk === undefined) throw new RotError('RUNTIME_DRIVER_AES_INVALID_TAG', 'enabled_mpk');
  return mpk;
}
