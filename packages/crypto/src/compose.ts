import type { CryptoProvider, PartialProvider } from './provider.ts';

/**
 * A whole provider: each capability from `preferred` where it has one, else from `fallback`.
 *
 * @returns a provider named `preferred+fallback`
 */
export function compose(preferred: PartialProvider, fallback: CryptoProvider): CryptoProvider {
  return {
    name: `${preferred.name}+${fallback.name}`,
    hashes: preferred.hashes ?? fallback.hashes,
    hmac: preferred.hmac ?? fallback.hmac,
    xof: preferred.xof ?? fallback.xof,
    blockCipher: preferred.blockCipher ?? fallback.blockCipher,
    aead: preferred.aead ?? fallback.aead,
    xts: preferred.xts ?? fallback.xts,
    ecdsa384: preferred.ecdsa384 ?? fallback.ecdsa384,
    ecdh384: preferred.ecdh384 ?? fallback.ecdh384,
    mldsa87: preferred.mldsa87 ?? fallback.mldsa87,
    mlkem1024: preferred.mlkem1024 ?? fallback.mlkem1024,
  };
}
