import { der, OID } from '@rootcap/dice';

/** Facts of one profile: what its hashes, keys, signatures and strings look like. */
export interface DpeProfile {
  readonly id: number;
  readonly name: 'P256_SHA256' | 'P384_SHA384' | 'ML_DSA_87';
  readonly algorithm: 'ecdsa-p256' | 'ecdsa-p384' | 'mldsa87';
  readonly hash: 'sha256' | 'sha384';
  /** Bytes of a hash, a measurement and a label. */
  readonly hashSize: 32 | 48;
  /** Bytes that Sign takes: a digest, or an external mu. */
  readonly toBeSignedSize: 32 | 48 | 64;
  /** Bytes of a public key: X ‖ Y, or the raw ML-DSA key. */
  readonly publicKeySize: number;
  /** Bytes of a signature: r ‖ s, or the raw ML-DSA signature. */
  readonly signatureSize: number;
  /** `info` of a key pair. */
  readonly keyInfo: Uint8Array;
  /** Label and `info` of a key pair from an exported CDI. */
  readonly exportedKeyInfo: Uint8Array;
  /** AlgorithmIdentifier of a public key. */
  readonly keyAlgorithm: Uint8Array;
  /** AlgorithmIdentifier of a signature: no parameters. */
  readonly signatureAlgorithm: Uint8Array;
  /** Object identifier of the hash, dotted. */
  readonly hashOid: string;
}

/** Version of the profile that GetProfile answers: 0.13. */
export const PROFILE_VERSION = { major: 0, minor: 13 } as const;

const ecc = { keyInfo: der.ascii('ECC'), exportedKeyInfo: der.ascii('Exported ECC') } as const;

/** OCP "DPE iRoT profile" P256_SHA256. */
export const P256_SHA256: DpeProfile = {
  id: 3,
  name: 'P256_SHA256',
  algorithm: 'ecdsa-p256',
  hash: 'sha256',
  hashSize: 32,
  toBeSignedSize: 32,
  publicKeySize: 64,
  signatureSize: 64,
  ...ecc,
  keyAlgorithm: der.sequence(der.oid(OID.ecPublicKey), der.oid(OID.secp256r1)),
  signatureAlgorithm: der.sequence(der.oid(OID.ecdsaWithSha256)),
  hashOid: OID.sha256,
};

/** OCP "DPE iRoT profile" P384_SHA384. */
export const P384_SHA384: DpeProfile = {
  id: 4,
  name: 'P384_SHA384',
  algorithm: 'ecdsa-p384',
  hash: 'sha384',
  hashSize: 48,
  toBeSignedSize: 48,
  publicKeySize: 96,
  signatureSize: 96,
  ...ecc,
  keyAlgorithm: der.sequence(der.oid(OID.ecPublicKey), der.oid(OID.secp384r1)),
  signatureAlgorithm: der.sequence(der.oid(OID.ecdsaWithSha384)),
  hashOid: OID.sha384,
};

/** OCP "DPE iRoT profile" ML_DSA_87, with SHA-384 as its hash. */
export const ML_DSA_87: DpeProfile = {
  id: 5,
  name: 'ML_DSA_87',
  algorithm: 'mldsa87',
  hash: 'sha384',
  hashSize: 48,
  toBeSignedSize: 64,
  publicKeySize: 2592,
  signatureSize: 4627,
  keyInfo: der.ascii('MLDSA'),
  exportedKeyInfo: der.ascii('Exported ML-DSA'),
  keyAlgorithm: der.sequence(der.oid(OID.mlDsa87)),
  signatureAlgorithm: der.sequence(der.oid(OID.mlDsa87)),
  hashOid: OID.sha384,
};

/** Every profile, by the id in the headers. */
export const PROFILES: ReadonlyMap<number, DpeProfile> = new Map(
  [P256_SHA256, P384_SHA384, ML_DSA_87].map((profile) => [profile.id, profile]),
);
