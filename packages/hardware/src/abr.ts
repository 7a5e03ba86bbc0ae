import type { MlDsaKeyPair } from '@rootcap/crypto';
import type { MlDsaInput } from './abr-engine.ts';
import { AbrRegisters, MLDSA_PCR_SIGNING_SLOT, refusing, reversed, SIGNATURE_SIZE, ZERO_RND } from './abr-registers.ts';
import type { AbrCommand } from './abr-timing.ts';
import type { EngineFault } from './engine-error.ts';
import { type KeyDestination, type KeyOrigin, KeyUsage, type SlotRef } from './key-vault.ts';

const NO_ENTROPY: Uint8Array = new Uint8Array(64);

/** Message or external mu of a signature: exactly one of them. */
export interface MlDsaMessage {
  readonly message?: Uint8Array;
  /** 64 bytes. */
  readonly mu?: Uint8Array;
}

/**
 * Adams Bridge: the accelerator for ML-DSA-87 and ML-KEM-1024, with its registers and, for firmware, a method for each
 * command. `entropy`, 64 bytes, seeds the masking and never changes a result.
 *
 * A method is done at once; where the profile says so, the time of its commands passes before firmware goes on. Reading
 * and writing registers is not in it.
 */
export class Abr extends AbrRegisters {
  /**
   * Public key of a seed, 2592 bytes.
   *
   * @param o.seed - 32 bytes, or a slot
   * @throws EngineError `seed-read`
   */
  mldsaKeygen(o: { readonly seed: Uint8Array | SlotRef; readonly entropy?: Uint8Array }): Uint8Array {
    return this.#timed('MLDSA_KEYGEN', () => this.#expand(o.seed).publicKey.slice(), o.entropy);
  }

  /**
   * Signature under the key of a seed, 4627 bytes.
   *
   * @param o.rnd - 32 bytes; default zeros, the deterministic variant
   * @throws EngineError `seed-read`
   */
  mldsaSign(
    o: MlDsaMessage & {
      readonly seed: Uint8Array | SlotRef;
      readonly rnd?: Uint8Array;
      readonly entropy?: Uint8Array;
    },
  ): Uint8Array {
    const { secretKey } = this.#expand(o.seed);
    return this.#signFromSeed(secretKey, inputOf(o), 'message', o);
  }

  /** As {@link mldsaSign} with an expanded secret key of 4896 bytes. @throws EngineError `invalid-input` if malformed */
  mldsaSignWithKey(o: MlDsaMessage & { readonly secretKey: Uint8Array; readonly rnd?: Uint8Array }): Uint8Array {
    const input = inputOf(o);
    return this.#timed('MLDSA_SIGN', () => this.sign(o.secretKey, input, o.rnd ?? ZERO_RND, 'message'));
  }

  /** @param o.signature - 4627 bytes, or 4628 with the padding byte that manifests and mailbox messages carry */
  mldsaVerify(o: MlDsaMessage & { readonly publicKey: Uint8Array; readonly signature: Uint8Array }): boolean {
    const { length } = o.signature;
    if (length !== SIGNATURE_SIZE && length !== SIGNATURE_SIZE + 1)
      throw new RangeError(`signature: expected ${SIGNATURE_SIZE} or ${SIGNATURE_SIZE + 1} bytes, got ${length}`);
    const input = inputOf(o);
    const signature = o.signature.subarray(0, SIGNATURE_SIZE);
    return this.#timed('MLDSA_VERIFY', () => this.engine.mldsaVerify(o.publicKey, signature, input));
  }

  /**
   * Signs the engine-kept PCR hash, all 64 bytes of it last byte first, with the seed of slot 8, locked against use or
   * not.
   */
  mldsaSignPcr(entropy?: Uint8Array): Uint8Array {
    const { seed, message } = this.pcrInputs();
    const { secretKey } = this.keys.get(seed, MLDSA_PCR_SIGNING_SLOT);
    return this.#signFromSeed(secretKey, { message }, 'pcr', { entropy });
  }

  /**
   * ML-KEM key pair. From a slot (`MLKEM_SEED`): d from its first 32 bytes, z from the last, each reversed.
   *
   * @returns encapsulation key 1568 bytes; decapsulation key 3168 bytes, absent if the seed came from a slot
   */
  mlkemKeygen(o: { readonly seed: { readonly d: Uint8Array; readonly z: Uint8Array } | SlotRef }): {
    encapsulationKey: Uint8Array;
    decapsulationKey?: Uint8Array;
  } {
    const pair = this.#timed('MLKEM_KEYGEN', () => this.#kemPair(o.seed));
    return 'slot' in o.seed ? { encapsulationKey: pair.encapsulationKey } : pair;
  }

