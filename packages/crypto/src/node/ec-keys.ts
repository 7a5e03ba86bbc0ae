import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { concatBytes, hexToBytes } from '../bytes.ts';

/** SubjectPublicKeyInfo of P-384 up to X: id-ecPublicKey, secp384r1, BIT STRING, uncompressed. RFC 5480 */
const SPKI_HEAD = hexToBytes('3076301006072a8648ce3d020106052b8104002203620004');

/** ECPrivateKey (RFC 5915) up to the scalar, between scalar and public key, i.e. secp384r1 and BIT STRING. */
const SEC1_HEAD = hexToBytes('3081a40201010430');
const SEC1_MIDDLE = hexToBytes('a00706052b81040022a16403620004');

/** @internal @throws Error if X ‖ Y is not on the curve */
export function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: der(SPKI_HEAD, publicKey), format: 'der', type: 'spki' });
}

/**
 * @internal A private key for key agreement only: `publicKey` need not belong to it. OpenSSL would otherwise compute the
 * right one on import, a point multiplication that the agreement never looks at.
 */
export function agreementKeyObject(privateKey: Uint8Array, publicKey: Uint8Array): KeyObject {
  const key = der(SEC1_HEAD, privateKey, SEC1_MIDDLE, publicKey);
  try {
    return createPrivateKey({ key, format: 'der', type: 'sec1' });
  } finally {
    key.fill(0);
  }
}

function der(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.from(concatBytes(...parts).buffer);
}
