import { createCipheriv, createDecipheriv } from 'node:crypto';
import { equalBytes } from '../bytes.ts';
import { checkXts } from '../checks.ts';
import { xts as portable } from '../portable/xts.ts';
import type { Xts } from '../provider.ts';
import { plain } from './bytes.ts';

/** OpenSSL has no AES-192-XTS and encrypts with no key whose halves are equal; both are left to the portable provider. */
function isNative(key: Uint8Array): boolean {
  const half = key.length / 2;
  return key.length !== 48 && !equalBytes(key.subarray(0, half), key.subarray(half));
}

/** AES-XTS from OpenSSL. */
export const xts: Xts = {
  encrypt(key, tweak, data) {
    checkXts(key, tweak, data);
    if (!isNative(key)) return portable.encrypt(key, tweak, data);
    return plain(createCipheriv(`aes-${key.length * 4}-xts`, key, tweak).update(data));
  },
  decrypt(key, tweak, data) {
    checkXts(key, tweak, data);
    if (!isNative(key)) return portable.decrypt(key, tweak, data);
    return plain(createDecipheriv(`aes-${key.length * 4}-xts`, key, tweak).update(data));
  },
};
