import { type CryptoProvider, cmacKdf, concatBytes, type Entropy, ecc384KeyFromSeed, kdf512 } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { AesKeyInput, EnginePort, HpkePrimitives, LockKey, LockKeys, LockPort } from './port.ts';
import { SoftwareEngine } from './software-engine.ts';

const KEY_SIZE = 64;
const AES_KEY_SIZE = 32;
const TAG_SIZE = 16;

/** What a block without a chip starts with. */
export interface SoftwareLockOptions {
  readonly provider: CryptoProvider;
  /** 64 bytes: see `deriveHek`. Absent: the HEK is not available. */
  readonly hek?: Uint8Array;
  /** 64 bytes: see `deriveMdk`. */
  readonly mdk: Uint8Array;
  readonly entropy: Entropy;
  /** Default {@link SoftwareEngine}. It is given the released MEK, 64 bytes. */
  readonly engine?: (takeMek: () => Uint8Array) => EnginePort;
}

/** The block's keys, as bytes that only this class sees. */
class SoftwareKeys implements LockKeys {
  readonly #provider: CryptoProvider;
  readonly #keys = new Map<LockKey, Uint8Array>();

  constructor({ provider, hek, mdk }: SoftwareLockOptions) {
    this.#provider = provider;
    this.#keys.set('MDK', mdk.slice());
    if (hek !== undefined) this.#keys.set('HEK', hek.slice());
  }

  #key(key: LockKey): Uint8Array {
    return this.#keys.get(key) ?? new Uint8Array(KEY_SIZE);
  }

  #aesKey(key: AesKeyInput): Uint8Array {
    return key instanceof Uint8Array ? key : this.#key(key).subarray(0, AES_KEY_SIZE);
  }

  derive(key: LockKey, label: string, output: LockKey, _use: unknown, context?: Uint8Array): void {
    this.#keys.set(output, kdf512(this.#provider, this.#key(key), label, context));
  }

  erase(key: LockKey): void {
    this.#keys.get(key)?.fill(0);
    this.#keys.delete(key);
  }

  gcmSeal(key: AesKeyInput, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array) {
    const sealed = this.#provider.aead.gcmSeal(this.#aesKey(key), iv, plaintext, aad);
    return { ciphertext: sealed.slice(0, -TAG_SIZE), tag: sealed.slice(-TAG_SIZE) };
  }

  gcmOpen(
    key: AesKeyInput,
    iv: Uint8Array,
    { ciphertext, tag }: { readonly ciphertext: Uint8Array; readonly tag: Uint8Array },
    aad: Uint8Array,
  ): Uint8Array | undefined {
    return this.#provider.aead.gcmOpen(this.#aesKey(key), iv, concatBytes(ciphertext, tag), aad);
  }

  ecbEncrypt(key: AesKeyInput, data: Uint8Array): Uint8Array {
    return this.#provider.blockCipher.ecbEncrypt(this.#aesKey(key), data);
  }

  decryptMek(data: Uint8Array): void {
    this.#keys.set('MEK', this.#provider.blockCipher.ecbDecrypt(this.#aesKey('MDK'), data));
  }

  cmacKdf(key: AesKeyInput, label: string): Uint8Array {
    return cmacKdf(this.#provider, this.#aesKey(key), label, undefined, 4);
  }

  takeMek(): Uint8Array {
    const mek = this.#key('MEK').slice();
    this.erase('MEK');
    return mek;
  }
}

/** HPKE's primitives on a provider; P-384 keys as the ECC engine makes them. */
export function softwareHpke(provider: CryptoProvider): HpkePrimitives {
  const { ecdh384, hashes, hmac, mlkem1024, xof } = provider;
  return {
    hmac384: (key, data) => hmac.mac('sha384', key, data),
    shake256: (length, message) => xof.digest('shake256', length, message),
    sha3_256: (message) => hashes.digest('sha3-256', message),
    p384KeyPair: (seed) => ecc384KeyFromSeed(provider, seed),
    p384SharedSecret(privateKey, publicKey) {
      if (!provider.ecdsa384.isPoint(publicKey)) throw new RotError('DRIVER_ECC384_HW_ERROR', 'kem_ciphertext');
      return ecdh384.sharedSecret(privateKey, publicKey);
    },
    mlkemPublicKey: ({ d, z }) => mlkem1024.keygenFromSeed(d, z).encapsulationKey,
    mlkemDecapsulate: ({ d, z }, ciphertext) =>
      mlkem1024.decapsulate(mlkem1024.keygenFromSeed(d, z).decapsulationKey, ciphertext),
  };
}

/** Runs the block on a provider, without a chip. */
export function softwareLockPort(options: SoftwareLockOptions): LockPort {
  const { provider, entropy, engine = (takeMek) => new SoftwareEngine(takeMek) } = options;
  const keys = new SoftwareKeys(options);
  return {
    keys,
    hpke: softwareHpke(provider),
    engine: engine(() => keys.takeMek()),
    random: () => entropy.bytes(48),
    sha384: (message) => provider.hashes.digest('sha384', message),
    hekAvailable: options.hek !== undefined,
    vekAvailable: false,
  };
}
