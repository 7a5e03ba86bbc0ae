import * as nodeCrypto from 'node:crypto';
import { concatBytes, hexToBytes } from '../bytes.ts';
import { checkBytes } from '../checks.ts';
import { mldsa } from '../portable/mldsa.ts';
import { mlkem } from '../portable/mlkem.ts';
import type { MlDsa, MlKem } from '../provider.ts';
import { plain } from './bytes.ts';

/** SubjectPublicKeyInfo of ML-DSA-87 up to the key. RFC 9881 */
const MLDSA87_SPKI_HEAD = hexToBytes('30820a32300b060960864801650304031303820a2100');

/** PKCS #8 of ML-KEM-1024 with the expanded key, up to that key. RFC 9935 */
const MLKEM1024_PKCS8_HEAD = hexToBytes('30820c78020100300b060960864801650304040304820c6404820c60');

/** Node 24.7 and later. */
type Decapsulate = (key: nodeCrypto.KeyObject, ciphertext: Uint8Array) => Buffer;

function decapsulateOf(library: { readonly decapsulate?: Decapsulate }): Decapsulate | undefined {
  return library.decapsulate;
}

function mldsa87PublicKey(publicKey: Uint8Array): nodeCrypto.KeyObject {
  const key = Buffer.from(concatBytes(MLDSA87_SPKI_HEAD, publicKey).buffer);
  return nodeCrypto.createPublicKey({ key, format: 'der', type: 'spki' });
}

/**
 * ML-DSA-87 that verifies with OpenSSL 3.5 or later where Node offers it. Only the empty context goes there: releases that
 * do not know the option would ignore another. Signing and key generation stay portable, since OpenSSL signs hedged.
 *
 * @returns undefined if this Node cannot do it
 */
export function nativeMldsa87(): MlDsa | undefined {
  const portable = mldsa(87);
  try {
    mldsa87PublicKey(new Uint8Array(portable.publicKeySize));
  } catch {
    return undefined;
  }
  function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    checkBytes('publicKey', publicKey, portable.publicKeySize);
    checkBytes('message', message);
    checkBytes('signature', signature);
    if (signature.length !== portable.signatureSize) return false;
    return nodeCrypto.verify(null, message, mldsa87PublicKey(publicKey), signature);
  }
  return {
    ...portable,
    verify: (publicKey, message, signature, options = {}) =>
      (options.context?.length ?? 0) === 0
        ? verify(publicKey, message, signature)
        : portable.verify(publicKey, message, signature, options),
    verifyInternal(publicKey, formatted, signature) {
      checkBytes('formatted', formatted);
      // M' = 00 ‖ 00 ‖ M is pure ML-DSA with an empty context (FIPS 204 Algorithm 3).
      return formatted.length >= 2 && formatted[0] === 0 && formatted[1] === 0
        ? verify(publicKey, formatted.subarray(2), signature)
        : portable.verifyInternal(publicKey, formatted, signature);
    },
  };
}

/**
 * ML-KEM-1024 that decapsulates with OpenSSL 3.5 or later where Node offers it; encapsulation stays portable, since OpenSSL
 * chooses its own message. A key that OpenSSL refuses to import although its hash is right (its encapsulation and
 * decapsulation parts do not match) is decapsulated by the portable provider.
 *
 * @returns undefined if this Node cannot do it
 */
export function nativeMlkem1024(): MlKem | undefined {
  const decapsulate = decapsulateOf(nodeCrypto as { readonly decapsulate?: Decapsulate });
  if (decapsulate === undefined) return undefined;
  const portable = mlkem(1024);
  const { decapsulationKey } = portable.keygenFromSeed(new Uint8Array(32), new Uint8Array(32));
  if (importDecapsulationKey(decapsulationKey) === undefined) return undefined;
  return {
    ...portable,
    decapsulate(key, ciphertext) {
      checkBytes('decapsulationKey', key, portable.decapsulationKeySize);
      checkBytes('ciphertext', ciphertext, portable.ciphertextSize);
      const imported = portable.checkDecapsulationKey(key) ? importDecapsulationKey(key) : undefined;
      return imported === undefined ? portable.decapsulate(key, ciphertext) : plain(decapsulate(imported, ciphertext));
    },
  };
}

function importDecapsulationKey(decapsulationKey: Uint8Array): nodeCrypto.KeyObject | undefined {
  const key = Buffer.from(concatBytes(MLKEM1024_PKCS8_HEAD, decapsulationKey).buffer);
  try {
    return nodeCrypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  } finally {
    key.fill(0);
  }
}
