import { p256 } from '@noble/curves/nist.js';
import { type Capabilities, type Entropy, equalBytes, hkdfExpand, hkdfExtract } from '@rootcap/crypto';
import { EXPORTED_CDI_SIZE } from '../messages.ts';
import type { DpeCdi, DpeCrypto, DpeKeyPair, SignData } from '../port.ts';
import type { DpeProfile } from '../profiles.ts';
import { DpeError } from '../statuses.ts';

/** What the simulator needs of a provider. */
export type SimulatorProvider = Pick<Capabilities, 'hashes' | 'hmac' | 'ecdsa384' | 'mldsa87'>;

export interface SimulatorCryptoOptions {
  readonly provider: SimulatorProvider;
  readonly profile: DpeProfile;
  /** The key that issues certificates: a private scalar, or the ML-DSA seed. */
  readonly aliasKey: Uint8Array;
  /** Source of handles. */
  readonly entropy: Entropy;
}

/** Bytes of a CDI and of a key seed, and the hash of their derivation. */
const DERIVATION = {
  'ecdsa-p256': { hash: 'sha256', length: 32 },
  'ecdsa-p384': { hash: 'sha384', length: 48 },
  mldsa87: { hash: 'sha256', length: 32 },
} as const;

/** ECDSA of either curve without normalisation of s, deterministic after RFC 6979. */
function eccKeyPair(provider: SimulatorProvider, profile: DpeProfile, scalar: Uint8Array): DpeKeyPair {
  const p384 = profile.algorithm === 'ecdsa-p384';
  const digestOf = ({ kind, bytes }: SignData): Uint8Array => {
    if (kind === 'mu') throw new DpeError('MismatchedAlgorithm', 'an ECC key does not sign a mu');
    return kind === 'digest' ? bytes : provider.hashes.digest(profile.hash, bytes);
  };
  return {
    publicKey: p384 ? provider.ecdsa384.publicKey(scalar) : p256.getPublicKey(scalar, false).subarray(1),
    sign(data) {
      const digest = digestOf(data);
      if (p384) return provider.ecdsa384.sign(scalar, digest);
      return p256.sign(digest, scalar, { prehash: false, lowS: false });
    },
  };
}

/** ML-DSA-87, deterministic, empty context. */
function mlDsaKeyPair({ mldsa87 }: SimulatorProvider, seed: Uint8Array): DpeKeyPair {
  const { publicKey, secretKey } = mldsa87.keygenFromSeed(seed);
  return {
    publicKey,
    sign({ kind, bytes }) {
      if (kind === 'digest') throw new DpeError('MismatchedAlgorithm', 'an ML-DSA key does not sign a digest');
      return kind === 'mu' ? mldsa87.signMu(secretKey, bytes) : mldsa87.sign(secretKey, bytes);
    },
  };
}

/** @internal Key pair of a private scalar, or of an ML-DSA seed. */
export function keyPair(provider: SimulatorProvider, profile: DpeProfile, secret: Uint8Array): DpeKeyPair {
  return profile.algorithm === 'mldsa87' ? mlDsaKeyPair(provider, secret) : eccKeyPair(provider, profile, secret);
}

/**
 * The software cryptography of the reference simulator: CDIs and keys by HKDF, one slot for an exported CDI.
 *
 *     CDI  = HKDF(salt = label, ikm = measurement digest, info = measurement digest)
 *     seed = HKDF(salt = info, ikm = CDI, info = label): the private scalar, or xi of ML-DSA
 *
 * @see caliptra-dpe:crypto/src/{rustcrypto,hkdf}.rs
 */
export function simulatorCrypto({ provider, profile, aliasKey, entropy }: SimulatorCryptoOptions): DpeCrypto {
  const { hash, length } = DERIVATION[profile.algorithm];
  const alias = keyPair(provider, profile, aliasKey);
  let exported: { readonly cdi: Uint8Array; readonly handle: Uint8Array } | undefined;

  const hkdf = (salt: Uint8Array, ikm: Uint8Array, info: Uint8Array): Uint8Array =>
    hkdfExpand(provider, hash, hkdfExtract(provider, hash, salt, ikm), info, length);
  const cdiOf = (measurement: Uint8Array, label: Uint8Array): Uint8Array => hkdf(label, measurement, measurement);
  const deriveKeyPair = (cdi: Uint8Array, label: Uint8Array, info: Uint8Array): DpeKeyPair =>
    keyPair(provider, profile, hkdf(info, cdi, label));

  return {
    hash: (...parts) => provider.hashes.digest(profile.hash, ...parts),
    randomBytes: (size) => entropy.bytes(size),
    deriveCdi(measurement, label): DpeCdi {
      const cdi = cdiOf(measurement, label);
      return { deriveKeyPair: (keyLabel, info) => deriveKeyPair(cdi, keyLabel, info) };
    },
    deriveExportedCdi(measurement, label) {
      const cdi = cdiOf(measurement, label);
      if (exported !== undefined)
        throw equalBytes(exported.cdi, cdi)
          ? new DpeError('ExportedCdiHandleDuplicateCdi', 'this CDI is exported already')
          : new DpeError('ExportedCdiHandleLimitExceeded', 'another CDI is exported already');
      exported = { cdi, handle: entropy.bytes(EXPORTED_CDI_SIZE) };
      return exported.handle;
    },
    exportedKeyPair(handle, label, info) {
      if (exported === undefined || !equalBytes(exported.handle, handle))
        throw new DpeError('InvalidExportedCdiHandle', 'no exported CDI has this handle');
      return deriveKeyPair(exported.cdi, label, info);
    },
    signWithAlias: (data) => alias.sign(data),
  };
}
