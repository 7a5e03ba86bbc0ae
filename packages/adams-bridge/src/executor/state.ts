import { CoeffMemory } from '../memory/coeff-memory.ts';
import type { DestinationName, SourceName } from '../program/registers.ts';
import { MLDSA_K } from '../units/codecs/mldsa.ts';
import { checkLength } from '../units/error.ts';
import { N, type Poly } from '../units/modular.ts';
import { DESTINATION_PIECES, type Piece, SOURCE_PIECES, STORES, type Store, VALUES, type Value } from './layout.ts';

/** Bits of the seed of both LFSRs; the 512 that follow them in the digest are kept for the next seed. */
const LFSR_BITS = 236;
const CONTEXT_MAX = 255;

/** What is signed: a message with its context of at most 255 bytes, default empty; or μ, 64 bytes. */
export type SignedInput = { readonly message: Uint8Array; readonly context?: Uint8Array } | { readonly mu: Uint8Array };

/** A message that comes through the stream port, and its context of at most 255 bytes. */
export interface StreamedMessage {
  readonly context: Uint8Array;
  readonly message: Uint8Array;
}

const lengthOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Memories and registers of the accelerator. A value that shares its place with another is lost when that one is written:
 * see the scratch register and the private-key RAM. adams-bridge:src/abr_top/rtl/abr_ctrl.sv, v2.0.3
 */
export class AcceleratorState {
  readonly memory = new CoeffMemory();
  /** High parts of w, kept for MAKEHINT. */
  readonly w1: readonly Poly[] = Array.from({ length: MLDSA_K }, () => new Int32Array(N));
  readonly lfsrSeed = new Uint8Array(Math.ceil(LFSR_BITS / 8));
  /** Clock cycles since reset: part of every LFSR seed. */
  counter = 0;
  readonly #stores: Readonly<Record<Store, Uint8Array>>;
  #streamed: StreamedMessage | undefined;

  constructor() {
    const stores = Object.entries(STORES).map(([name, bytes]) => [name, new Uint8Array(bytes)]);
    this.#stores = Object.fromEntries(stores) as Record<Store, Uint8Array>;
  }

  /**
   * Loads a value as software does.
   *
   * @throws AbrError `LENGTH`
   */
  set(value: Value, bytes: Uint8Array): void {
    checkLength(bytes, lengthOf(VALUES[value]), value);
    this.#write(VALUES[value], bytes);
  }

  /** A copy of a value. */
  get(value: Value): Uint8Array {
    return this.#read(VALUES[value]);
  }

  /** One memory or register, live. */
  store(name: Store): Uint8Array {
    return this.#stores[name];
  }

  /** The message that the stream port will give. */
  get streamed(): StreamedMessage | undefined {
    return this.#streamed;
  }

  /**
   * The next message comes through the stream port; without an argument, from its register again.
   *
   * @throws RangeError if the context is longer than 255 bytes
   */
  stream(streamed?: StreamedMessage): void {
    if (streamed !== undefined && streamed.context.length > CONTEXT_MAX)
      throw new RangeError(`context: ${streamed.context.length} bytes, more than ${CONTEXT_MAX}`);
    this.#streamed = streamed;
  }

  /**
   * Loads what is signed: μ into its register, a message of 64 bytes without context into its own, any other into the
   * stream port.
   *
   * @returns whether the command is to be given with external μ
   * @throws AbrError `LENGTH`, or RangeError if the context is longer than 255 bytes
   */
  loadSubject(subject: SignedInput): boolean {
    if ('mu' in subject) {
      this.set('mu', subject.mu);
      return true;
    }
    const { message, context = new Uint8Array() } = subject;
    if (message.length === lengthOf(VALUES.message) && context.length === 0) this.set('message', message);
    else this.stream({ message, context });
    return false;
  }

  /** Takes over what outlives ZEROIZE in hardware: the counter, and what the last LFSR seed left for the next. */
  goOnFrom(earlier: AcceleratorState): void {
    this.counter = earlier.counter;
    this.#stores.seedEntropy.set(earlier.store('seedEntropy'));
  }

  /** What a command that reseeds does when it begins: the entropy register goes into what the last seed left. */
  mixEntropy(): void {
    const { seedEntropy, entropy } = this.#stores;
    for (let i = 0; i < entropy.length; i++) seedEntropy[i] = (seedEntropy[i] as number) ^ (entropy[i] as number);
  }

  /** Bytes that Keccak absorbs from a register or RAM, before those of `imm`. */
  source(name: SourceName): Uint8Array {
    if (name === 'COUNTER') return counterBytes(this.counter);
    const bytes = this.#read(SOURCE_PIECES[name]);
    return name === 'MLDSA_MSG' ? this.#prefixed(bytes) : bytes;
  }

  /** Puts a digest where its destination says. @param digest - of at least 128 bytes; the rest is dropped */
  storeDigest(name: DestinationName, digest: Uint8Array): void {
    if (name === 'LFSR_SEED') this.#reseed(digest);
    else this.#write(DESTINATION_PIECES[name], digest);
  }

  #reseed(digest: Uint8Array): void {
    const last = this.lfsrSeed.length - 1;
    this.lfsrSeed.set(digest.subarray(0, last + 1));
    this.lfsrSeed[last] = (digest[last] as number) & 0xf;
    const { seedEntropy } = this.#stores;
    for (let i = 0; i < seedEntropy.length; i++)
      seedEntropy[i] = ((digest[last + i] as number) >> 4) | ((digest[last + i + 1] as number) << 4);
  }

  /** The message with 0, the length of the context and the context before it. FIPS 204, algorithm 2. */
  #prefixed(register: Uint8Array): Uint8Array {
    const { context = new Uint8Array(), message = register } = this.#streamed ?? {};
    const bytes = new Uint8Array(2 + context.length + message.length);
    bytes[1] = context.length;
    bytes.set(context, 2);
    bytes.set(message, 2 + context.length);
    return bytes;
  }

  #read(pieces: readonly Piece[]): Uint8Array {
    const result = new Uint8Array(lengthOf(pieces));
    let done = 0;
    for (const { store, at, bytes } of pieces) {
      result.set(this.#stores[store].subarray(at, at + bytes), done);
      done += bytes;
    }
    return result;
  }

  #write(pieces: readonly Piece[], source: Uint8Array): void {
    let done = 0;
    for (const { store, at, bytes } of pieces) {
      this.#stores[store].set(source.subarray(done, done + bytes), at);
      done += bytes;
    }
  }
}

function counterBytes(counter: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, counter >>> 0, true);
  view.setUint32(4, Math.floor(counter / 2 ** 32), true);
  return bytes;
}
