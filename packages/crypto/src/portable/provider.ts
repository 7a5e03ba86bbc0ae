import type { CryptoProvider } from '../provider.ts';
import { aead } from './aead.ts';
import { blockCipher } from './block-cipher.ts';
import { ecdh384 } from './ecdh384.ts';
import { ecdsa384Sha384 } from './ecdsa384.ts';
import { hashes } from './hashes.ts';
import { hmac } from './hmac.ts';
import { mldsa } from './mldsa.ts';
import { mlkem } from './mlkem.ts';
import { xof } from './xof.ts';
import { xts } from './xts.ts';

/** Every capability in TypeScript on the noble libraries: the same bytes in Node and in a browser. */
export const portableProvider: CryptoProvider = {
  name: 'portable',
  hashes,
  hmac,
  xof,
  blockCipher,
  aead,
  xts,
  ecdsa384: ecdsa384Sha384,
  ecdh384,
  mldsa87: mldsa(87),
  mlkem1024: mlkem(1024),
};
