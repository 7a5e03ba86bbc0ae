import { type CryptoProvider, portableProvider } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { cost, milliseconds } from './statistics.ts';

export interface PrimitiveRow {
  readonly name: string;
  /** Microseconds. */
  readonly portable: number;
  readonly node: number;
}

type Work = () => unknown;

function text(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (7 * i + 1) & 0xff);
}

/** The primitives of a device on one provider, each with what it needs already made. */
function primitives({
  hashes,
  hmac,
  xof,
  aead,
  blockCipher,
  ecdsa384,
  ecdh384,
  mldsa87,
  mlkem1024,
}: CryptoProvider): Record<string, Work> {
  const [kib, mib, key, digest] = [text(1024), text(1 << 20), text(32), text(48)];
  const publicKey = ecdsa384.publicKey(digest);
  const signature = ecdsa384.sign(digest, digest);
  const pair = mldsa87.keygenFromSeed(key);
  const latticeSignature = mldsa87.sign(pair.secretKey, kib);
  const kem = mlkem1024.keygenFromSeed(key, key);
  const { ciphertext } = mlkem1024.encapsulate(kem.encapsulationKey, key);
  return {
    'SHA-384, 1 KiB': () => hashes.digest('sha384', kib),
    'SHA-384, 1 MiB': () => hashes.digest('sha384', mib),
    'SHAKE256, 1 KiB': () => xof.digest('shake256', 64, kib),
    'HMAC-SHA-512, 1 KiB': () => hmac.mac('sha512', key, kib),
    'AES-256-GCM, 1 KiB': () => aead.gcmSeal(key, text(12), kib),
    'AES-256-CTR, 1 KiB': () => blockCipher.ctr(key, text(16), kib),
    'P-384 public key': () => ecdsa384.publicKey(digest),
    'P-384 sign': () => ecdsa384.sign(digest, digest),
    'P-384 verify': () => ecdsa384.verify(publicKey, digest, signature),
    'P-384 ECDH': () => ecdh384.sharedSecret(digest, publicKey),
    'ML-DSA-87 key pair': () => mldsa87.keygenFromSeed(key),
    'ML-DSA-87 sign': () => mldsa87.sign(pair.secretKey, kib),
    'ML-DSA-87 verify': () => mldsa87.verify(pair.publicKey, kib, latticeSignature),
    'ML-KEM-1024 key pair': () => mlkem1024.keygenFromSeed(key, key),
    'ML-KEM-1024 encapsulate': () => mlkem1024.encapsulate(kem.encapsulationKey, key),
    'ML-KEM-1024 decapsulate': () => mlkem1024.decapsulate(kem.decapsulationKey, ciphertext),
  };
}

/** Microseconds of one call, from as many samples as fit into a fifth of a second. */
function microseconds(work: Work): number {
  for (let i = 0; i < 3; i++) work();
  const repeats = Math.max(1, Math.floor(0.2 / Math.max(milliseconds(work), 0.001)));
  const samples: number[] = [];
  const end = performance.now() + 200;
  while (performance.now() < end || samples.length < 10)
    samples.push(
      milliseconds(() => {
        for (let i = 0; i < repeats; i++) work();
      }) / repeats,
    );
  return 1000 * cost(samples);
}

/** Every primitive on the portable provider and on Node's. */
export function measurePrimitives(): PrimitiveRow[] {
  const [portable, node] = [primitives(portableProvider), primitives(nodeProvider())];
  return Object.entries(portable).map(([name, work]) => ({
    name,
    portable: microseconds(work),
    node: microseconds(node[name] as Work),
  }));
}
