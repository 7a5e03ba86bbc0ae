import { diffieHellman } from 'node:crypto';
import { checkPoint, checkScalar } from '../portable/ecdsa384.ts';
import type { Ecdh384 } from '../provider.ts';
import { plain } from './bytes.ts';
import { agreementKeyObject, publicKeyObject } from './ec-keys.ts';

/** ECC CDH on P-384 from OpenSSL. */
export const ecdh384: Ecdh384 = {
  sharedSecret(privateKey, publicKey) {
    checkScalar(privateKey);
    checkPoint(publicKey);
    const pair = { privateKey: agreementKeyObject(privateKey, publicKey), publicKey: publicKeyObject(publicKey) };
    return plain(diffieHellman(pair));
  },
};
