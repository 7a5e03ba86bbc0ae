import type { CryptoProvider } from '@rootcap/crypto';
import {
  ImageEccPubKey,
  ImageOwnerPubKeys,
  ImageVendorPubKeyInfo,
  KEY_DESCRIPTOR_VERSION,
  PQC_KEY_TYPES,
  PQC_SIZES,
  type PqcKeyType,
  VENDOR_ECC_MAX_KEY_COUNT,
  VENDOR_LMS_MAX_KEY_COUNT,
  VENDOR_MLDSA_MAX_KEY_COUNT,
} from './layouts.ts';

/** P-384: public key X ‖ Y 96 bytes, private key 48 bytes, both big-endian. */
export interface EccSigningKey {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** ML-DSA-87: public key 2592 bytes, expanded secret key 4896 bytes. */
export interface MlDsaSigningKey {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/**
 * LMS_SHA256_M24_H15 with LMOTS_SHA256_N24_W4: public key 48 bytes, signature 1620 bytes. Every signature spends a leaf,
 * so which one is next is the business of whoever holds the key.
 */
export interface LmsSigningKey {
  readonly publicKey: Uint8Array;
  /** Signs `message`; see {@link lmsSigningKey}. */
  sign(message: Uint8Array): Uint8Array;
}

/** Keys of the firmware vendor: one of each kind signs a bundle, all are listed in it. */
export interface VendorKeys {
  /** 1..4. */
  readonly ecc: readonly EccSigningKey[];
  /** 1..4. */
  readonly mldsa?: readonly MlDsaSigningKey[];
  /** 1..32. */
  readonly lms?: readonly LmsSigningKey[];
}

export interface OwnerKeys {
  readonly ecc: EccSigningKey;
  readonly mldsa?: MlDsaSigningKey;
  readonly lms?: LmsSigningKey;
}

export interface VendorPublicKeys {
  readonly ecc: readonly Uint8Array[];
  readonly mldsa?: readonly Uint8Array[];
  readonly lms?: readonly Uint8Array[];
}

export interface OwnerPublicKeys {
  readonly ecc: Uint8Array;
  readonly mldsa?: Uint8Array;
  readonly lms?: Uint8Array;
}

const publicKeyOf = (key: { readonly publicKey: Uint8Array }): Uint8Array => key.publicKey;

export function vendorPublicKeys({ ecc, mldsa, lms }: VendorKeys): VendorPublicKeys {
  return {
    ecc: ecc.map(publicKeyOf),
    ...(mldsa === undefined ? {} : { mldsa: mldsa.map(publicKeyOf) }),
    ...(lms === undefined ? {} : { lms: lms.map(publicKeyOf) }),
  };
}

export function ownerPublicKeys({ ecc, mldsa, lms }: OwnerKeys): OwnerPublicKeys {
  return {
    ecc: ecc.publicKey,
    ...(mldsa === undefined ? {} : { mldsa: mldsa.publicKey }),
    ...(lms === undefined ? {} : { lms: lms.publicKey }),
  };
}

/** @internal @throws RangeError if `bytes` is not `length` long */
export function checkLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${name}: expected ${length} bytes, got ${bytes.length}`);
}

/** @internal Stored form of X ‖ Y. */
export function eccPubKeyOf(publicKey: Uint8Array, name = 'ecc'): ImageEccPubKey {
  checkLength(name, publicKey, 96);
  return { x: publicKey.slice(0, 48), y: publicKey.slice(48) };
}

/** @internal `value` followed by zeros. */
export function zeroPadded(value: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  out.set(value);
  return out;
}

const PQC_MAX_KEY_COUNT: Readonly<Record<PqcKeyType, number>> = {
  mldsa: VENDOR_MLDSA_MAX_KEY_COUNT,
  lms: VENDOR_LMS_MAX_KEY_COUNT,
};

/** @internal The vendor's PQC public keys of one kind. @throws RangeError if there are none, or too many */
export function vendorPqcKeys(vendor: VendorPublicKeys, pqc: PqcKeyType): readonly Uint8Array[] {
  const keys = vendor[pqc] ?? [];
  const max = PQC_MAX_KEY_COUNT[pqc];
  if (keys.length < 1 || keys.length > max)
    throw new RangeError(`vendor.${pqc}: expected 1..${max} keys, got ${keys.length}`);
  return keys;
}

/** @internal A PQC public key of one kind. @throws RangeError if there is none */
function ownerPqcKey(owner: OwnerPublicKeys, pqc: PqcKeyType, name: string): Uint8Array {
  const key = owner[pqc];
  if (key === undefined) throw new RangeError(`${name}.${pqc}: expected a key, got none`);
  checkLength(`${name}.${pqc}`, key, PQC_SIZES[pqc].publicKey);
  return key;
}

/** Hashes of the keys, then zero slots. */
function hashSlots(hashes: readonly Uint8Array[], slots: number): Uint8Array[] {
  return Array.from({ length: slots }, (_, i) => hashes[i] ?? new Uint8Array(48));
}

/**
 * The lists of vendor keys as a bundle carries them: SHA-384 of each key as it is stored.
 *
 * @throws RangeError for a wrong number of keys or a key of wrong length
 */
export function vendorPubKeyInfo(
  provider: CryptoProvider,
  vendor: VendorPublicKeys,
  pqc: PqcKeyType,
): ImageVendorPubKeyInfo {
  if (vendor.ecc.length < 1 || vendor.ecc.length > VENDOR_ECC_MAX_KEY_COUNT)
    throw new RangeError(`vendor.ecc: expected 1..${VENDOR_ECC_MAX_KEY_COUNT} keys, got ${vendor.ecc.length}`);
  const pqcKeys = vendorPqcKeys(vendor, pqc);
  const eccHashes = vendor.ecc.map((key, i) =>
    provider.hashes.digest('sha384', ImageEccPubKey.encode(eccPubKeyOf(key, `vendor.ecc[${i}]`))),
  );
  const pqcHashes = pqcKeys.map((key, i) => {
    checkLength(`vendor.${pqc}[${i}]`, key, PQC_SIZES[pqc].publicKey);
    return provider.hashes.digest('sha384', key);
  });
  return {
    eccKeyDescriptor: {
      version: KEY_DESCRIPTOR_VERSION,
      reserved: 0,
      keyHashCount: eccHashes.length,
      keyHash: hashSlots(eccHashes, VENDOR_ECC_MAX_KEY_COUNT),
    },
    pqcKeyDescriptor: {
      version: KEY_DESCRIPTOR_VERSION,
      keyType: PQC_KEY_TYPES[pqc],
      keyHashCount: pqcHashes.length,
      keyHash: hashSlots(pqcHashes, VENDOR_LMS_MAX_KEY_COUNT),
    },
  };
}

/** The owner keys as a bundle carries them, and any pair of keys in a SoC manifest. @param name - for errors */
export function ownerPubKeys(owner: OwnerPublicKeys, pqc: PqcKeyType, name = 'owner'): ImageOwnerPubKeys {
  return {
    eccPubKey: eccPubKeyOf(owner.ecc, `${name}.ecc`),
    pqcPubKey: zeroPadded(ownerPqcKey(owner, pqc, name), PQC_SIZES.mldsa.publicKey),
  };
}

/** Value of FUSE_VENDOR_PK_HASH, 48 bytes: `SHA-384(ECC descriptor ‖ PQC descriptor)`. */
export function vendorPkHash(provider: CryptoProvider, vendor: VendorPublicKeys, pqc: PqcKeyType): Uint8Array {
  return provider.hashes.digest('sha384', ImageVendorPubKeyInfo.encode(vendorPubKeyInfo(provider, vendor, pqc)));
}

/** Value of CPTRA_OWNER_PK_HASH, 48 bytes: `SHA-384(ECC key ‖ PQC key field)`. */
export function ownerPkHash(provider: CryptoProvider, owner: OwnerPublicKeys, pqc: PqcKeyType): Uint8Array {
  return provider.hashes.digest('sha384', ImageOwnerPubKeys.encode(ownerPubKeys(owner, pqc)));
}
