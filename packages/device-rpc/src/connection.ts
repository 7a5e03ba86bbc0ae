import type { DeviceEvent } from 'rootcap';
import type { Board } from './board.ts';
import { RPC_ERROR, RpcError } from './errors.ts';
import type { Host } from './host.ts';
import { eventLine } from './json-rpc.ts';
import { Listener } from './listener.ts';

/** What a method may touch: the device of the connection and the connection's own settings. */
export class Connection {
  readonly host: Host;
  /** Identity of accesses that name none. */
  axiUser = 1;
  readonly #send: (line: string) => void;
  readonly #wake: () => void;
  #used: { readonly board: Board; readonly listener: Listener; readonly stop: () => void } | undefined;

  constructor(host: Host, send: (line: string) => void, wake: () => void) {
    this.host = host;
    this.#send = send;
    this.#wake = wake;
  }

  /** @throws RpcError no device */
  get board(): Board {
    return this.#inUse.board;
  }

  /** @throws RpcError no device */
  get listener(): Listener {
    return this.#inUse.listener;
  }

  get #inUse() {
    if (this.#used === undefined) throw new RpcError(RPC_ERROR.NO_DEVICE, 'no device');
    return this.#used;
  }

  /** The device, if there is one. */
  get current(): Board | undefined {
    return this.#used?.board;
  }

  /** Uses this device from now on. The host has already counted it, and the one before out. */
  use(board: Board, axiUser: number): void {
    this.#detach();
    const listener = new Listener(board, (event, now) => this.#notify(event, now));
    this.#used = { board, listener, stop: board.onFree({ wake: this.#wake }) };
    this.axiUser = axiUser;
  }

  #notify(event: DeviceEvent, now: number): void {
    this.#send(eventLine({ ...event, now }));
  }

  #detach(): void {
    this.#used?.listener.close();
    this.#used?.stop();
    this.#used = undefined;
  }

  close(): void {
    const board = this.current;
    this.#detach();
    if (board !== undefined) this.host.leave(board);
  }
}
