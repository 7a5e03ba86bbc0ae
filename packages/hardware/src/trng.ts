import type { CryptoProvider, Entropy } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { Csrng, type CsrngState } from './csrng.ts';
import type { SocInterface } from './soc-interface.ts';
import { checkState } from './state.ts';

/** Bytes of one response of the SoC: 12 words. */
const TRNG_RESPONSE_SIZE = 48;

export interface TrngOptions {
  readonly soc: SocInterface;
  readonly provider: Pick<CryptoProvider, 'blockCipher' | 'hashes'>;
  readonly entropy?: Entropy;
}

export interface TrngState {
  readonly responses: number;
  readonly csrng: CsrngState;
}

/**
 * Where firmware gets random bytes: the SoC, over `CPTRA_TRNG_DATA`, or the internal CSRNG. Byte strings are the words
 * big-endian. With an entropy source the SoC answers at once; without one it must write the registers itself.
 */
export class Trng {
  readonly #soc: SocInterface;
  readonly #entropy: Entropy | undefined;
  /** The internal generator, also for firmware that steps it command by command. */
  readonly csrng: Csrng;
  #responses = 0;

  constructor({ soc, provider, entropy }: TrngOptions) {
    this.#soc = soc;
    this.#entropy = entropy;
    this.csrng = new Csrng(provider, entropy);
  }

  /** Responses of the SoC, or Generate commands of the CSRNG, since power-on. */
  get responses(): number {
    return this.#responses;
  }

  /** The SoC's side of the protocol: `data_req` rose. */
  onRequest(): void {
    if (this.#entropy !== undefined && !this.#soc.internalTrng)
      this.#soc.answerTrng(this.#entropy.bytes(TRNG_RESPONSE_SIZE));
  }

  /**
   * What each firmware stage does first: the internal generator is enabled, unless it is, and seeded anew. Nothing if the
   * SoC answers. caliptra-sw:drivers/src/csrng.rs (Csrng::with_seed)
   */
  start(): void {
    if (!this.#soc.internalTrng) return;
    if (!this.csrng.enabled) this.csrng.enable();
    this.csrng.instantiate();
  }

  /** Asks the SoC for a response without waiting. */
  request(): void {
    this.#soc.set('CPTRA_TRNG_STATUS', 1);
  }

  /** Whether the response is there. */
  get ready(): boolean {
    return this.#soc.field('CPTRA_TRNG_STATUS', 'data_wr_done') === 1;
  }

  /** Takes the response, 48 bytes, and the request back. */
  take(): Uint8Array {
    const data = this.#soc.bytes('CPTRA_TRNG_DATA');
    this.#soc.set('CPTRA_TRNG_STATUS', 0);
    this.#responses++;
    return data;
  }

  /**
   * 48 bytes.
   *
   * @throws RotError `DRIVER_TRNG_EXT_TIMEOUT` if the SoC does not answer at once
   */
  generate(): Uint8Array {
    if (this.#soc.internalTrng) return this.#generateInternally(3);
    this.request();
    if (!this.ready) {
      this.#soc.set('CPTRA_TRNG_STATUS', 0);
      throw new RotError('DRIVER_TRNG_EXT_TIMEOUT', 'the SoC has not written CPTRA_TRNG_DATA');
    }
    return this.take();
  }

  /** 16 bytes: the first four words of a response, or one block of the CSRNG. */
  generate4(): Uint8Array {
    return this.#soc.internalTrng ? this.#generateInternally(1) : this.generate().subarray(0, 16);
  }

  #generateInternally(blocks: number): Uint8Array {
    if (!this.csrng.instantiated) this.start();
    this.#responses++;
    return this.csrng.generate(blocks);
  }

  reset(kind: 'cold' | 'warm' | 'update'): void {
    this.csrng.reset(kind);
  }

  save(): TrngState {
    return { responses: this.#responses, csrng: this.csrng.save() };
  }

  restore(state: TrngState): void {
    checkState(state, { fields: { responses: 'number' } }, 'trng');
    this.csrng.restore(state.csrng);
    this.#responses = state.responses;
  }
}