  /**
   * @param o.message - 32 bytes, or a slot that allows `MLKEM_MSG`
   * @returns ciphertext 1568 bytes; shared secret 32 bytes, absent if it went into the vault or its message came from it
   * @throws EngineError `block-read`, `key-write`, or `invalid-input` for a malformed key
   */
  mlkemEncapsulate(o: {
    readonly encapsulationKey: Uint8Array;
    readonly message: Uint8Array | SlotRef;
    readonly destination?: KeyDestination;
  }): { ciphertext: Uint8Array; sharedSecret?: Uint8Array } {
    const own = o.message instanceof Uint8Array;
    const m = o.message instanceof Uint8Array ? o.message : this.#fromSlot(o.message, KeyUsage.MLKEM_MSG, 'block-read');
    const { ciphertext, sharedSecret } = this.#timed('MLKEM_ENCAPS', () =>
      refusing(() => this.engine.mlkemEncapsulate(o.encapsulationKey, m)),
    );
    if (own && o.destination === undefined) return { ciphertext, sharedSecret };
    this.#toVault(o.destination, sharedSecret, o.message);
    return { ciphertext };
  }

  /**
   * @param o.key - decapsulation key of 3168 bytes, the seeds of one, or a slot that holds them
   * @returns shared secret 32 bytes; undefined if it went into the vault or the key came from it
   * @throws EngineError `seed-read`, `key-write`, or `invalid-input` for a malformed key
   */
  mlkemDecapsulate(o: {
    readonly key: Uint8Array | { readonly d: Uint8Array; readonly z: Uint8Array } | SlotRef;
    readonly ciphertext: Uint8Array;
    readonly destination?: KeyDestination;
  }): Uint8Array | undefined {
    const secret = this.#timed(o.key instanceof Uint8Array ? 'MLKEM_DECAPS' : 'MLKEM_KEYGEN_DECAPS', () => {
      const key = o.key instanceof Uint8Array ? o.key : this.#kemPair(o.key).decapsulationKey;
      return refusing(() => this.engine.mlkemDecapsulate(key, o.ciphertext));
    });
    const fromSlot = 'slot' in o.key;
    if (!fromSlot && o.destination === undefined) return secret;
    this.#toVault(o.destination, secret, o.key);
    return undefined;
  }

  /** Does the work of a command, and says how long it took. */
  #timed<T>(command: AbrCommand, run: () => T, entropy = NO_ENTROPY, before = 0): T {
    this.engine.useEntropy?.(entropy);
    this.engine.takeCycles?.();
    const result = run();
    if (this.profile.timing.calls) this.clock?.spend(before + this.cyclesOf(command));
    return result;
  }

  /** The accelerator makes the key anew for each signature; here it is kept. */
  #signFromSeed(
    secretKey: Uint8Array,
    input: MlDsaInput,
    purpose: 'message' | 'pcr',
    { rnd = ZERO_RND, entropy }: { readonly rnd?: Uint8Array | undefined; readonly entropy?: Uint8Array | undefined },
  ): Uint8Array {
    const { MLDSA_KEYGEN_SIGN: both, MLDSA_SIGN: signature } = this.profile.timing.commands;
    return this.#timed('MLDSA_SIGN', () => this.sign(secretKey, input, rnd, purpose), entropy, both - signature);
  }

  #expand(seed: Uint8Array | SlotRef): MlDsaKeyPair {
    if (seed instanceof Uint8Array) return this.keys.get(seed, -1);
    return this.keys.get(this.#fromSlot(seed, KeyUsage.MLDSA_SEED, 'seed-read'), seed.slot);
  }

  #kemPair(seed: { readonly d: Uint8Array; readonly z: Uint8Array } | SlotRef) {
    if (!('slot' in seed)) return this.engine.mlkemKeygen(seed.d, seed.z);
    const secret = this.keyVault.read(seed.slot, KeyUsage.MLKEM_SEED, 'seed-read');
    return this.engine.mlkemKeygen(reversed(secret.subarray(0, 32)), reversed(secret.subarray(32)));
  }

  #fromSlot({ slot }: SlotRef, usage: number, fault: EngineFault): Uint8Array {
    return reversed(this.keyVault.read(slot, usage, fault).subarray(0, 32));
  }

  #toVault(to: KeyDestination | undefined, secret: Uint8Array, source: object): void {
    const origin: KeyOrigin = { engine: 'mlkem', slots: 'slot' in source ? [(source as SlotRef).slot] : [] };
    if (to !== undefined) this.keyVault.write(to.slot, reversed(secret), to.usage, origin);
    secret.fill(0);
  }
}

function inputOf({ message, mu }: MlDsaMessage): MlDsaInput {
  if (mu !== undefined && message === undefined) return { mu };
  if (message !== undefined && mu === undefined) return { message };
  throw new TypeError('message: expected either message or mu');
}
