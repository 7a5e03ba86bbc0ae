import type { CryptoProvider, Entropy } from '@rootcap/crypto';
import { checkState, copyState } from './state.ts';

/** Bytes of a DRBG seed: key (32) and V (16). */
const SEED_SIZE = 48;
const BLOCK_SIZE = 16;
/** Health-test window that ROM programs: 1024 cycles of 4 bits. */
const DEFAULT_WINDOW_BYTES = 512;
/** Windows of raw entropy that are tested at start-up, and conditioned into one seed. */
const WINDOWS_PER_SEED = 2;

export interface CsrngState {
  readonly key: Uint8Array;
  readonly v: Uint8Array;
  readonly reseedCounter: number;
  readonly enabled: boolean;
  readonly instantiated: boolean;
  /** Entropy that the start-up test has drawn and the next seed will use. */
  readonly startup: readonly number[];
}

/**
 * Internal TRNG: ENTROPY_SRC conditions raw samples with SHA3-384 into seeds, CSRNG is CTR_DRBG with AES-256 and no
 * derivation function (SP 800-90A section 10.2.1).
 *
 * Raw samples are the entropy source's bytes, two 4-bit samples each, low one first. Output words come last word
 * first within each 128-bit block. caliptra-sw:sw-emulator/lib/periph/src/csrng.rs
 */
export class Csrng {
  readonly #provider: Pick<CryptoProvider, 'blockCipher' | 'hashes'>;
  readonly #entropy: Entropy | undefined;
  /** Bytes of one health-test window. */
  windowBytes = DEFAULT_WINDOW_BYTES;
  #key = new Uint8Array(32);
  #v = new Uint8Array(BLOCK_SIZE);
  #reseedCounter = 0;
  #enabled = false;
  #instantiated = false;
  #startup = new Uint8Array(0);

  constructor(provider: Pick<CryptoProvider, 'blockCipher' | 'hashes'>, entropy: Entropy | undefined) {
    this.#provider = provider;
    this.#entropy = entropy;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get instantiated(): boolean {
    return this.#instantiated;
  }

  get reseedCounter(): number {
    return this.#reseedCounter;
  }

  /** Enables ENTROPY_SRC; it draws two windows for its start-up test, which the next seed then uses. */
  enable(): void {
    this.#enabled = true;
    this.#startup = this.#draw(WINDOWS_PER_SEED * this.windowBytes);
  }

  disable(): void {
    this.#enabled = false;
  }

  /**
   * Reading the state machine of an enabled ENTROPY_SRC lets one window of continuous tests pass, once a seed was
   * drawn from it.
   */
  pollHealthTests(): void {
    if (this.#enabled && this.#instantiated) this.#draw(this.windowBytes);
  }

  /** @param seed - 48 bytes; default: from ENTROPY_SRC */
  instantiate(seed?: Uint8Array): void {
    this.#key.fill(0);
    this.#v.fill(0);
    if (seed === undefined) this.#instantiated = true;
    this.#update(seed === undefined ? this.#conditionedSeed() : checkedSeed(seed));
    this.#reseedCounter = 0;
  }

  reseed(seed?: Uint8Array): void {
    this.#update(seed === undefined ? this.#conditionedSeed() : checkedSeed(seed));
    this.#reseedCounter = 0;
  }

  /** Stirs in 48 bytes. */
  update(data: Uint8Array): void {
    this.#update(checkedSeed(data));
  }

  uninstantiate(): void {
    this.#key.fill(0);
    this.#v.fill(0);
  }

  /** Output of one Generate command: 16 bytes a block, as words big-endian. */
  generate(blocks: number): Uint8Array {
    this.#reseedCounter++;
    const output = new Uint8Array(blocks * BLOCK_SIZE);
    for (let i = 0; i < blocks; i++) {
      const block = this.#nextBlock();
      for (let word = 0; word < 4; word++)
        output.set(block.subarray(12 - 4 * word, 16 - 4 * word), i * BLOCK_SIZE + 4 * word);
    }
    this.#update(new Uint8Array(SEED_SIZE));
    return output;
  }

  #nextBlock(): Uint8Array {
    for (let i = BLOCK_SIZE - 1; i >= 0; i--) {
      this.#v[i] = (this.#v[i] as number) + 1;
      if (this.#v[i] !== 0) break;
    }
    return this.#provider.blockCipher.ecbEncrypt(this.#key, this.#v);
  }

  #update(data: Uint8Array): void {
    const next = new Uint8Array(SEED_SIZE);
    for (let i = 0; i < SEED_SIZE; i += BLOCK_SIZE) next.set(this.#nextBlock(), i);
    for (let i = 0; i < SEED_SIZE; i++) next[i] = (next[i] as number) ^ (data[i] as number);
    this.#key.set(next.subarray(0, 32));
    this.#v.set(next.subarray(32));
  }

  #conditionedSeed(): Uint8Array {
    const raw = this.#startup.length > 0 ? this.#startup : this.#draw(WINDOWS_PER_SEED * this.windowBytes);
    this.#startup = new Uint8Array(0);
    return this.#provider.hashes.digest('sha3-384', raw).reverse();
  }

  #draw(length: number): Uint8Array<ArrayBuffer> {
    if (this.#entropy === undefined) throw new TypeError('entropy: the internal TRNG needs an entropy source');
    return Uint8Array.from(this.#entropy.bytes(length));
  }

  /** A warm reset disables ENTROPY_SRC; the DRBG state stays. */
  reset(kind: 'cold' | 'warm' | 'update'): void {
    if (kind === 'update') return;
    this.#enabled = false;
    if (kind === 'warm') return;
    this.uninstantiate();
    this.#reseedCounter = 0;
    this.#instantiated = false;
    this.#startup = new Uint8Array(0);
  }

  save(): CsrngState {
    return {
      key: this.#key.slice(),
      v: this.#v.slice(),
      reseedCounter: this.#reseedCounter,
      enabled: this.#enabled,
      instantiated: this.#instantiated,
      startup: Array.from(this.#startup),
    };
  }

  restore(state: CsrngState): void {
    checkState(
      state,
      {
        fields: {
          key: { bytes: 32 },
          v: { bytes: BLOCK_SIZE },
          reseedCounter: 'number',
          enabled: 'boolean',
          instantiated: 'boolean',
          startup: { list: 'number' },
        },
      },
      'csrng',
    );
    const saved = copyState(state);
    this.#key.set(saved.key);
    this.#v.set(saved.v);
    this.#reseedCounter = saved.reseedCounter;
    this.#enabled = saved.enabled;
    this.#instantiated = saved.instantiated;
    this.#startup = Uint8Array.from(saved.startup);
  }
}

function checkedSeed(seed: Uint8Array): Uint8Array {
  if (seed.length !== SEED_SIZE) throw new RangeError(`seed: ${seed.length} bytes, not ${SEED_SIZE}`);
  return seed;
}
