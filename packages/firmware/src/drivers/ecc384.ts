import { equalBytes, isP384Scalar } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { type Chip, type KeyDestination, KeyUsage, type SlotRef } from '@rootcap/hardware';
import { type FaultCodes, guarded } from './engine-fault.ts';

const KEYGEN_FAULTS: FaultCodes = {
  'seed-read': 'DRIVER_ECC384_READ_SEED_KV_READ',
  'key-write': 'DRIVER_ECC384_WRITE_PRIV_KEY_KV_WRITE',
  'ecc-error': 'DRIVER_ECC384_HW_ERROR',
};
const SIGN_FAULTS: FaultCodes = {
  'key-read': 'DRIVER_ECC384_READ_PRIV_KEY_KV_READ',
  'ecc-error': 'DRIVER_ECC384_HW_ERROR',
};
const ECDH_FAULTS: FaultCodes = { 'ecc-error': 'DRIVER_ECC384_HW_ERROR' };
const VERIFY_FAULTS: FaultCodes = { 'ecc-error': 'DRIVER_ECC384_HW_ERROR', 'invalid-input': 'DRIVER_ECC384_HW_ERROR' };

const ZERO_NONCE = new Uint8Array(48);
const ZERO_DIGEST = new Uint8Array(48);
/** Masking IVs of the agreement test: one key generation, two agreements. */
const ECDH_TEST_IVS = 3;

/** Private key 48 bytes, public key X ‖ Y. */
export interface EccKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** P-384 driver. Every operation with a private key takes one TRNG response as the engine's masking IV. */
export class Ecc384Driver {
  readonly #chip: Chip;
  readonly #selfChecks: boolean;

  constructor(chip: Chip, selfChecks: boolean) {
    this.#chip = chip;
    this.#selfChecks = selfChecks;
  }

  /**
   * Key pair from a seed in the vault, then the pairwise test: a signature of the zero digest.
   *
   * @returns public key X ‖ Y, 96 bytes
   */
  keyPair(seed: SlotRef, privateKey: KeyDestination): Uint8Array {
    if ((privateKey.usage & KeyUsage.ECC_PKEY) === 0) throw new RotError('DRIVER_ECC384_KEYGEN_BAD_USAGE');
    const iv = this.#chip.trng.generate();
    const { publicKey } = guarded(KEYGEN_FAULTS, () =>
      this.#chip.ecc.keygen({ seed, nonce: ZERO_NONCE, iv, privateKey }),
    );
    try {
      this.#pairwiseTest({ slot: privateKey.slot }, publicKey);
    } catch (error) {
      throw new RotError('DRIVER_ECC384_KEYGEN_PAIRWISE_CONSISTENCY_FAILURE', undefined, { cause: error });
    }
    return publicKey;
  }

  /** The same with seed, nonce (48 bytes each) and private key as bytes. */
  keyPairFromBytes(seed: Uint8Array, nonce: Uint8Array = ZERO_NONCE): EccKeyPair {
    const { publicKey, privateKey } = this.#keygen(seed, nonce);
    try {
      this.#pairwiseTest(privateKey, publicKey);
    } catch (error) {
      throw new RotError('DRIVER_ECC384_KEYGEN_PAIRWISE_CONSISTENCY_FAILURE', undefined, { cause: error });
    }
    return { publicKey, privateKey };
  }

  /** Key pair for key agreement: tested by signing, then by an agreement with a second key pair. */
  ecdhKeyPair(seed: Uint8Array, nonce: Uint8Array): EccKeyPair {
    const pair = this.keyPairFromBytes(seed, nonce);
    const otherSeed = this.#chip.trng.generate();
    if (!this.#selfChecks) {
      for (let i = 0; i < ECDH_TEST_IVS; i++) this.#chip.trng.generate();
      return pair;
    }
    const other = this.#keygen(otherSeed, ZERO_NONCE);
    const here = this.sharedSecret(pair.privateKey, other.publicKey);
    if (!equalBytes(here, this.sharedSecret(other.privateKey, pair.publicKey)))
      throw new RotError('DRIVER_ECC384_ECDH_PAIRWISE_CONSISTENCY_FAILURE');
    return pair;
  }

  /**
   * X coordinate of the shared point, 48 bytes.
   *
   * @throws RotError DRIVER_ECC384_HW_ERROR if the public key is not a point of the curve
   */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
    const iv = this.#chip.trng.generate();
    return guarded(ECDH_FAULTS, () => this.#chip.ecc.sharedSecret({ privateKey, publicKey, iv })) as Uint8Array;
  }

  #keygen(seed: Uint8Array, nonce: Uint8Array): EccKeyPair {
    const iv = this.#chip.trng.generate();
    return guarded(KEYGEN_FAULTS, () => this.#chip.ecc.keygen({ seed, nonce, iv })) as EccKeyPair;
  }

  #pairwiseTest(privateKey: SlotRef | Uint8Array, publicKey: Uint8Array): void {
    if (this.#selfChecks) this.sign(privateKey, publicKey, ZERO_DIGEST);
    // The engine would take its masking IV all the same.
    else this.#chip.trng.generate();
  }

  /** Signs a 48-byte digest and verifies the result. @returns r ‖ s, 96 bytes */
  sign(privateKey: SlotRef | Uint8Array, publicKey: Uint8Array, digest: Uint8Array): Uint8Array {
    const iv = this.#chip.trng.generate();
    const signature = guarded(SIGN_FAULTS, () => this.#chip.ecc.sign({ privateKey, digest, iv }));
    if (this.#selfChecks && !this.verify(publicKey, digest, signature))
      throw new RotError('DRIVER_ECC384_SIGN_VALIDATION_FAILED');
    return signature;
  }

  /**
   * @throws RotError DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED if r or s is not in 1..n-1, DRIVER_ECC384_HW_ERROR if the
   * public key is not a point of the curve
   */
  verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
    return equalBytes(this.verifyR(publicKey, digest, signature), signature.subarray(0, 48));
  }

  /** The r that the engine computes; equal to the signature's if the signature is right. */
  verifyR(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): Uint8Array {
    if (!isP384Scalar(signature.subarray(0, 48)) || !isP384Scalar(signature.subarray(48, 96)))
      throw new RotError('DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED');
    return guarded(VERIFY_FAULTS, () => this.#chip.ecc.verify({ publicKey, digest, signature }));
  }

  /** Signs the PCR hash in the SHA engine with the FMC alias key. */
  signPcr(): Uint8Array {
    const iv = this.#chip.trng.generate();
    return guarded(SIGN_FAULTS, () => this.#chip.ecc.signPcr(iv));
  }
}
