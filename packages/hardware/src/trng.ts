import type { CryptoProvider, Entropy } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { Csrng, type CsrngState } from './csrng.ts';
import type { SocInterface } from './soc-interface.ts';
import { checkState, copyState } from './state.ts';

/** Bytes of one response of the SoC: 12 words. */
const TRNG_RESPONSE_SIZE = 48;

/** Cycles that firmware waits for the SoC. caliptra-sw:drivers/src/trng_ext.rs */
const MAX_WAIT_CYCLES = 250_000;

/** The SoC's answer to one request. */
export interface TrngResponse {
  /** Cycles from request to answer. */
  readonly delay: number;
  /** 48 bytes: 12 big-endian words. */
  readonly data: Uint8Array;
}

/** The SoC's side of the external TRNG. */
export interface TrngResponder {
  /** @returns nothing if the SoC does not answer */
  respond(): TrngResponse | undefined;
}

export interface TrngOptions {
  readonly soc: SocInterface;
  readonly provider: Pick<CryptoProvider, 'blockCipher' | 'hashes'>;
  /** Samples of the internal TRNG; answers the external one at once if there is no `responder`. */
  readonly entropy?: Entropy;
  readonly responder?: TrngResponder;
  /** Cycle counter. Default: time stands still. */
  readonly now?: () => number;
  /** Lets time pass while the core waits. */
  readonly stall?: (cycles: number) => void;
}

export interface TrngState {
  readonly responses: number;
  readonly csrng: CsrngState;
  /** Answer under way. */
  readonly answer: { readonly due: number; readonly data: Uint8Array } | undefined;
}

/**
 * Where firmware gets random bytes: the SoC, over `CPTRA_TRNG_DATA`, or the internal CSRNG. Byte strings are the words
 * big-endian. With an entropy source the SoC answers at once, with a responder after its delay; without either it must
 * write the registers itself.
 */
export class Trng {
  readonly #soc: SocInterface;
  readonly #responder: TrngResponder | undefined;
  readonly #now: () => number;
  readonly #stall: (cycles: number) => void;
  #answer: TrngState['answer'];
  /** The internal generator, also for firmware that steps it command by command. */
  readonly csrng: Csrng;
  #responses = 0;

  constructor({ soc, provider, entropy, responder, now = () => 0, stall = () => {} }: TrngOptions) {
    this.#soc = soc;
    this.#responder = responder ?? (entropy === undefined ? undefined : answeringAtOnce(entropy));
    this.#now = now;
    this.#stall = stall;
    this.csrng = new Csrng(provider, entropy);
  }

  /** Responses of the SoC, or Generate commands of the CSRNG, since power-on. */
  get responses(): number {
    return this.#responses;
  }

  /** The SoC's side of the protocol: `data_req` rose. */
  onRequest(): void {
    if (this.#responder === undefined || this.#soc.internalTrng || this.#answer !== undefined) return;
    const response = this.#responder.respond();
    if (response === undefined) return;
    this.#answer = { due: this.#now() + response.delay, data: response.data };
    this.settle();
  }

  /** Cycle at which the SoC will have answered; infinite if it does not. */
  get answerDue(): number {
    return this.#answer?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Delivers an answer that is due. */
  settle(): void {
    if (this.#answer === undefined || this.#answer.due > this.#now()) return;
    const { data } = this.#answer;
    this.#answer = undefined;
    this.#soc.answerTrng(data);
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
   * 48 bytes. Time passes while the SoC has not answered yet.
   *
   * @throws RotError `DRIVER_TRNG_EXT_TIMEOUT` if the SoC does not answer in time
   */
  generate(): Uint8Array {
    if (this.#soc.internalTrng) return this.#generateInternally(3);
    this.request();
    if (!this.ready) this.#stall(Math.min(MAX_WAIT_CYCLES, Math.max(0, this.answerDue - this.#now())));
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
    if (!this.csrng.instantiated) {
      this.csrng.enable();
      this.csrng.instantiate();
    }
    this.#responses++;
    return this.csrng.generate(blocks);
  }

  reset(kind: 'cold' | 'warm' | 'update'): void {
    this.csrng.reset(kind);
    if (kind !== 'update') this.#answer = undefined;
  }

  save(): TrngState {
    return { responses: this.#responses, csrng: this.csrng.save(), answer: copyState(this.#answer) };
  }

  restore(state: TrngState): void {
    const answer = { optional: { fields: { due: 'number', data: { bytes: TRNG_RESPONSE_SIZE } } } } as const;
    checkState(state, { fields: { responses: 'number', answer } }, 'trng');
    this.#answer = copyState(state.answer);
    this.csrng.restore(state.csrng);
    this.#responses = state.responses;
  }
}

function answeringAtOnce(entropy: Entropy): TrngResponder {
  return { respond: () => ({ delay: 0, data: entropy.bytes(TRNG_RESPONSE_SIZE) }) };
}
