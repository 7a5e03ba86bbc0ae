import { verify as opensslVerify } from 'node:crypto';
import { p384 } from '@noble/curves/nist.js';
import { bytesToNumberBE } from '@noble/curves/utils.js';
import { concatBytes } from '../bytes.ts';
import { checkBytes } from '../checks.ts';
import { ecdsa384Sha384 as portable } from '../portable/ecdsa384.ts';
import { hashes } from '../portable/hashes.ts';
import type { Ecdsa384 } from '../provider.ts';
import { publicKeyObject } from './ec-keys.ts';

const { Point } = p384;
const { Fn } = Point;

const EMPTY = new Uint8Array(0);
const UNCOMPRESSED = Uint8Array.of(4);

/** Leftmost 384 bits of a digest as a number, reduced modulo n. FIPS 186-5 §6.4.2 */
function toScalar(digest: Uint8Array): bigint {
  return Fn.create(bytesToNumberBE(digest.subarray(0, 48)));
}

const EMPTY_MESSAGE_SCALAR = toScalar(hashes.digest('sha384', EMPTY));

function decodePoint(publicKey: Uint8Array) {
  try {
    return Point.fromBytes(concatBytes(UNCOMPRESSED, publicKey));
  } catch {
    return undefined;
  }
}

/**
 * OpenSSL under Node verifies messages, never digests. Yet for every digest h there is a key under which the *empty*
 * message, of scalar e, has the same signatures: with `Q' = Q + t·G` and `t = (h - e) / r`,
 *
 *     (e/s)·G + (r/s)·Q' = ((e + r·t)/s)·G + (r/s)·Q = (h/s)·G + (r/s)·Q,
 *
 * which is the very point whose x coordinate ECDSA compares with r. The verdict is therefore the same for every input, at
 * the price of one base-point multiplication. All of it is public.
 */
function verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  checkBytes('publicKey', publicKey, 96);
  checkBytes('digest', digest);
  checkBytes('signature', signature);
  if (signature.length !== 96) return false;
  const r = bytesToNumberBE(signature.subarray(0, 48));
  const s = bytesToNumberBE(signature.subarray(48));
  const point = decodePoint(publicKey);
  if (point === undefined || !Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false;
  const t = Fn.mul(Fn.sub(toScalar(digest), EMPTY_MESSAGE_SCALAR), Fn.inv(r));
  const shifted = point.add(Point.BASE.multiplyUnsafe(t));
  // Q' at infinity has no encoding; only someone who knows the private key can hit it.
  if (shifted.is0()) return portable.verify(publicKey, digest, signature);
  const key = publicKeyObject(shifted.toBytes(false).subarray(1));
  return opensslVerify('sha384', EMPTY, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** ECDSA P-384 that verifies with OpenSSL. Signing stays portable: OpenSSL's nonces are random. */
export const ecdsa384: Ecdsa384 = { ...portable, verify };
