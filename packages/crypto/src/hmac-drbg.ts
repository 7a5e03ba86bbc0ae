import { checkBytes, checkInteger } from './checks.ts';
import type { Capabilities, HashName, Hmac } from './provider.ts';

const EMPTY = new Uint8Array(0);

/** Limits of SP 800-90A Rev. 1 Table 2. */
const MAX_REQUEST_BYTES = 2 ** 16;
const RESEED_INTERVAL = 2 ** 48;

/** Output length of the hashes in bytes. */
const OUTPUT_BYTES: Readonly<Record<HashName, number>> = {
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
  'sha512-224': 28,
  'sha512-256': 32,
  'sha3-224': 28,
  'sha3-256': 32,
  'sha3-384': 48,
  'sha3-512': 64,
};

export interface HmacDrbgSeed {
  readonly entropy: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly personalization?: Uint8Array;
}

export interface HmacDrbgRequest {
  readonly additionalInput?: Uint8Array;
  /** Prediction resistance: fresh entropy to reseed with first, which then takes the additional input. */
  readonly predictionEntropy?: Uint8Array;
}

/**
 * HMAC_DRBG of SP 800-90A Rev. 1 §10.1.2. Lengths of entropy and nonce are the caller's: hardware fixes its own.
 *
 * State: `K`, `V` (each as long as the hash) and the number of requests since the last seeding.
 */
export class HmacDrbg {
  readonly #hmac: Hmac;
  readonly #hash: HashName;
  #key: Uint8Array;
  #value: Uint8Array;
  #reseedCounter = 1;

  /** Instantiate: `seed material = entropy ‖ nonce ‖ personalization`. §10.1.2.3 */
  constructor({ hmac }: Pick<Capabilities, 'hmac'>, hash: HashName, seed: HmacDrbgSeed) {
    const { entropy, nonce = EMPTY, personalization = EMPTY } = seed;
    checkBytes('entropy', entropy);
    checkBytes('nonce', nonce);
    checkBytes('personalization', personalization);
    if (!Object.hasOwn(OUTPUT_BYTES, hash))
      throw new RangeError(`hash: expected one of ${Object.keys(OUTPUT_BYTES).join(', ')}, got ${String(hash)}`);
    this.#hmac = hmac;
    this.#hash = hash;
    this.#key = new Uint8Array(OUTPUT_BYTES[hash]);
    this.#value = new Uint8Array(OUTPUT_BYTES[hash]).fill(1);
    this.#update(entropy, nonce, personalization);
  }

  /** `seed material = entropy ‖ additional input`. §10.1.2.4 */
  reseed(entropy: Uint8Array, additionalInput: Uint8Array = EMPTY): void {
    checkBytes('entropy', entropy);
    checkBytes('additionalInput', additionalInput);
    this.#update(entropy, additionalInput);
    this.#reseedCounter = 1;
  }

  /**
   * The next `length` bytes. §10.1.2.5
   *
   * @param length - at most 65536
   * @throws RangeError if `length` is out of range, or 2^48 requests have been made since the last seeding
   */
  generate(length: number, request: HmacDrbgRequest = {}): Uint8Array {
    checkInteger('length', length, 0, MAX_REQUEST_BYTES);
    let { additionalInput = EMPTY } = request;
    checkBytes('additionalInput', additionalInput);
    if (request.predictionEntropy !== undefined) {
      this.reseed(request.predictionEntropy, additionalInput);
      additionalInput = EMPTY;
    }
    if (this.#reseedCounter > RESEED_INTERVAL)
      throw new RangeError(`reseed counter: expected at most ${RESEED_INTERVAL}, got ${this.#reseedCounter}`);
    if (additionalInput.length > 0) this.#update(additionalInput);
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += this.#value.length) {
      this.#value = this.#hmac.mac(this.#hash, this.#key, this.#value);
      out.set(this.#value.subarray(0, length - at), at);
    }
    this.#update(additionalInput);
    this.#reseedCounter++;
    return out;
  }

  /** Overwrites the state with zeros. The generator must not be used afterwards. */
  wipe(): void {
    this.#key.fill(0);
    this.#value.fill(0);
    this.#reseedCounter = Number.POSITIVE_INFINITY;
  }

  /** HMAC_DRBG_Update: the second half only runs if there is data. §10.1.2.2 */
  #update(...data: readonly Uint8Array[]): void {
    this.#mix(0, data);
    if (data.some((part) => part.length > 0)) this.#mix(1, data);
  }

  #mix(separator: number, data: readonly Uint8Array[]): void {
    const key = this.#hmac.mac(this.#hash, this.#key, this.#value, Uint8Array.of(separator), ...data);
    this.#key.fill(0);
    this.#key = key;
    this.#value = this.#hmac.mac(this.#hash, key, this.#value);
  }
}
