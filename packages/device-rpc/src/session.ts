import type { CryptoProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import type { Board } from './board.ts';
import { RPC_ERROR, RpcError } from './errors.ts';
import { errorLine, parseRequest, type Request, type RequestId, resultLine } from './json-rpc.ts';
import { METHODS, type Outcome } from './methods.ts';

/** What all connections of a server share. */
export interface HostOptions {
  readonly provider?: CryptoProvider;
  /** Engine of every device, also for clients that ask for another one. */
  readonly engine?: 'model' | undefined;
  /** Devices that may live at the same time. Default: no limit. */
  readonly maxDevices?: number;
}

/** What all connections of a server share. */
export class Host {
  readonly provider: CryptoProvider;
  readonly engine: 'model' | undefined;
  readonly #maxDevices: number;
  #devices = 0;

  constructor({ provider, engine, maxDevices }: HostOptions = {}) {
    this.provider = provider ?? defaultProvider();
    this.engine = engine;
    this.#maxDevices = maxDevices ?? Number.POSITIVE_INFINITY;
  }

  /** Devices that live now. */
  get devices(): number {
    return this.#devices;
  }

  /** @throws RpcError not-available when there are too many */
  enter(): void {
    if (this.#devices >= this.#maxDevices)
      throw new RpcError(RPC_ERROR.NOT_AVAILABLE, 'not-available', { detail: `more than ${this.#maxDevices} devices` });
    this.#devices++;
  }

  leave(): void {
    this.#devices--;
  }
}

/** What a method may touch: the connection's device and its settings. */
export interface Connection {
  readonly host: Host;
  /** @throws RpcError no device */
  readonly board: Board;
  /** Identity of accesses that name none. */
  axiUser: number;
  /** Makes the connection own a new device instead of the one it has. */
  take(board: Board, axiUser: number): void;
}

export interface SessionOptions {
  readonly host: Host;
  /** Takes one line, without its LF. */
  readonly send: (line: string) => void;
}

/**
 * One connection without a socket: lines come in, lines go out, requests are answered strictly in order. A session does
 * nothing by itself: {@link work} does a piece at a time, so that whoever runs many can be fair.
 */
export class Session {
  readonly #send: (line: string) => void;
  readonly #connection: SessionConnection;
  readonly #lines: string[] = [];
  #next = 0;
  #current: { readonly id: RequestId | undefined; readonly work: Generator<undefined, unknown, undefined> } | undefined;
  #closed = false;

  constructor({ host, send }: SessionOptions) {
    this.#send = send;
    this.#connection = new SessionConnection(host);
  }

  /** Whether the session has ended: it was closed, or an internal failure ended it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether {@link work} has something to do. */
  get busy(): boolean {
    return !this.#closed && (this.#current !== undefined || this.#next < this.#lines.length);
  }

  /** Lines that wait. */
  get waiting(): number {
    return this.#lines.length - this.#next;
  }

  /** Takes a line; {@link work} answers it. */
  receive(line: string): void {
    if (!this.#closed) this.#lines.push(line);
  }

  /** Answers a line at once, after those that wait. @returns the lines that go out */
  call(line: string): void {
    this.receive(line);
    while (this.busy) this.work();
  }

  /** Does a piece of work: a short request, or a part of a long one. */
  work(): void {
    if (this.#current !== undefined) this.#continue();
    else if (this.#next < this.#lines.length) this.#take();
  }

  #take(): void {
    const line = this.#lines[this.#next++] as string;
    if (this.#next === this.#lines.length || this.#next > 1024) {
      this.#lines.splice(0, this.#next);
      this.#next = 0;
    }
    const parsed = parseRequest(line);
    if ('error' in parsed) this.#send(errorLine(parsed.id, parsed.error));
    else this.#start(parsed.request);
  }

  #start(request: Request): void {
    const { id } = request;
    try {
      const outcome = this.#run(request);
      if (isWork(outcome)) {
        this.#current = { id, work: outcome };
        this.#continue();
      } else this.#answer(id, outcome);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #run({ method, params }: Request): Outcome {
    const found = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
    if (found === undefined) throw new RpcError(RPC_ERROR.METHOD_NOT_FOUND, `Method not found: ${method.slice(0, 64)}`);
    if (found.testAccess === true && !this.#connection.board.testAccess)
      throw new RpcError(RPC_ERROR.TEST_ACCESS, 'test-access');
    return found.run(this.#connection, params);
  }

  #continue(): void {
    const current = this.#current;
    if (current === undefined) return;
    try {
      const { done, value } = current.work.next();
      if (done !== true) return;
      this.#current = undefined;
      this.#answer(current.id, value);
    } catch (error) {
      this.#current = undefined;
      this.#fail(current.id, error);
    }
  }

  #answer(id: RequestId | undefined, result: unknown): void {
    if (id !== undefined) this.#send(resultLine(id, result));
  }

  #fail(id: RequestId | undefined, thrown: unknown): void {
    if (thrown instanceof RpcError) {
      if (id !== undefined) this.#send(errorLine(id, thrown));
      return;
    }
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    this.#send(errorLine(id ?? null, new RpcError(RPC_ERROR.ENGINE_FAILURE, 'engine-failure', { detail })));
    this.close();
  }

  /** Ends the session; its device goes with it. */
  close(): void {
    this.#closed = true;
    this.#lines.length = 0;
    this.#next = 0;
    this.#current = undefined;
    this.#connection.close();
  }
}

class SessionConnection implements Connection {
  readonly host: Host;
  axiUser = 1;
  #board: Board | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  get board(): Board {
    if (this.#board === undefined) throw new RpcError(RPC_ERROR.NO_DEVICE, 'no device');
    return this.#board;
  }

  take(board: Board, axiUser: number): void {
    this.close();
    this.host.enter();
    this.#board = board;
    this.axiUser = axiUser;
  }

  close(): void {
    if (this.#board === undefined) return;
    this.#board.close();
    this.#board = undefined;
    this.host.leave();
  }
}

function isWork(outcome: Outcome): outcome is Generator<undefined, unknown, undefined> {
  return Symbol.iterator in outcome;
}
