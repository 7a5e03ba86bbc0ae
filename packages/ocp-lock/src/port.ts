/**
 * The keys of the block by name. In the chip each is a key-vault slot; above the port none is ever bytes.
 *
 * | key | slot | what it is |
 * |---|---|---|
 * | MDK | 16 | MEK deobfuscation key |
 * | EPK | 17 | epoch protection key, of HEK and SEK |
 * | VEK | 18 | volatile escrow key |
 * | LOCKED_MPK_ENCRYPTION_KEY | 19 | of EPK and access key; also any subkey that wraps an MPK |
 * | MEK_SECRETS | 21 | intermediate, then final MEK secret |
 * | HEK | 22 | hard epoch key |
 * | MEK | 23 | media encryption key on its way to the encryption engine |
 */
export type LockKey = 'MDK' | 'EPK' | 'VEK' | 'LOCKED_MPK_ENCRYPTION_KEY' | 'MEK_SECRETS' | 'HEK' | 'MEK';

/** What a derived key may be used for. */
export type LockKeyUse = 'hmac' | 'aes';

/** A key for AES: of the block (its first 32 bytes), or 32 bytes. */
export type AesKeyInput = LockKey | Uint8Array;

/** Operations with the block's keys. */
export interface LockKeys {
  /** `KDF(key, label, context)`, one block of 64 bytes, into `output`. */
  derive(key: LockKey, label: string, output: LockKey, use: LockKeyUse, context?: Uint8Array): void;
  erase(key: LockKey): void;
  /** AES-256-GCM. @param iv - 12 bytes */
  gcmSeal(
    key: AesKeyInput,
    iv: Uint8Array,
    plaintext: Uint8Array,
    aad: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array };
  /** @returns undefined if the tag is wrong */
  gcmOpen(
    key: AesKeyInput,
    iv: Uint8Array,
    sealed: { readonly ciphertext: Uint8Array; readonly tag: Uint8Array },
    aad: Uint8Array,
  ): Uint8Array | undefined;
  ecbEncrypt(key: AesKeyInput, data: Uint8Array): Uint8Array;
  /** AES-256-ECB decryption under the MDK into the MEK. @param data - 64 bytes */
  decryptMek(data: Uint8Array): void;
  /** CMAC-KDF of four rounds. @returns 64 bytes */
  cmacKdf(key: AesKeyInput, label: string): Uint8Array;
}

/** ML-KEM seeds, 32 bytes each. */
export interface MlKemSeed {
  readonly d: Uint8Array;
  readonly z: Uint8Array;
}

/** Primitives of HPKE, as the chip's engines have them. */
export interface HpkePrimitives {
  hmac384(key: Uint8Array, data: Uint8Array): Uint8Array;
  shake256(length: number, message: Uint8Array): Uint8Array;
  sha3_256(message: Uint8Array): Uint8Array;
  /** Key generation of the ECC engine from 48 bytes. @returns scalar of 48 bytes, public key X ‖ Y */
  p384KeyPair(seed: Uint8Array): { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };
  /** X coordinate of the shared point. @throws RotError DRIVER_ECC384_HW_ERROR for a point off the curve */
  p384SharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  mlkemPublicKey(seed: MlKemSeed): Uint8Array;
  mlkemDecapsulate(seed: MlKemSeed, ciphertext: Uint8Array): Uint8Array;
}

/** Commands of the encryption engine; `LOAD_KAT_MEK` is optional. */
export type EngineCommand = 'LOAD_MEK' | 'UNLOAD_MEK' | 'ZEROIZE' | 'LOAD_KAT_MEK';

/** The encryption engine, as the block talks to it. */
export interface EnginePort {
  /** Its control register. */
  readControl(): number;
  /** Clears a result that is still to be fetched. @throws RotError OCP_LOCK_ENGINE_NOT_READY */
  prepare(): void;
  /** @param metadata - 20 bytes: where a key applies */
  writeMetadata(metadata: Uint8Array): void;
  /** @param aux - 32 bytes */
  writeAux(aux: Uint8Array): void;
  /** Moves the MEK to the engine; the block no longer has it. @throws RotError OCP_LOCK_ENGINE_INVALID_MEK_SIZE */
  releaseMek(): void;
  /**
   * Runs a command to its end.
   *
   * @param timeout - ms
   * @throws RotError OCP_LOCK_ENGINE_TIMEOUT; OCP_LOCK_ENGINE_ERR, with the engine's own code left where the host finds it
   */
  run(command: EngineCommand, timeout: number): void;
}

/** What the block runs on: the chip, or software. */
export interface LockPort {
  readonly keys: LockKeys;
  readonly hpke: HpkePrimitives;
  readonly engine: EnginePort;
  /** 48 random bytes. */
  random(): Uint8Array;
  sha384(message: Uint8Array): Uint8Array;
  /** Whether the HEK may be used; decided before the block starts. */
  readonly hekAvailable: boolean;
  /** Whether the VEK has been made since the last power cycle. */
  vekAvailable: boolean;
}
