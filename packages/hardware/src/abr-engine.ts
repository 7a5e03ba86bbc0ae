import type { CryptoProvider, MlDsaKeyPair } from '@rootcap/crypto';

/** What is signed: a message (pure ML-DSA, context default empty), or an external mu of 64 bytes. */
export type MlDsaInput = { readonly message: Uint8Array; readonly context?: Uint8Array } | { readonly mu: Uint8Array };

export interface MlKemKeyPair {
  readonly encapsulationKey: Uint8Array;
  readonly decapsulationKey: Uint8Array;
}

/**
 * The arithmetic behind the accelerator's registers: ML-DSA-87 and ML-KEM-1024 on natural bytes. A provider makes one
 * ({@link providerAbrEngine}); a model of the accelerator's units can be another. Malformed keys are a RangeError.
 */
export interface AbrEngine {
  /** @param seed - 32 bytes */
  mldsaKeygen(seed: Uint8Array): MlDsaKeyPair;
  /** @param rnd - 32 bytes. @returns 4627 bytes */
  mldsaSign(secretKey: Uint8Array, input: MlDsaInput, rnd: Uint8Array): Uint8Array;
  mldsaVerify(publicKey: Uint8Array, signature: Uint8Array, input: MlDsaInput): boolean;
  /** The commitment hash that a verification computes, 64 bytes; zeros if it ends early. Without it, only right or wrong. */
  mldsaVerifyResult?(publicKey: Uint8Array, signature: Uint8Array, input: MlDsaInput): Uint8Array;
  /** Whether the response of a signature is too large, so that a verification ends before it needs the message. */
  mldsaRejectsEarly?(signature: Uint8Array): boolean;
  /** The command that makes a key and signs with it. Without it, {@link mldsaKeygen} and {@link mldsaSign} do. */
  mldsaKeygenSign?(
    seed: Uint8Array,
    input: MlDsaInput,
    rnd: Uint8Array,
  ): { readonly publicKey: Uint8Array; readonly signature: Uint8Array };
  mlkemKeygen(d: Uint8Array, z: Uint8Array): MlKemKeyPair;
  mlkemEncapsulate(
    encapsulationKey: Uint8Array,
    m: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array };
  mlkemDecapsulate(decapsulationKey: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Clock cycles of the commands that have run since it was last asked. Without it, a profile has figures. */
  takeCycles?(): number;
  /** What the entropy register holds from now on, 64 bytes: it seeds masks and changes no result. */
  useEntropy?(entropy: Uint8Array): void;
  /** Forgets what it keeps from one command to the next. */
  zeroize?(): void;
}

/** The engine that a provider's ML-DSA-87 and ML-KEM-1024 make. */
export function providerAbrEngine({ mldsa87, mlkem1024 }: Pick<CryptoProvider, 'mldsa87' | 'mlkem1024'>): AbrEngine {
  const context = (input: { readonly context?: Uint8Array }) =>
    input.context === undefined ? {} : { context: input.context };
  return {
    mldsaKeygen: (seed) => mldsa87.keygenFromSeed(seed),
    mldsaSign: (secretKey, input, rnd) =>
      'mu' in input
        ? mldsa87.signMu(secretKey, input.mu, rnd)
        : mldsa87.sign(secretKey, input.message, { rnd, ...context(input) }),
    mldsaVerify: (publicKey, signature, input) =>
      'mu' in input
        ? mldsa87.verifyMu(publicKey, input.mu, signature)
        : mldsa87.verify(publicKey, input.message, signature, context(input)),
    mlkemKeygen: (d, z) => mlkem1024.keygenFromSeed(d, z),
    mlkemEncapsulate: (encapsulationKey, m) => mlkem1024.encapsulate(encapsulationKey, m),
    mlkemDecapsulate: (decapsulationKey, ciphertext) => mlkem1024.decapsulate(decapsulationKey, ciphertext),
  };
}

interface Entry {
  readonly seed: Uint8Array;
  readonly keys: MlDsaKeyPair;
  /** Slot that the seed came from, or -1. */
  readonly slot: number;
}

/**
 * The last few key pairs by seed. Firmware signs from the same seed again and again, and each expansion costs as much
 * as half a signature. An entry is wiped when it is pushed out, when its slot changes, and by {@link wipe}.
 */
export class ExpandedKeys {
  static readonly #LIMIT = 4;
  readonly #expand: (seed: Uint8Array) => MlDsaKeyPair;
  #entries: Entry[] = [];

  constructor(expand: (seed: Uint8Array) => MlDsaKeyPair) {
    this.#expand = expand;
  }

  /** @param slot - where the seed comes from, or -1 */
  get(seed: Uint8Array, slot: number): MlDsaKeyPair {
    const known = this.#entries.find((entry) => entry.slot === slot && equal(entry.seed, seed));
    const entry = known ?? { seed: seed.slice(), keys: this.#expand(seed), slot };
    this.#entries = [entry, ...this.#entries.filter((other) => other !== known)];
    if (this.#entries.length > ExpandedKeys.#LIMIT) this.#drop(this.#entries.at(-1));
    return entry.keys;
  }

  /** Forgets what came from a slot. */
  forgetSlot(slot: number): void {
    for (const entry of this.#entries.filter((other) => other.slot === slot)) this.#drop(entry);
  }

  wipe(): void {
    for (const entry of this.#entries) this.#drop(entry);
  }

  #drop(entry: Entry | undefined): void {
    entry?.seed.fill(0);
    entry?.keys.secretKey.fill(0);
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
