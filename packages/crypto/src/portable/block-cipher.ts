import { cbc, ctr, ecb } from '@noble/ciphers/aes.js';
import { checkAesKey, checkBlocks, checkBytes } from '../checks.ts';
import type { BlockCipher } from '../provider.ts';

const RAW = { disablePadding: true };

/** AES-ECB, CBC and CTR (FIPS 197, SP 800-38A) from @noble/ciphers. */
export const blockCipher: BlockCipher = {
  ecbEncrypt(key, data) {
    checkAesKey(key);
    checkBlocks('data', data);
    return data.length === 0 ? new Uint8Array(0) : ecb(key, RAW).encrypt(data);
  },
  ecbDecrypt(key, data) {
    checkAesKey(key);
    checkBlocks('data', data);
    return data.length === 0 ? new Uint8Array(0) : ecb(key, RAW).decrypt(data);
  },
  cbcEncrypt(key, iv, data) {
    checkAesKey(key);
    checkBytes('iv', iv, 16);
    checkBlocks('data', data);
    return data.length === 0 ? new Uint8Array(0) : cbc(key, iv, RAW).encrypt(data);
  },
  cbcDecrypt(key, iv, data) {
    checkAesKey(key);
    checkBytes('iv', iv, 16);
    checkBlocks('data', data);
    return data.length === 0 ? new Uint8Array(0) : cbc(key, iv, RAW).decrypt(data);
  },
  ctr(key, counter, data) {
    checkAesKey(key);
    checkBytes('counter', counter, 16);
    checkBytes('data', data);
    return data.length === 0 ? new Uint8Array(0) : ctr(key, counter).encrypt(data);
  },
};
