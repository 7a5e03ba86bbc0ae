import { scryptSync } from 'node:crypto';
import type { Scrypt } from '@rootcap/kms';

/** From OpenSSL. */
export const nativeScrypt: Scrypt = (passphrase, salt, { N, r, p }) =>
  new Uint8Array(scryptSync(passphrase, salt, 32, { N, r, p, maxmem: 129 * N * r + 2 ** 20 }));
