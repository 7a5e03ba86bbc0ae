import type { Socket } from 'node:net';
import { RPC_ERROR, RpcError } from '../errors.ts';
import { errorLine } from '../json-rpc.ts';
import { type Host, Session } from '../session.ts';
import { LineError, LineReader } from './lines.ts';
import type { Scheduler, Worker } from './scheduler.ts';

/** A client that sends faster than it is served is not read any further while so many lines wait. */
const MAX_WAITING = 256;

export interface ConnectionOptions {
  readonly host: Host;
  readonly scheduler: Scheduler;
  /** Longest line in bytes. */
  readonly maxLine: number;
  /** Milliseconds without a request after which the connection is closed; 0: never. */
  readonly idleTimeout: number;
}

/** A session on a stream socket. It works only while its client takes what it sends. */
export class SocketConnection implements Worker {
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #reader: LineReader;
  readonly #scheduler: Scheduler;
  /** What is to be written in one go. */
  #out: string[] = [];
  #blocked = false;

  constructor(socket: Socket, { host, scheduler, maxLine, idleTimeout }: ConnectionOptions) {
    this.#socket = socket;
    this.#scheduler = scheduler;
    this.#reader = new LineReader(maxLine);
    this.#session = new Session({ host, send: (line) => this.#send(line) });
    socket.setNoDelay(true);
    if (idleTimeout > 0) socket.setTimeout(idleTimeout, () => this.close());
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#blocked = false;
      this.#wake();
    });
    // A peer that has closed its side may still read the answers to what it sent.
    socket.on('end', () => this.#endWhenDone());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  get ready(): boolean {
    return this.#session.busy && !this.#blocked;
  }

  work(): void {
    this.#session.work();
    if (this.#session.closed) {
      this.#flush();
      this.#socket.end();
      this.close();
    } else if (!this.#session.busy) {
      this.#flush();
      if (this.#ended) this.#socket.end();
    } else if (this.#session.waiting < MAX_WAITING / 2 && this.#socket.isPaused()) this.#socket.resume();
  }

  #ended = false;

  #endWhenDone(): void {
    this.#ended = true;
    if (!this.#session.busy) this.#socket.end();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const line of this.#reader.read(chunk)) this.#session.receive(line);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.#socket.end(`${errorLine(null, new RpcError(RPC_ERROR.PARSE, `Parse error: ${error.message}`))}\n`);
      this.close();
      return;
    }
    if (this.#session.waiting > MAX_WAITING) this.#socket.pause();
    this.#wake();
  }

  #wake(): void {
    if (this.ready) this.#scheduler.wake(this);
  }

  #send(line: string): void {
    this.#out.push(line, '\n');
    if (this.#out.length >= 128) this.#flush();
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const text = this.#out.join('');
    this.#out = [];
    if (this.#socket.writable && !this.#socket.write(text)) this.#blocked = true;
  }

  close(): void {
    this.#scheduler.forget(this);
    this.#session.close();
    this.#socket.destroySoon();
  }
}
