import { p384 } from '@noble/curves/nist.js';
import { concatBytes } from '../bytes.ts';
import type { Ecdh384 } from '../provider.ts';
import { checkPoint, checkScalar } from './ecdsa384.ts';

const UNCOMPRESSED = Uint8Array.of(4);

/** ECC CDH on P-384 (SP 800-56A §5.7.1.2) from @noble/curves. */
export const ecdh384: Ecdh384 = {
  sharedSecret(privateKey, publicKey) {
    checkScalar(privateKey);
    checkPoint(publicKey);
    return p384.getSharedSecret(privateKey, concatBytes(UNCOMPRESSED, publicKey), false).slice(1, 49);
  },
};
