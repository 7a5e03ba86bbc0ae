import { hexToBytes } from '../bytes.ts';
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

/** Base point of P-384, X ‖ Y. SP 800-186 §3.2.1.4 */
const BASE_POINT = hexToBytes(
  'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
);

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
