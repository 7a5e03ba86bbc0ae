import { RotError } from '@rootcap/errors';
import type { Chip, MlDsaMessage, SlotRef } from '@rootcap/hardware';
import { type FaultCodes, guarded } from './engine-fault.ts';

const SEED_FAULTS: FaultCodes = { 'seed-read': 'DRIVER_MLDSA87_READ_SEED_KV_READ' };
const PAIRWISE_MESSAGE = new Uint8Array(64);
/** The engine compares c~, the first 64 bytes of a signature. */
const CHALLENGE_SIZE = 64;
const ENTROPY_SIZE = 64;

/** ML-DSA-87 driver. Every operation with a private key takes two TRNG responses as the engine's masking entropy. */
export class Mldsa87Driver {
  readonly #chip: Chip;
  readonly #selfChecks: boolean;

  constructor(chip: Chip, selfChecks: boolean) {
    this.#chip = chip;
    this.#selfChecks = selfChecks;
  }

  /** Public key (2592 bytes) of a seed, 32 bytes or in a slot, then the pairwise test: a signature of 64 zero bytes. */
  keyPair(seed: SlotRef | Uint8Array): Uint8Array {
    const entropy = this.#entropy();
    const publicKey = guarded(SEED_FAULTS, () => this.#chip.abr.mldsaKeygen({ seed, entropy }));
    if (!this.#selfChecks) {
      this.#entropy();
      return publicKey;
    }
    try {
      this.sign(seed, publicKey, PAIRWISE_MESSAGE);
    } catch (error) {
      throw new RotError('DRIVER_MLDSA87_KEYGEN_PAIRWISE_CONSISTENCY_FAILURE', undefined, { cause: error });
    }
    return publicKey;
  }

  /** Deterministic signature of a message, verified at once. @returns 4627 bytes */
  sign(seed: SlotRef | Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
    return this.#sign(seed, publicKey, { message });
  }

  /** The same of an external mu, 64 bytes. */
  signMu(seed: SlotRef, publicKey: Uint8Array, mu: Uint8Array): Uint8Array {
    return this.#sign(seed, publicKey, { mu });
  }

  #sign(seed: SlotRef | Uint8Array, publicKey: Uint8Array, input: MlDsaMessage): Uint8Array {
    const entropy = this.#entropy();
    const signature = guarded(SEED_FAULTS, () => this.#chip.abr.mldsaSign({ seed, entropy, ...input }));
    if (this.#selfChecks && !this.#chip.abr.mldsaVerify({ publicKey, signature, ...input }))
      throw new RotError('DRIVER_MLDSA87_SIGN_VALIDATION_FAILED');
    return signature;
  }

  /**
   * @param signature - 4627 bytes, or 4628 as registers hold it
   * @throws RotError DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE if the signature starts with 64 zero bytes
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.subarray(0, CHALLENGE_SIZE).every((byte) => byte === 0))
      throw new RotError('DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE');
    return this.#chip.abr.mldsaVerify({ publicKey, message, signature });
  }

  /** Signs the PCR hash in the SHA engine with the FMC alias key. @returns 4627 bytes */
  signPcr(): Uint8Array {
    return this.#chip.abr.mldsaSignPcr(this.#entropy());
  }

  /** 16 words of two responses of 12. */
  #entropy(): Uint8Array {
    const entropy = new Uint8Array(ENTROPY_SIZE);
    const [first, second] = [this.#chip.trng.generate(), this.#chip.trng.generate()];
    entropy.set(first);
    entropy.set(second.subarray(0, ENTROPY_SIZE - first.length), first.length);
    return entropy;
  }
}
