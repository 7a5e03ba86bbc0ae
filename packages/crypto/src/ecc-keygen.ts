import { checkBytes } from './checks.ts';
import { HmacDrbg } from './hmac-drbg.ts';
import { isP384Scalar } from './p384-scalar.ts';
import type { Capabilities } from './provider.ts';

const ZERO_NONCE = new Uint8Array(48);

export interface Ecc384KeyPair {
  /** Scalar, 48 bytes big-endian. */
  readonly privateKey: Uint8Array;
  /** X ‖ Y, 96 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * Key generation of Caliptra's ECC block: HMAC_DRBG with SHA-384 is instantiated from `seed` and `nonce`, and gives
 * 48-byte candidates until one lies in 1..n-1.
 *
 * @param seed - 48 bytes: the head of a key-vault entry
 * @param nonce - 48 bytes; the firmware leaves it zero
 * @see caliptra-rtl:src/ecc, caliptra-rtl:src/hmac_drbg
 */
export function ecc384KeyFromSeed(
  provider: Pick<Capabilities, 'hmac' | 'ecdsa384'>,
  seed: Uint8Array,
  nonce: Uint8Array = ZERO_NONCE,
): Ecc384KeyPair {
  checkBytes('seed', seed, 48);
  checkBytes('nonce', nonce, 48);
  const drbg = new HmacDrbg(provider, 'sha384', { entropy: seed, nonce });
  let privateKey = drbg.generate(48);
  while (!isP384Scalar(privateKey)) privateKey = drbg.generate(48);
  drbg.wipe();
  return { privateKey, publicKey: provider.ecdsa384.publicKey(privateKey) };
}
