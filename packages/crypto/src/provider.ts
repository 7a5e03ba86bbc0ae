/**
 * The capability interfaces that every layer above asks for. All calls are synchronous and deterministic: whatever
 * needs randomness takes it as an argument. Byte strings are in natural order (hash output, big-endian scalar) and
 * belong to the caller. A wrong signature or tag is a value (`false`, `undefined`); malformed input is a RangeError or
 * TypeError that names the argument.
 */

export type HashName =
  | 'sha1'
  | 'sha224'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sha512-224'
  | 'sha512-256'
  | 'sha3-224'
  | 'sha3-256'
  | 'sha3-384'
  | 'sha3-512';

/** A running hash or MAC. `digest` ends it. */
export interface Hash {
  update(data: Uint8Array): this;
  digest(): Uint8Array;
  /** An independent copy of the running state. */
  clone(): Hash;
}

export interface Hashes {
  create(name: HashName): Hash;
  /** Hash of the parts, one after the other. */
  digest(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array;
}

export interface Hmac {
  create(name: HashName, key: Uint8Array): Hash;
  mac(name: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
}

export type XofName = 'shake128' | 'shake256';

/** A running extendable-output function: absorb any number of times, then squeeze any number of times. */
export interface XofState {
  update(data: Uint8Array): this;
  /** The next `length` bytes of output. */
  squeeze(length: number): Uint8Array;
}

export interface Xof {
  create(name: XofName): XofState;
  digest(name: XofName, length: number, ...parts: readonly Uint8Array[]): Uint8Array;
}

/** AES with 16, 24 or 32 byte keys, no padding: data is a multiple of 16 bytes, in CTR any length. */
export interface BlockCipher {
  ecbEncrypt(key: Uint8Array, data: Uint8Array): Uint8Array;
  ecbDecrypt(key: Uint8Array, data: Uint8Array): Uint8Array;
  cbcEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  cbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** Encrypts and decrypts. `counter` is the first 16-byte block, incremented big-endian over all 128 bits. */
  ctr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array;
}

export interface Aead {
  /** AES-GCM. @returns ciphertext ‖ tag, the tag 16 bytes */
  gcmSeal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array;
  /** @param sealed - ciphertext ‖ tag of `tagLength` (default 16) bytes. @returns undefined if the tag is wrong */
  gcmOpen(
    key: Uint8Array,
    iv: Uint8Array,
    sealed: Uint8Array,
    aad?: Uint8Array,
    tagLength?: number,
  ): Uint8Array | undefined;
}

/** AES-XTS of one data unit. Key 32, 48 or 64 bytes (two halves, even equal ones), tweak 16 bytes, data 16..2^24 bytes. */
export interface Xts {
  encrypt(key: Uint8Array, tweak: Uint8Array, data: Uint8Array): Uint8Array;
  decrypt(key: Uint8Array, tweak: Uint8Array, data: Uint8Array): Uint8Array;
}

/** P-384. Scalars 48 bytes big-endian, public key X ‖ Y 96 bytes, signature r ‖ s 96 bytes. */
export interface Ecdsa384 {
  /** @throws RangeError if `privateKey` is not in 1..n-1 */
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** RFC 6979 with SHA-384 over an already computed 48-byte digest, s as it comes (no low-S normalisation). */
  sign(privateKey: Uint8Array, digest: Uint8Array): Uint8Array;
  /**
   * `false` also for a point off the curve, for r or s outside 1..n-1 and for a signature of another length. `digest` may be
   * of any length; its first 48 bytes count. @throws RangeError if `publicKey` is not 96 bytes
   */
  verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /** Whether X ‖ Y is a point of the curve. */
  isPoint(publicKey: Uint8Array): boolean;
}

export interface Ecdh384 {
  /** X coordinate of the shared point, 48 bytes. @throws RangeError for a bad scalar or a point off the curve */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

export interface MlDsaKeyPair {
  readonly publicKey: Uint8Array;
  /** Expanded form of FIPS 204. */
  readonly secretKey: Uint8Array;
}

export interface MlDsaSignOptions {
  /** Context string, at most 255 bytes; default empty. */
  readonly context?: Uint8Array;
  /** 32 bytes; default 32 zero bytes, the deterministic variant. */
  readonly rnd?: Uint8Array;
}

/** One parameter set of FIPS 204. */
export interface MlDsa {
  readonly publicKeySize: number;
  readonly secretKeySize: number;
  readonly signatureSize: number;
  /** @param seed - xi, 32 bytes */
  keygenFromSeed(seed: Uint8Array): MlDsaKeyPair;
  /** Public key contained in an expanded secret key. */
  publicKeyOf(secretKey: Uint8Array): Uint8Array;
  sign(secretKey: Uint8Array, message: Uint8Array, options?: MlDsaSignOptions): Uint8Array;
  /** `false` for any wrong signature, also one of wrong length. */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    options?: { readonly context?: Uint8Array },
  ): boolean;
  /** Algorithm 7 with M' given whole (context prefix included). */
  signInternal(secretKey: Uint8Array, formatted: Uint8Array, rnd?: Uint8Array): Uint8Array;
  verifyInternal(publicKey: Uint8Array, formatted: Uint8Array, signature: Uint8Array): boolean;
  /** External mu, 64 bytes. */
  signMu(secretKey: Uint8Array, mu: Uint8Array, rnd?: Uint8Array): Uint8Array;
  verifyMu(publicKey: Uint8Array, mu: Uint8Array, signature: Uint8Array): boolean;
}

/** One parameter set of FIPS 203. */
export interface MlKem {
  readonly encapsulationKeySize: number;
  readonly decapsulationKeySize: number;
  readonly ciphertextSize: number;
  keygenFromSeed(
    d: Uint8Array,
    z: Uint8Array,
  ): { readonly encapsulationKey: Uint8Array; readonly decapsulationKey: Uint8Array };
  /** @param m - 32 bytes. @throws RangeError if `encapsulationKey` fails the modulus check */
  encapsulate(
    encapsulationKey: Uint8Array,
    m: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array };
  /** @throws RangeError if `decapsulationKey` fails the hash check or a length is wrong */
  decapsulate(decapsulationKey: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  checkEncapsulationKey(encapsulationKey: Uint8Array): boolean;
  checkDecapsulationKey(decapsulationKey: Uint8Array): boolean;
}

/** Every primitive a root of trust asks for, by capability. */
export interface Capabilities {
  readonly hashes: Hashes;
  readonly hmac: Hmac;
  readonly xof: Xof;
  readonly blockCipher: BlockCipher;
  readonly aead: Aead;
  readonly xts: Xts;
  readonly ecdsa384: Ecdsa384;
  readonly ecdh384: Ecdh384;
  readonly mldsa87: MlDsa;
  readonly mlkem1024: MlKem;
}

export type Capability = keyof Capabilities;

export interface CryptoProvider extends Capabilities {
  readonly name: string;
}

/** A provider that offers only some capabilities; {@link compose} fills in the rest. */
export interface PartialProvider extends Partial<Capabilities> {
  readonly name: string;
}

/** The only source of randomness of a device. */
export interface Entropy {
  /** The next `length` bytes. */
  bytes(length: number): Uint8Array;
}
