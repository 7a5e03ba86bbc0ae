/** A chip behind Device RPC, over a WebSocket: runs in a page, in Node 22, in Bun and in Deno. */

export interface StepResult {
  readonly ran: number;
  readonly reason: 'until' | 'watch' | 'wire' | 'output' | 'idle' | 'cycles';
  /** Watched registers afterwards. */
  readonly values: readonly number[];
  readonly readyForFw: boolean;
  readonly now: number;
  readonly output?: string;
  readonly exit?: 'passed' | 'failed';
}

export type Op =
  | readonly ['r', address: number, size?: 1 | 2 | 4]
  | readonly ['w', address: number, value: number, size?: 1 | 2 | 4]
  | readonly ['rf', address: number, bytes: number]
  | readonly ['wf', address: number, hex: string];

export class ChipError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** As much of a WebSocket as is used here. */
export interface Socket {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

export class Chip {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #id = 0;
  /** Told of events after `call('subscribe', { kinds })`. */
  onEvent: (event: { kind: string; now: number }) => void = () => {};

  /** @param socket - open */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(String(data)));
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection was closed'));
      this.#waiting.clear();
    };
  }

  #receive(message: {
    id?: number;
    result?: never;
    error?: ConstructorParameters<typeof ChipError>[0];
    params?: never;
  }) {
    if (message.id === undefined) {
      this.onEvent(message.params as never);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result as never);
    else waiting?.reject(new ChipError(message.error));
  }

  /** Any method of the protocol. Requests may be sent without waiting; they are answered in order. */
  call<T = Record<string, never>>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#id;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  async ops(...ops: readonly Op[]): Promise<readonly unknown[]> {
    return (await this.call<{ results: unknown[] }>('transfer', { ops })).results;
  }

  async read(address: number): Promise<number> {
    return (await this.call<{ value: number }>('read', { address })).value;
  }

  step(cycles: number, conditions: object = {}): Promise<StepResult> {
    return this.call('step', { cycles, ...conditions });
  }

  close(): void {
    this.#socket.close();
  }
}
