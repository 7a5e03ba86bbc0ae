import { compose } from '../compose.ts';
import { portableProvider } from '../portable/provider.ts';
import type { CryptoProvider, PartialProvider } from '../provider.ts';
import { aead } from './aead.ts';
import { blockCipher } from './block-cipher.ts';
import { ecdh384 } from './ecdh384.ts';
import { ecdsa384 } from './ecdsa384.ts';
import { hashes } from './hashes.ts';
import { hmac } from './hmac.ts';
import { nativeMldsa87, nativeMlkem1024 } from './lattice.ts';
import { xof } from './xof.ts';
import { xts } from './xts.ts';

let provider: CryptoProvider | undefined;

/**
 * The provider for Node: OpenSSL wherever it gives the same bytes faster, the portable provider for the rest, namely
 * every signature and key generation, since OpenSSL's are randomised.
 */
export function nodeProvider(): CryptoProvider {
  provider ??= compose(openssl(), portableProvider);
  return provider;
}

function openssl(): PartialProvider {
  const mldsa87 = nativeMldsa87();
  const mlkem1024 = nativeMlkem1024();
  return {
    name: 'node',
    hashes,
    hmac,
    xof,
    blockCipher,
    aead,
    xts,
    ecdsa384,
    ecdh384,
    ...(mldsa87 && { mldsa87 }),
    ...(mlkem1024 && { mlkem1024 }),
  };
}
