import { bytesToHex, type CryptoProvider, concatBytes, utf8ToBytes } from '@rootcap/crypto';

/**
 * A provider whose signatures can be switched to stand-ins that cost microseconds. A stand-in signature is a hash of
 * public key and message, so right and wrong ones still differ; every check around the arithmetic runs as it is. ML-DSA
 * key pairs are stand-ins too, P-384 key pairs are real but remembered.
 *
 * A device takes its known-answer tests on the real ones first, then {@link useStubs}.
 */
export class StubProvider {
  readonly provider: CryptoProvider;
  #stubs = false;

  constructor(bare: CryptoProvider) {
    const ecdsa384 = this.#ecdsa(bare);
    const mldsa87 = this.#mldsa(bare);
    this.provider = { ...bare, name: `${bare.name} with stand-in signatures`, ecdsa384, mldsa87 };
  }

  /** From now on, signatures are stand-ins. */
  useStubs(): void {
    this.#stubs = true;
  }

  #ecdsa({ ecdsa384: real, hashes }: CryptoProvider): CryptoProvider['ecdsa384'] {
    const known = remember((privateKey) => real.publicKey(privateKey), 4096);
    const publicKeyOf = (privateKey: Uint8Array): Uint8Array => known(privateKey).slice();
    const standIn = (publicKey: Uint8Array, digest: Uint8Array): Uint8Array => {
      const part = (name: string): Uint8Array => {
        const scalar = hashes.digest('sha384', utf8ToBytes(name), publicKey, digest);
        // Below the order of the curve, and not zero.
        scalar[0] = 0x55;
        return scalar;
      };
      return concatBytes(part('r'), part('s'));
    };
    return {
      publicKey: (privateKey) => (this.#stubs ? publicKeyOf(privateKey) : real.publicKey(privateKey)),
      sign: (privateKey, digest) =>
        this.#stubs ? standIn(publicKeyOf(privateKey), digest) : real.sign(privateKey, digest),
      verify: (publicKey, digest, signature) =>
        this.#stubs ? same(standIn(publicKey, digest), signature) : real.verify(publicKey, digest, signature),
      isPoint: (publicKey) => real.isPoint(publicKey),
    };
  }

  #mldsa({ mldsa87: real, xof }: CryptoProvider): CryptoProvider['mldsa87'] {
    const publicOf = remember(
      (secretKey) => xof.digest('shake256', real.publicKeySize, secretKey.subarray(0, 64)),
      4096,
    );
    const publicKeyOf = (secretKey: Uint8Array): Uint8Array => publicOf(secretKey.subarray(0, 64)).slice();
    const standIn = (publicKey: Uint8Array, kind: number, message: Uint8Array): Uint8Array =>
      xof.digest('shake256', real.signatureSize, publicKey, Uint8Array.of(kind), message);
    const sign = (secretKey: Uint8Array, kind: number, message: Uint8Array) =>
      standIn(publicKeyOf(secretKey), kind, message);
    return {
      ...real,
      keygenFromSeed: (seed) => {
        if (!this.#stubs) return real.keygenFromSeed(seed);
        const secretKey = xof.digest('shake256', real.secretKeySize, seed);
        return { publicKey: publicKeyOf(secretKey), secretKey };
      },
      publicKeyOf: (secretKey) => (this.#stubs ? publicKeyOf(secretKey) : real.publicKeyOf(secretKey)),
      sign: (secretKey, message, options) =>
        this.#stubs ? sign(secretKey, 0, message) : real.sign(secretKey, message, options),
      verify: (publicKey, message, signature, options) =>
        this.#stubs
          ? same(standIn(publicKey, 0, message), signature)
          : real.verify(publicKey, message, signature, options),
      signMu: (secretKey, mu, rnd) => (this.#stubs ? sign(secretKey, 1, mu) : real.signMu(secretKey, mu, rnd)),
      verifyMu: (publicKey, mu, signature) =>
        this.#stubs ? same(standIn(publicKey, 1, mu), signature) : real.verifyMu(publicKey, mu, signature),
    };
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A function of bytes that keeps its last `limit` results. */
function remember(compute: (input: Uint8Array) => Uint8Array, limit: number): (input: Uint8Array) => Uint8Array {
  const results = new Map<string, Uint8Array>();
  return (input) => {
    const key = bytesToHex(input);
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = compute(input);
    if (results.size >= limit) results.clear();
    results.set(key, result);
    return result;
  };
}
