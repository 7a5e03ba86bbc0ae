import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { Chip } from '@rootcap/hardware';
import { type FaultCodes, guarded } from './engine-fault.ts';

const FAULTS: FaultCodes = { 'invalid-input': 'DRIVER_MLKEM_HW_ERROR' };
const PAIRWISE_MESSAGE = new Uint8Array(32);

/** Seeds of an ML-KEM key, 32 bytes each. */
export interface MlKemSeeds {
  readonly d: Uint8Array;
  readonly z: Uint8Array;
}

/** ML-KEM-1024 driver for keys that are not in the vault. @see caliptra-sw:drivers/src/ml_kem.rs */
export class MlKem1024Driver {
  readonly #chip: Chip;
  readonly #selfChecks: boolean;

  constructor(chip: Chip, selfChecks: boolean) {
    this.#chip = chip;
    this.#selfChecks = selfChecks;
  }

  /** Encapsulation key (1568 bytes) of the seeds, then the pairwise test: a zero message there and back. */
  encapsulationKey(seed: MlKemSeeds): Uint8Array {
    const { encapsulationKey, decapsulationKey } = this.#chip.abr.mlkemKeygen({ seed });
    if (this.#selfChecks) this.#pairwiseTest(encapsulationKey, decapsulationKey as Uint8Array);
    return encapsulationKey;
  }

  #pairwiseTest(encapsulationKey: Uint8Array, key: Uint8Array): void {
    const { ciphertext, sharedSecret } = this.encapsulate(encapsulationKey, PAIRWISE_MESSAGE);
    const back = this.#chip.abr.mlkemDecapsulate({ key, ciphertext });
    if (!equalBytes(sharedSecret, back as Uint8Array))
      throw new RotError('DRIVER_MLKEM_KEYGEN_PAIRWISE_CONSISTENCY_FAILURE');
  }

  /**
   * @param message - 32 random bytes
   * @throws RotError DRIVER_MLKEM_HW_ERROR for a malformed key
   */
  encapsulate(
    encapsulationKey: Uint8Array,
    message: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array } {
    const { ciphertext, sharedSecret } = guarded(FAULTS, () =>
      this.#chip.abr.mlkemEncapsulate({ encapsulationKey, message }),
    );
    return { ciphertext, sharedSecret: sharedSecret as Uint8Array };
  }

  /** Makes the key anew from its seeds. A foreign ciphertext gives another secret, never an error. */
  decapsulate(key: MlKemSeeds, ciphertext: Uint8Array): Uint8Array {
    return guarded(FAULTS, () => this.#chip.abr.mlkemDecapsulate({ key, ciphertext })) as Uint8Array;
  }
}
