import type { CryptoProvider } from '@rootcap/crypto';
import { checkLength, type OwnerKeys, zeroPadded } from './keys.ts';
import { type ImageSignatures, PQC_SIZES, type PqcKeyType } from './layouts.ts';

/** What one party has to sign. */
export interface SigningRequest {
  /** The bytes that this party vouches for. */
  readonly message: Uint8Array;
  /** SHA-384 of `message`, 48 bytes: input of ECDSA P-384. */
  readonly eccDigest: Uint8Array;
  /** Input of the second algorithm: `message` for ML-DSA-87 (pure, empty context), `eccDigest` for LMS. */
  readonly pqcMessage: Uint8Array;
}

/** ECDSA r ‖ s 96 bytes; ML-DSA-87 4627 bytes or LMS 1620 bytes. */
export interface SignaturePair {
  readonly ecc: Uint8Array;
  readonly pqc: Uint8Array;
}

/** @internal */
export const NO_SIGNATURES: ImageSignatures = {
  eccSig: { r: new Uint8Array(48), s: new Uint8Array(48) },
  pqcSig: new Uint8Array(4628),
};

/** @internal */
export function signingRequest(provider: CryptoProvider, pqc: PqcKeyType, message: Uint8Array): SigningRequest {
  const eccDigest = provider.hashes.digest('sha384', message);
  return { message, eccDigest, pqcMessage: pqc === 'lms' ? eccDigest : message };
}

/** @internal @throws RangeError if `keys` has none of the second algorithm */
export function signRequest(
  provider: CryptoProvider,
  pqc: PqcKeyType,
  { eccDigest, pqcMessage }: SigningRequest,
  { ecc, mldsa, lms }: OwnerKeys,
): SignaturePair {
  const signature = pqc === 'lms' ? lms?.sign(pqcMessage) : mldsa && provider.mldsa87.sign(mldsa.secretKey, pqcMessage);
  if (signature === undefined) throw new RangeError(`${pqc}: expected a signing key, got none`);
  return { ecc: provider.ecdsa384.sign(ecc.privateKey, eccDigest), pqc: signature };
}

/** @internal Stored form of two signatures. @throws RangeError for a length that no such signature has */
export function storedSignatures(name: string, { ecc, pqc }: SignaturePair, keyType: PqcKeyType): ImageSignatures {
  checkLength(`${name}.ecc`, ecc, 96);
  checkLength(`${name}.pqc`, pqc, PQC_SIZES[keyType].signature);
  return { eccSig: { r: ecc.slice(0, 48), s: ecc.slice(48) }, pqcSig: zeroPadded(pqc, 4628) };
}
