import { ecdsa } from '@noble/curves/abstract/weierstrass.js';
import { p384 } from '@noble/curves/nist.js';
import { checkBytes } from '../checks.ts';
import type { Ecdsa384, HashName } from '../provider.ts';
import { algorithm } from './hashes.ts';

const RAW = { prehash: false, lowS: false } as const;

/** SEC 1 §2.3.3 uncompressed form of X ‖ Y. */
function uncompressed(publicKey: Uint8Array): Uint8Array {
  const out = new Uint8Array(97);
  out[0] = 4;
  out.set(publicKey, 1);
  return out;
}

/** @internal @throws RangeError if the scalar is not in 1..n-1. The value is not in the message. */
export function checkScalar(privateKey: Uint8Array): void {
  checkBytes('privateKey', privateKey, 48);
  if (!p384.utils.isValidSecretKey(privateKey)) throw new RangeError('privateKey: expected a scalar in 1..n-1');
}

/** @internal @throws RangeError if X ‖ Y is not 96 bytes or not on the curve */
export function checkPoint(publicKey: Uint8Array): void {
  if (!isPoint(publicKey)) throw new RangeError('publicKey: expected a point of P-384, got one off the curve');
}

function isPoint(publicKey: Uint8Array): boolean {
  checkBytes('publicKey', publicKey, 96);
  return p384.utils.isValidPublicKey(uncompressed(publicKey), false);
}

/**
 * ECDSA on P-384 whose nonces come from RFC 6979 with HMAC over `hash`, which also made the digest.
 *
 * @param digestLengths - lengths in bytes that `sign` accepts for a digest
 */
function ecdsa384(hash: HashName, ...digestLengths: readonly number[]): Ecdsa384 {
  const curve = hash === 'sha384' ? p384 : ecdsa(p384.Point, algorithm(hash), { lowS: false });
  return {
    publicKey(privateKey) {
      checkScalar(privateKey);
      return curve.getPublicKey(privateKey, false).slice(1);
    },
    sign(privateKey, digest) {
      checkScalar(privateKey);
      checkBytes('digest', digest, ...digestLengths);
      return curve.sign(digest, privateKey, RAW);
    },
    verify(publicKey, digest, signature) {
      checkBytes('publicKey', publicKey, 96);
      checkBytes('digest', digest);
      checkBytes('signature', signature);
      if (signature.length !== 96) return false;
      // FIPS 186-5 §6.4.2: only the leftmost 384 bits of the digest count.
      return curve.verify(signature, digest.subarray(0, 48), uncompressed(publicKey), RAW);
    },
    isPoint,
  };
}

/** ECDSA P-384 as Caliptra's ECC block does it: RFC 6979 with SHA-384. From @noble/curves. */
export const ecdsa384Sha384: Ecdsa384 = ecdsa384('sha384', 48);

/**
 * ECDSA P-384 with RFC 6979 nonces from HMAC over another hash, for digests of that hash (RFC 6979 A.2.6).
 *
 * @throws RangeError if there is no hash of that name
 */
export function ecdsa384With(hash: HashName): Ecdsa384 {
  return ecdsa384(hash, algorithm(hash).outputLen);
}
