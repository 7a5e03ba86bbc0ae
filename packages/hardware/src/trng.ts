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
  /** Answers that are asked for ahead and kept, because the core cannot wait in the middle of an operation. */
  readonly stock?: number;
  /** Lets time pass while the core waits. */
  readonly stall?: (cycles: number) => void;
}

export interface TrngState {
  readonly responses: number;
  readonly csrng: CsrngState;
  /** Answer under way. */
  readonly answer: { readonly due: number; readonly data: Uint8Array } | undefined;
  /** Answers in stock, and the cycle at which the next one is asked for. */
  readonly stock: readonly { readonly data: Uint8Array }[];
  readonly requestDue: number | undefined;
}

/**
 * Where firmware gets random bytes: the SoC, over `CPTRA_TRNG_DATA`, or the internal CSRNG. Byte strings are the words
 * big-endian. With an entropy source the SoC answers at once, with a responder after its delay; without either it must
 * write the registers itself.
 *
 * With a stock the SoC is asked ahead, one answer after the other, in the order in which firmware uses them: the bytes
 * are the same as if it were asked when firmware needs them.
 */
export class Trng {
  readonly #soc: SocInterface;
  readonly #responder: TrngResponder | undefined;
  readonly #now: () => number;
  readonly #stall: (cycles: number) => void;
  readonly #stockSize: number;
  #stock: Uint8Array[] = [];
  #requestDue: number | undefined;
  #answer: TrngState['answer'];
  /** The internal generator, also for firmware that steps it command by command. */
  readonly csrng: Csrng;
  #responses = 0;

  constructor({ soc, provider, entropy, responder, stock = 0, now = () => 0, stall = () => {} }: TrngOptions) {
    this.#soc = soc;
    this.#responder = responder ?? (entropy === undefined ? undefined : answeringAtOnce(entropy));
    this.#now = now;
    this.#stall = stall;
    this.#stockSize = stock;
    this.#askAhead();
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

  /** The SoC answered by writing the registers. */
  onResponse(): void {
    if (this.#stockSize === 0) return;
    this.#stock.push(this.#soc.bytes('CPTRA_TRNG_DATA'));
    this.#soc.set('CPTRA_TRNG_STATUS', 0);
    this.#askAhead();
  }

  #askAhead(): void {
    if (this.starved && this.#requestDue === undefined) this.#requestDue = this.#now() + 1;
  }

  /** Whether the core has to wait because the stock is not full. */
  get starved(): boolean {
    return this.#stock.length < this.#stockSize;
  }

  /** Cycle at which this block does something by itself; infinite if it does nothing. */
  get eventDue(): number {
    const request = this.#soc.coreRunning ? this.#requestDue : undefined;
    return Math.min(this.#answer?.due ?? Number.POSITIVE_INFINITY, request ?? Number.POSITIVE_INFINITY);
  }

  /** Does what is due: asks for an answer, delivers one. */
  settle(): void {
    if (this.#soc.coreRunning && (this.#requestDue ?? Number.POSITIVE_INFINITY) <= this.#now()) {
      this.#requestDue = undefined;
      this.request();
    }
    if (this.#answer === undefined || this.#answer.due > this.#now()) return;
    const { data } = this.#answer;
    this.#answer = undefined;
    this.#soc.answerTrng(data);
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
   * 48 bytes. Time passes while the SoC has not answered yet.
   *
   * @throws RotError `DRIVER_TRNG_EXT_TIMEOUT` if the SoC does not answer in time
   */
  generate(): Uint8Array {
    if (this.#soc.internalTrng) return this.#generateInternally(3);
    if (this.#stockSize > 0) return this.#takeFromStock();
    this.request();
    if (!this.ready) this.#stall(Math.min(MAX_WAIT_CYCLES, Math.max(0, this.eventDue - this.#now())));
    if (!this.ready) {
      this.#soc.set('CPTRA_TRNG_STATUS', 0);
      throw new RotError('DRIVER_TRNG_EXT_TIMEOUT', 'the SoC has not written CPTRA_TRNG_DATA');
    }
    return this.take();
  }

  #takeFromStock(): Uint8Array {
    const data = this.#stock.shift();
    this.#askAhead();
    if (data === undefined) throw new RotError('DRIVER_TRNG_EXT_TIMEOUT', 'the stock of TRNG answers is used up');
    this.#responses++;
    return data;
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
    if (kind === 'update') return;
    this.#answer = undefined;
    this.#requestDue = undefined;
    this.#askAhead();
  }

  save(): TrngState {
    return {
      responses: this.#responses,
      csrng: this.csrng.save(),
      answer: copyState(this.#answer),
      stock: this.#stock.map((data) => ({ data: data.slice() })),
      requestDue: this.#requestDue,
    };
  }

  restore(state: TrngState): void {
    const answer = { optional: { fields: { due: 'number', data: { bytes: TRNG_RESPONSE_SIZE } } } } as const;
    const stock = { list: { fields: { data: { bytes: TRNG_RESPONSE_SIZE } } } } as const;
    const requestDue = { optional: 'number' } as const;
    checkState(state, { fields: { responses: 'number', answer, stock, requestDue } }, 'trng');
    this.#answer = copyState(state.answer);
    this.#stock = state.stock.map(({ data }) => data.slice());
    this.#requestDue = state.requestDue;
    this.csrng.restore(state.csrng);
    this.#responses = state.responses;
  }
}

function answeringAtOnce(entropy: Entropy): TrngResponder {
  return { respond: () => ({ delay: 0, data: entropy.bytes(TRNG_RESPONSE_SIZE) }) };
}
