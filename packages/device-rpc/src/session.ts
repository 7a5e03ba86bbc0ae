import { Connection } from './connection.ts';
import { RPC_ERROR, RpcError } from './errors.ts';
import type { Host } from './host.ts';
import { errorLine, parseRequest, type Request, type RequestId, resultLine } from './json-rpc.ts';
import { METHODS, type Outcome } from './methods.ts';

export interface SessionOptions {
  readonly host: Host;
  /** Takes one line, without its LF. */
  readonly send: (line: string) => void;
  /** Called when a session that had to wait for another one, which uses the same device, can go on. */
  readonly wake?: () => void;
}

/** Lines that were answered are dropped in such portions. */
const DROP = 1024;

/**
 * One connection without a socket: lines come in, lines go out, requests are answered strictly in order. A session does
 * nothing by itself: {@link work} does a piece at a time, so that whoever runs many can be fair.
 */
export class Session {
  readonly #send: (line: string) => void;
  readonly #connection: Connection;
  readonly #lines: string[] = [];
  #next = 0;
  #waitingSize = 0;
  #current: { readonly id: RequestId | undefined; readonly work: Generator<undefined, unknown, undefined> } | undefined;
  #closed = false;

  constructor({ host, send, wake = () => {} }: SessionOptions) {
    this.#send = send;
    this.#connection = new Connection(host, send, wake);
  }

  /** Whether the session has ended: it was closed, or an internal failure ended it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether there are requests to answer. */
  get busy(): boolean {
    return !this.#closed && (this.#current !== undefined || this.#next < this.#lines.length);
  }

  /** Whether {@link work} gets anywhere now: there are requests, and no other connection's is under way on the device. */
  get ready(): boolean {
    return this.busy && this.#connection.current?.isHeldFrom(this) !== true;
  }

  /** Lines that wait. */
  get waiting(): number {
    return this.#lines.length - this.#next;
  }

  /** Characters of the lines that wait. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** Takes a line; {@link work} answers it. */
  receive(line: string): void {
    if (this.#closed) return;
    this.#lines.push(line);
    this.#waitingSize += line.length;
  }

  /** Takes a line and answers all that wait, as far as no other connection's request is under way on the device. */
  call(line: string): void {
    this.receive(line);
    while (this.ready) this.work();
  }

  /** Does a piece of work: a short request, or a part of a long one. */
  work(): void {
    if (!this.ready) return;
    if (this.#current !== undefined) this.#continue();
    else this.#take();
  }

  #take(): void {
    const line = this.#lines[this.#next++] as string;
    this.#waitingSize -= line.length;
    if (this.#next === this.#lines.length || this.#next >= DROP) {
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
        this.#connection.current?.hold(this);
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
    if (found.anytime !== true) this.#requireDevice(found.testAccess === true);
    return found.run(this.#connection, params);
  }

  /** @throws RpcError no device, test-access */
  #requireDevice(testAccess: boolean): void {
    const { board } = this.#connection;
    if (testAccess && !board.testAccess) throw new RpcError(RPC_ERROR.TEST_ACCESS, 'test-access');
  }

  #continue(): void {
    const current = this.#current;
    if (current === undefined) return;
    try {
      const { done, value } = current.work.next();
      if (done !== true) return;
      this.#finish();
      this.#answer(current.id, value);
    } catch (error) {
      this.#finish();
      this.#fail(current.id, error);
    }
  }

  #finish(): void {
    this.#current = undefined;
    this.#connection.current?.release(this);
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

  /** Ends the session; its device goes with it unless others use it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lines.length = 0;
    this.#next = 0;
    this.#waitingSize = 0;
    this.#finish();
    this.#connection.close();
  }
}

function isWork(outcome: Outcome): outcome is Generator<undefined, unknown, undefined> {
  return Symbol.iterator in outcome;
}
