import type { Namespace } from '../namespace.ts';
import { ByteQueue } from './byte-queue.ts';
import { NbdProtocolError } from './errors.ts';
import { Negotiation, type TlsPolicy } from './negotiation.ts';
import { ReplyBuffer } from './reply-buffer.ts';
import { Transmission } from './transmission.ts';

/** Work of one turn, in bytes. The session says then that it is not done, and the others have theirs. */
const TURN = 4 * 2 ** 20;
/** Replies are sent at the latest when so much waits. */
const SEND_AT = 131_072;
/** A client that sends faster than it is served is not read any further. */
const MAX_WAITING = 2 ** 20;

/** The stream to one client. */
export interface NbdWire {
  /** @returns false if the client takes no more for now; {@link NbdSession.drained} tells when it does */
  send(bytes: Uint8Array): boolean;
  /** The server's side of TLS begins, after what was sent. {@link NbdSession.secured} tells when it is there. */
  startTls(): void;
  /** Closes it after what was sent. */
  end(): void;
}

export interface NbdSessionOptions {
  readonly exports: () => readonly Namespace[];
  readonly wire: NbdWire;
  /** Default `off`. */
  readonly tls?: TlsPolicy;
  /** There is work: {@link NbdSession.work} is to be called. */
  readonly wake?: () => void;
  /** Makes arrays whose content does not matter. Default: zeroed ones. */
  readonly allocate?: (size: number) => Uint8Array;
  /** Hears why a connection ended early, and of errors that are no refusal of the drive. */
  readonly onError?: (error: unknown) => void;
}

/**
 * One connection of an NBD server, without a socket: bytes come in by {@link receive}, work is done in turns by
 * {@link work}, answers go to the wire. Requests are answered in order but for those that wait for a flush.
 */
export class NbdSession {
  readonly #wire: NbdWire;
  readonly #wake: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #input = new ByteQueue();
  readonly #out: ReplyBuffer;
  #negotiation: Negotiation | undefined;
  #transmission: Transmission | undefined;
  #blocked = false;
  #waitingForTls = false;
  #closed = false;

  constructor({ exports, wire, tls = 'off', wake, allocate, onError }: NbdSessionOptions) {
    this.#wire = wire;
    this.#wake = wake ?? (() => undefined);
    this.#onError = onError ?? (() => undefined);
    this.#out = new ReplyBuffer(allocate ?? ((size) => new Uint8Array(size)), (bytes) => {
      if (!this.#closed && !wire.send(bytes)) this.#blocked = true;
    });
    this.#negotiation = new Negotiation({ exports, tls, send: (bytes) => this.#out.reserve(bytes.length).set(bytes) });
    this.#negotiation.greet();
    this.#out.flush();
  }

  /** Whether the haggling is over. */
  get transmitting(): boolean {
    return this.#transmission !== undefined;
  }

  /** Whether the client owes something: the rest of a request, or room for answers. */
  get stalled(): boolean {
    return this.#blocked || this.#waitingForTls || this.#input.length > 0 || this.#transmission?.midRequest === true;
  }

  /** Whether so much waits that the wire had better not be read. */
  get full(): boolean {
    return this.#input.length > MAX_WAITING;
  }

  get closed(): boolean {
    return this.#closed;
  }

  receive(bytes: Uint8Array): void {
    // What comes between the answer to STARTTLS and TLS itself would be plain text smuggled in.
    if (!this.#closed && !this.#waitingForTls) this.#input.push(bytes);
  }

  /** The client takes more again. */
  drained(): void {
    this.#blocked = false;
  }

  /** TLS is there. */
  secured(): void {
    this.#waitingForTls = false;
    this.#negotiation?.secured();
  }

  /** The wire is gone. */
  close(): void {
    this.#closed = true;
  }

  /** Works for one turn. @returns whether there is more to do at once */
  work(): boolean {
    let done = 0;
    let more = false;
    try {
      while (!this.#closed && !this.#blocked && !this.#waitingForTls) {
        const step = this.#step();
        if (step === 0) break;
        if (this.#out.pending >= SEND_AT) this.#out.flush();
        done += step;
        if (done < TURN) continue;
        more = true;
        break;
      }
    } catch (error) {
      this.#onError(error);
      if (!(error instanceof NbdProtocolError)) throw error;
      this.#end();
      return false;
    }
    this.#out.flush();
    if (this.#transmission?.finished) this.#end();
    return more && !this.#closed && !this.#blocked;
  }

  #step(): number {
    if (this.#transmission !== undefined) return this.#transmission.step(this.#input);
    const state = this.#negotiation?.step(this.#input);
    if (state === undefined) return 0;
    if (state === 'aborted') this.#end();
    else if (state === 'tls') {
      this.#out.flush();
      this.#waitingForTls = true;
      this.#input.clear();
      this.#wire.startTls();
    } else if (state !== 'more') {
      this.#negotiation = undefined;
      const wake = (): void => {
        if (!this.#closed) this.#wake();
      };
      this.#transmission = new Transmission({ agreement: state, out: this.#out, wake, onError: this.#onError });
    }
    return 1024;
  }

  #end(): void {
    if (this.#closed) return;
    this.#out.flush();
    this.#closed = true;
    this.#wire.end();
  }
}
