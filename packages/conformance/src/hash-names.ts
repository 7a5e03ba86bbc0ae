import type { CryptoProvider, HashName } from '@rootcap/crypto';
import { notRun } from './suite.ts';

/** Digits of every spelling in use (`SHA2-512/256`, `SHA-512/256`, `SHA512256`, `SHA3-384`) → name of the provider. */
const HASHES: Readonly<Record<string, HashName>> = {
  SHA1: 'sha1',
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
  SHA512224: 'sha512-224',
  SHA512256: 'sha512-256',
  SHA3224: 'sha3-224',
  SHA3256: 'sha3-256',
  SHA3384: 'sha3-384',
  SHA3512: 'sha3-512',
};

const compact = (name: string): string =>
  name
    .toUpperCase()
    .replace(/^SHA2-/, 'SHA')
    .replace(/[-/_]/g, '');

/** Hash of the provider with that name in ACVP, Wycheproof or RFC spelling. */
export function findHash(name: string): HashName | undefined {
  const key = compact(name);
  return Object.hasOwn(HASHES, key) ? HASHES[key] : undefined;
}

export function hashNamed(name: string): HashName {
  return findHash(name) ?? notRun(`hash ${name} is not part of the library`);
}

/**
 * Digest for a signature. SHAKE as a hash has a fixed output of 32 or 64 bytes (FIPS 186-5 §6.4, FIPS 204 §5.4.1).
 */
export function digestNamed(provider: CryptoProvider, name: string, message: Uint8Array): Uint8Array {
  if (compact(name) === 'SHAKE128') return provider.xof.digest('shake128', 32, message);
  if (compact(name) === 'SHAKE256') return provider.xof.digest('shake256', 64, message);
  return provider.hashes.digest(hashNamed(name), message);
}
