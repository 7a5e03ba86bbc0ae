import { p384 } from '@noble/curves/nist.js';
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

/** Base point of P-384, X ‖ Y. */
const BASE_POINT = p384.Point.BASE.toBytes(false).slice(1);

/** Whether a capability works here: Bun and Deno have `node:crypto` too, with another library behind it. */
function works(probe: () => unknown): boolean {
  try {
    probe();
    return true;
  } catch {
    return false;
  }
}

/** BoringSSL has no XTS. */
function hasXts(): boolean {
  const [key, block] = [Uint8Array.from({ length: 64 }, (_, i) => i), new Uint8Array(16)];
  return works(() => xts.encrypt(key, block, block));
}

/** Other libraries check that a private key fits the public key it is imported with. */
function hasEcdh384(): boolean {
  const two = new Uint8Array(48);
  two[47] = 2;
  return works(() => ecdh384.sharedSecret(two, BASE_POINT));
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
    ecdsa384,
    ...(hasXts() && { xts }),
    ...(hasEcdh384() && { ecdh384 }),
    ...(mldsa87 && { mldsa87 }),
    ...(mlkem1024 && { mlkem1024 }),
  };
}
