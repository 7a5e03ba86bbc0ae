import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes } from '../bytes.ts';
import { checkBytes, checkGcm, checkTagLength } from '../checks.ts';
import { aead as portable } from '../portable/aead.ts';
import type { Aead } from '../provider.ts';
import { plain } from './bytes.ts';

const EMPTY = new Uint8Array(0);

/** OpenSSL 3 limits the IV to 128 bytes, SP 800-38D to 2^61: the rare longer one is left to the portable provider. */
const LONGEST_NATIVE_IV = 128;

function cipherName(key: Uint8Array): CipherGCMTypes {
  if (key.length === 16) return 'aes-128-gcm';
  return key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';
}

/** AES-GCM from OpenSSL. */
export const aead: Aead = {
  gcmSeal(key, iv, plaintext, aad = EMPTY) {
    checkGcm(key, iv, plaintext, aad);
    if (iv.length > LONGEST_NATIVE_IV) return portable.gcmSeal(key, iv, plaintext, aad);
    const cipher = createCipheriv(cipherName(key), key, iv).setAAD(aad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return concatBytes(ciphertext, cipher.getAuthTag());
  },
  gcmOpen(key, iv, sealed, aad = EMPTY, tagLength = 16) {
    checkGcm(key, iv, sealed, aad);
    checkTagLength(tagLength);
    checkBytes('sealed', sealed);
    if (sealed.length < tagLength) return undefined;
    if (iv.length > LONGEST_NATIVE_IV) return portable.gcmOpen(key, iv, sealed, aad, tagLength);
    const end = sealed.length - tagLength;
    const decipher = createDecipheriv(cipherName(key), key, iv, { authTagLength: tagLength }).setAAD(aad);
    decipher.setAuthTag(sealed.subarray(end));
    const plaintext = plain(decipher.update(sealed.subarray(0, end)));
    try {
      decipher.final();
      return plaintext;
    } catch {
      plaintext.fill(0);
      return undefined; // every argument has been checked: only the tag is left to be wrong
    }
  },
};
