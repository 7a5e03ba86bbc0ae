import { createCipheriv, createDecipheriv } from 'node:crypto';
import { checkAesKey, checkBlocks, checkBytes } from '../checks.ts';
import type { BlockCipher } from '../provider.ts';
import { plain } from './bytes.ts';

type Mode = 'ecb' | 'cbc' | 'ctr';

function encrypt(mode: Mode, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array): Uint8Array {
  return plain(
    createCipheriv(`aes-${key.length * 8}-${mode}`, key, iv)
      .setAutoPadding(false)
      .update(data),
  );
}

function decrypt(mode: Mode, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array): Uint8Array {
  return plain(
    createDecipheriv(`aes-${key.length * 8}-${mode}`, key, iv)
      .setAutoPadding(false)
      .update(data),
  );
}

/** AES-ECB, CBC and CTR from OpenSSL. */
export const blockCipher: BlockCipher = {
  ecbEncrypt(key, data) {
    checkAesKey(key);
    checkBlocks('data', data);
    return encrypt('ecb', key, null, data);
  },
  ecbDecrypt(key, data) {
    checkAesKey(key);
    checkBlocks('data', data);
    return decrypt('ecb', key, null, data);
  },
  cbcEncrypt(key, iv, data) {
    checkAesKey(key);
    checkBytes('iv', iv, 16);
    checkBlocks('data', data);
    return encrypt('cbc', key, iv, data);
  },
  cbcDecrypt(key, iv, data) {
    checkAesKey(key);
    checkBytes('iv', iv, 16);
    checkBlocks('data', data);
    return decrypt('cbc', key, iv, data);
  },
  ctr(key, counter, data) {
    checkAesKey(key);
    checkBytes('counter', counter, 16);
    checkBytes('data', data);
    return encrypt('ctr', key, counter, data);
  },
};
