import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { openEnabledMpk, withEpk } from './mpk.ts';
import type { LockPort } from './port.ts';
import { preconditionedOpen, preconditionedSeal } from './preconditioned-aes.ts';
import { random64 } from './random.ts';
import type { Conformance, LockState } from './state.ts';
import { wiped } from './wiped.ts';
import { unwrapKey, type WrappedKey, wrapKey, wrappedKeyAad } from './wrapped-key.ts';

/**
 * Media encryption keys.
 *
 *     EPK ── DPK ──► intermediate MEK secret ── MPK ──► … ─┬─ "wrapped" ──► MEK secret ──► wrapped MEK
 *                                                          └─ "derived" ──► MEK secret ──► MEK seed
 *
 * Either gives 64 bytes that the MDK, in hardware, decrypts into the MEK. One INITIALIZE_MEK_SECRET serves one MEK.
 *
 * @see caliptra-sw:runtime/src/ocp_lock/mod.rs
 */

const INTERMEDIATE_LABEL = 'ocp_lock_intermediate_mek_secret';
const MIX_MPK_LABEL = 'ocp_lock_mix_mpk';
const WRAPPED_MEK_SECRET_LABEL = 'ocp_lock_wrapped_mek';
const DERIVED_MEK_SECRET_LABEL = 'ocp_lock_derived_mek';
const MEK_SEED_LABEL = 'ocp_lock_mek_seed';
const MEK_WRAPPING = { key: 'MEK_SECRETS', subkey: 'MEK_SECRETS', label: 'ocp_lock_mek' } as const;

/** Attempts at a MEK whose XTS halves differ. Specification 1.1, "AES-XTS considerations" */
const XTS_ATTEMPTS = 26;
const NO_CHECKSUM = new Uint8Array(16);

/** Of SEK and DPK; one that was there before is lost. */
export function initializeMekSecret(port: LockPort, state: LockState, sek: Uint8Array, dpk: Uint8Array): void {
  withEpk(port, sek, () => port.keys.derive('EPK', INTERMEDIATE_LABEL, 'MEK_SECRETS', 'hmac', dpk));
  state.mekSecret = true;
}

/** Adds an enabled MPK; the order of several matters. */
export function mixMpk(port: LockPort, state: LockState, enabled: WrappedKey): void {
  unwrapKey('ENABLED_MPK', enabled);
  if (!port.vekAvailable) throw new RotError('RUNTIME_OCP_LOCK_VEK_UNAVAILABLE');
  requireMekSecret(state);
  wiped(openEnabledMpk(port, enabled), (mpk) =>
    port.keys.derive('MEK_SECRETS', MIX_MPK_LABEL, 'MEK_SECRETS', 'hmac', mpk),
  );
}

function requireMekSecret({ mekSecret }: LockState): void {
  if (!mekSecret) throw new RotError('RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED');
}

/** Takes the intermediate secret, which is gone afterwards whatever becomes of `use`. */
function consumeMekSecret<T>(
  { keys }: LockPort,
  state: LockState,
  label: string,
  use: 'hmac' | 'aes',
  consumer: () => T,
): T {
  requireMekSecret(state);
  state.mekSecret = false;
  keys.derive('MEK_SECRETS', label, 'MEK_SECRETS', use);
  try {
    return consumer();
  } finally {
    keys.erase('MEK_SECRETS');
  }
}

/**
 * Whether XTS may use the 64 bytes, as one key of 512 bits or as two of 256: neighbouring halves differ. ECB keeps
 * equality of blocks, so this can be asked of an MEK that is still encrypted.
 */
export function hasDistinctXtsHalves(key: Uint8Array): boolean {
  const part = (index: number, size: number) => key.subarray(index * size, (index + 1) * size);
  return (
    !equalBytes(part(0, 32), part(1, 32)) &&
    !equalBytes(part(0, 16), part(1, 16)) &&
    !equalBytes(part(2, 16), part(3, 16))
  );
}

/** `next` until the halves differ; the firmware takes the first one as it is. */
function acceptable(conformance: Conformance, next: (previous?: Uint8Array) => Uint8Array): Uint8Array {
  let key = next();
  if (conformance === 'firmware-2.1') return key;
  for (let attempt = 1; attempt < XTS_ATTEMPTS && !hasDistinctXtsHalves(key); attempt++) {
    const previous = key;
    key = next(previous);
    previous.fill(0);
  }
  if (!hasDistinctXtsHalves(key)) throw new RotError('RUNTIME_OCP_LOCK_FAILED_TO_GENERATE_MEK');
  return key;
}

/** A random MEK, wrapped. */
export function generateMek(port: LockPort, state: LockState, conformance: Conformance): WrappedKey {
  return consumeMekSecret(port, state, WRAPPED_MEK_SECRET_LABEL, 'hmac', () => {
    const mek = acceptable(conformance, () => random64(port));
    const singleEncrypted = wiped(mek, () => port.keys.ecbEncrypt('MDK', mek));
    const sealed = preconditionedSeal(port, MEK_WRAPPING, singleEncrypted, wrappedKeyAad('WRAPPED_MEK'));
    return wrapKey('WRAPPED_MEK', sealed, new Uint8Array(0));
  });
}

/** Unwraps an MEK to where the encryption engine gets it from. @throws RotError RUNTIME_DRIVER_AES_INVALID_TAG */
export function unwrapMek(port: LockPort, state: LockState, conformance: Conformance, wrapped: WrappedKey): void {
  const sealed = unwrapKey('WRAPPED_MEK', wrapped);
  const singleEncrypted = consumeMekSecret(port, state, WRAPPED_MEK_SECRET_LABEL, 'hmac', () => {
    const opened = preconditionedOpen(port, MEK_WRAPPING, sealed, wrappedKeyAad('WRAPPED_MEK'));
    if (opened === undefined) throw new RotError('RUNTIME_DRIVER_AES_INVALID_TAG', 'wrapped_mek');
    return opened;
  });
  if (conformance === 'spec-1.1' && !hasDistinctXtsHalves(singleEncrypted))
    throw new RotError('RUNTIME_OCP_LOCK_FAILED_TO_CONVERT_WRAPPED_KEY', 'equal halves of an XTS key');
  port.keys.decryptMek(singleEncrypted);
  singleEncrypted.fill(0);
}

/**
 * Derives an MEK to where the encryption engine gets it from.
 *
 * @param expected - checksum of 16 bytes; zeros for none
 * @returns its checksum
 * @throws RotError RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL
 */
export function deriveMek(
  port: LockPort,
  state: LockState,
  conformance: Conformance,
  expected: Uint8Array,
): Uint8Array {
  const { keys } = port;
  const seed = consumeMekSecret(port, state, DERIVED_MEK_SECRET_LABEL, 'aes', () =>
    acceptable(conformance, (previous) => keys.cmacKdf(previous?.subarray(0, 32) ?? 'MEK_SECRETS', MEK_SEED_LABEL)),
  );
  return wiped(seed, () => {
    const checksum = keys.ecbEncrypt(seed.subarray(0, 32), NO_CHECKSUM);
    if (!equalBytes(expected, NO_CHECKSUM) && !equalBytes(expected, checksum))
      throw new RotError('RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL');
    keys.decryptMek(seed);
    return checksum;
  });
}
