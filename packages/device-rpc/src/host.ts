import type { CryptoProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { Board } from './board.ts';
import { createFrom } from './create.ts';
import { invalidParameter, notAvailable } from './errors.ts';
import { isAbsent, type Params } from './params.ts';

export interface HostOptions {
  /** Cryptography of all devices. Default: the fastest for the runtime. */
  readonly provider?: CryptoProvider;
  /** Engine of every device, also for clients that ask for another one. */
  readonly engine?: 'model' | undefined;
  /** Stand-ins of every device with test access whose client names none, as `create` takes them. */
  readonly standIns?: readonly { readonly digest: string; readonly name: string }[];
  /** Devices that may live at the same time. Default: no limit. */
  readonly maxDevices?: number;
}

/** The devices of all connections of a server. A device lives as long as a connection uses it. */
export class Host {
  readonly provider: CryptoProvider;
  readonly #engine: 'model' | undefined;
  readonly #standIns: HostOptions['standIns'];
  readonly #maxDevices: number;
  readonly #named = new Map<string, Board>();
  #devices = 0;

  constructor({ provider, engine, standIns, maxDevices }: HostOptions = {}) {
    this.provider = provider ?? defaultProvider();
    this.#engine = engine;
    this.#standIns = standIns;
    this.#maxDevices = maxDevices ?? Number.POSITIVE_INFINITY;
  }

  /** Devices that live now. */
  get devices(): number {
    return this.#devices;
  }

  /**
   * Makes a device.
   *
   * @param leaving - device that the connection gives up for it
   * @throws RpcError naming the parameter, or not-available when there are too many
   */
  create(params: Params, leaving: Board | undefined): { readonly board: Board; readonly axiUser: number } {
    const room = leaving?.users === 1 ? 1 : 0;
    if (this.#devices - room >= this.#maxDevices) throw notAvailable(`more than ${this.#maxDevices} devices`);
    const created = createFrom(this.#withStandIns(params), this.provider, this.#engine);
    const { name } = created;
    const taken = name === undefined ? undefined : this.#named.get(name);
    if (taken !== undefined && !(taken === leaving && room === 1)) throw invalidParameter('name', 'a name not in use');
    if (leaving !== undefined) this.leave(leaving);
    const board = new Board(created);
    board.users = 1;
    this.#devices++;
    if (name !== undefined) this.#named.set(name, board);
    return { board, axiUser: created.axiUser };
  }

  #withStandIns(params: Params): Params {
    return params.testAccess === true && isAbsent(params.standIns) ? { ...params, standIns: this.#standIns } : params;
  }

  /** @returns the device of that name, if there is one, with one user more */
  attach(name: string): Board | undefined {
    const board = this.#named.get(name);
    if (board !== undefined) board.users++;
    return board;
  }

  /** A connection does not use the device any more. */
  leave(board: Board): void {
    board.users--;
    if (board.users > 0) return;
    board.close();
    this.#devices--;
    if (board.name !== undefined && this.#named.get(board.name) === board) this.#named.delete(board.name);
  }
}
