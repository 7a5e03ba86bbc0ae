import { requireLength } from './checks.ts';
import * as der from './der.ts';
import { OID } from './oids.ts';

/** The two algorithms every DICE layer has a key and a certificate for. */
export type DiceAlgorithm = 'ecdsa-p384' | 'mldsa87';

interface AlgorithmFacts {
  /** As it stands in common names. */
  readonly label: string;
  /** Bytes of a public key: 04 ‖ X ‖ Y, or the raw ML-DSA key. */
  readonly publicKeySize: number;
  /** Bytes of a signature as it enters: r ‖ s, or the raw ML-DSA signature. */
  readonly signatureSize: number;
  /** AlgorithmIdentifier of a signature: no parameters. */
  readonly signatureAlgorithm: Uint8Array;
  /** AlgorithmIdentifier of a public key. */
  readonly keyAlgorithm: Uint8Array;
}

const mlDsa87 = der.sequence(der.oid(OID.mlDsa87));

/** @internal caliptra-sw:x509/src/cert_bldr.rs, x509/gen/src/x509.rs */
export const ALGORITHMS: Readonly<Record<DiceAlgorithm, AlgorithmFacts>> = {
  'ecdsa-p384': {
    label: 'Ecc384',
    publicKeySize: 97,
    signatureSize: 96,
    signatureAlgorithm: der.sequence(der.oid(OID.ecdsaWithSha384)),
    keyAlgorithm: der.sequence(der.oid(OID.ecPublicKey), der.oid(OID.secp384r1)),
  },
  mldsa87: {
    label: 'MlDsa87',
    publicKeySize: 2592,
    signatureSize: 4627,
    signatureAlgorithm: mlDsa87,
    keyAlgorithm: mlDsa87,
  },
};

/** @internal Checks the public key convention of this package. */
export function requirePublicKey(algorithm: DiceAlgorithm, publicKey: Uint8Array): Uint8Array {
  requireLength(publicKey, ALGORITHMS[algorithm].publicKeySize, 'publicKey');
  if (algorithm === 'ecdsa-p384' && publicKey[0] !== 4)
    throw new RangeError(`publicKey: first byte ${publicKey[0]}, 4 (uncompressed point) expected`);
  return publicKey;
}

/** SubjectPublicKeyInfo. @param publicKey - 04 ‖ X ‖ Y (97 bytes) or the raw ML-DSA key (2592 bytes) */
export function subjectPublicKeyInfo(algorithm: DiceAlgorithm, publicKey: Uint8Array): Uint8Array {
  return der.sequence(ALGORITHMS[algorithm].keyAlgorithm, der.bitString(requirePublicKey(algorithm, publicKey)));
}
