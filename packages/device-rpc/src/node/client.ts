import { RPC_ERROR, RpcError } from '../errors.ts';
import type { Host } from '../host.ts';
import { errorLine } from '../json-rpc.ts';
import { Session } from '../session.ts';
import type { Scheduler, Worker } from './scheduler.ts';

/** A client that sends faster than it is served is not read any further while so much waits. */
const MAX_WAITING_LINES = 256;
const MAX_WAITING_SIZE = 2 ** 20;

/** The wire to a client. */
export interface Wire {
  /** Sends whole lines. @returns false if the client takes no more for now; it calls {@link Client.drained} then */
  send(lines: readonly string[]): boolean;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
  /** Closes it after what was sent has gone out. */
  end(): void;
}

export interface ClientOptions {
  readonly host: Host;
  readonly scheduler: Scheduler;
  readonly wire: Wire;
}

/** A session on a wire. It works only while its client takes what it sends. */
export class Client implements Worker {
  readonly #session: Session;
  readonly #scheduler: Scheduler;
  readonly #wire: Wire;
  /** What is to be sent in one go. */
  #out: string[] = [];
  #blocked = false;
  #paused = false;
  /** The client sends no more, but may still read. */
  #ending = false;

  constructor({ host, scheduler, wire }: ClientOptions) {
    this.#scheduler = scheduler;
    this.#wire = wire;
    this.#session = new Session({ host, send: (line) => this.#out.push(line), wake: () => this.#wake() });
  }

  get ready(): boolean {
    return this.#session.ready && !this.#blocked;
  }

  /** Whether requests wait for their answers. */
  get busy(): boolean {
    return this.#session.busy;
  }

  work(): void {
    this.#session.work();
  }

  rest(): void {
    this.#flush();
    if (this.#session.closed || (this.#ending && !this.#session.busy)) this.#end();
    else if (this.#paused && this.#session.waiting < MAX_WAITING_LINES / 2) {
      this.#paused = false;
      this.#wire.resume();
    }
  }

  /** Takes lines that arrived. */
  receive(lines: readonly string[]): void {
    for (const line of lines) this.#session.receive(line);
    const { waiting, waitingSize } = this.#session;
    if (!this.#paused && (waiting > MAX_WAITING_LINES || waitingSize > MAX_WAITING_SIZE)) {
      this.#paused = true;
      this.#wire.pause();
    }
    this.#wake();
  }

  /** The client broke the framing: it is told, and the wire is closed. */
  refuse(message: string): void {
    this.#out.push(errorLine(null, new RpcError(RPC_ERROR.PARSE, `Parse error: ${message}`)));
    this.#flush();
    this.#end();
  }

  /** The client takes more again. */
  drained(): void {
    this.#blocked = false;
    this.#wake();
  }

  /** The client sends no more; the wire is closed when all is answered. */
  endWhenDone(): void {
    this.#ending = true;
    if (!this.#session.busy) this.rest();
  }

  #wake(): void {
    if (this.ready) this.#scheduler.wake(this);
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const lines = this.#out;
    this.#out = [];
    if (!this.#wire.send(lines)) this.#blocked = true;
  }

  #end(): void {
    this.close();
    this.#wire.end();
  }

  /** The wire is gone. */
  close(): void {
    this.#scheduler.forget(this);
    this.#session.close();
  }
}
