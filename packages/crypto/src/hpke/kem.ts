import type { Capabilities } from '../provider.ts';

/** What the three KEMs ask of a provider. */
export type KemPrimitives = Pick<Capabilities, 'hashes' | 'hmac' | 'xof' | 'ecdsa384' | 'ecdh384' | 'mlkem1024'>;

/** A receiver's key. It prints as nothing but its public half. */
export interface HpkeKeyPair {
  /** `SerializePublicKey`: Npk bytes. */
  readonly publicKey: Uint8Array;
  /** `SerializePrivateKey`: a copy of Nsk bytes. @throws TypeError after `wipe` */
  serialize(): Uint8Array;
  /**
   * `Decap`. ML-KEM rejects implicitly: a ciphertext of the right length always gives a secret.
   *
   * @throws HpkeError `DeserializeError` for a wrong length, `ValidationError` for a point off the curve
   */
  decap(enc: Uint8Array): Uint8Array;
  wipe(): void;
}

export interface HpkeEncapsulation {
  readonly sharedSecret: Uint8Array;
  readonly enc: Uint8Array;
}

/** Lengths in bytes, by the names of RFC 9180 §4. */
export interface KemLengths {
  readonly Nsecret: number;
  readonly Nenc: number;
  readonly Npk: number;
  readonly Nsk: number;
  /** Input of `deriveKeyPair`. */
  readonly Nikm: number;
  /** Randomness of one encapsulation. */
  readonly Nrandom: number;
}

/**
 * How a P-384 scalar is made from 48 candidate bytes. The standard takes the bytes themselves if they are in 1..n-1;
 * Caliptra feeds them to the key generation of its ECC block.
 *
 * @returns undefined to ask for the next candidate
 */
export type ScalarOf = (candidate: Uint8Array) => Uint8Array | undefined;

/** A key encapsulation mechanism as HPKE uses it, RFC 9180 §4. */
export interface Kem {
  readonly lengths: KemLengths;
  /** @throws HpkeError `DeriveKeyPairError` if no candidate is a scalar */
  deriveKeyPair(ikm: Uint8Array): HpkeKeyPair;
  /** `DeserializePrivateKey`. @throws HpkeError `DeserializeError` or `ValidationError` */
  keyPair(privateKey: Uint8Array): HpkeKeyPair;
  /**
   * `Encap` with its randomness given.
   *
   * @throws HpkeError `DeserializeError` or `ValidationError` for a bad public key, `EncapError` for bad randomness
   */
  encap(publicKey: Uint8Array, random: Uint8Array): HpkeEncapsulation;
}
