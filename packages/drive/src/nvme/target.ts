import type { Subsystem } from '../namespace.ts';
import { NvmeConnection, type NvmeWire } from './connection.ts';
import { type SharedState, sharedState } from './controller.ts';
import { uuidOf } from './identify.ts';
import { DISCOVERY_NQN, type TransportAddress } from './log-pages.ts';

export interface NvmeTargetOptions {
  readonly subsystem: Subsystem;
  /** Default: {@link defaultNqn} of the subsystem. */
  readonly nqn?: string;
  /** What the discovery subsystem tells of the way here. Default 127.0.0.1, port 4420. */
  readonly address?: TransportAddress;
  /** NQNs of the hosts that may connect. Default: all. */
  readonly hosts?: readonly string[];
  /** I/O queues of one controller. Default 8. */
  readonly maxIoQueues?: number;
  /** Controllers at the same time. Default 64. */
  readonly maxControllers?: number;
  /** Milliseconds from any moment on. Default `Date.now`. */
  readonly now?: () => number;
  /** Told of exceptions that are no status of NVMe. Their commands end with Internal Error. */
  readonly failed?: (error: unknown) => void;
}

/** Port of NVMe/TCP I/O controllers. */
export const NVME_TCP_PORT = 4420;
/** Milliseconds that a connection has to become a queue. */
const TIME_TO_CONNECT = 10_000;
const LONGEST_NQN = 223;

/** An NQN that the serial number decides: NVMe Base 1.4, section 7.9. */
export function defaultNqn({ serial, model }: Subsystem): string {
  const digits = Array.from(uuidOf(`${model}\n${serial}`), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const uuid = [0, 8, 12, 16, 20].map((start, i, all) => digits.slice(start, all[i + 1] ?? 32)).join('-');
  return `nqn.2014-08.org.nvmexpress:uuid:${uuid}`;
}

function requireNqn(nqn: string): string {
  if (!/^nqn\.\d{4}-\d{2}\.[\x21-\x7e]+$/.test(nqn) || nqn.length > LONGEST_NQN || nqn === DISCOVERY_NQN)
    throw new RangeError(`nqn: ${JSON.stringify(nqn)} is no NQN of a subsystem`);
  return nqn;
}

/** A drive as an NVM subsystem behind NVMe/TCP. Sockets are its user's; see `@rootcap/drive/node`. */
export class NvmeTarget {
  readonly #shared: SharedState;
  readonly #connections = new Set<NvmeConnection>();
  readonly #failed: (error: unknown) => void;

  /** @throws RangeError if an option is out of range */
  constructor(options: NvmeTargetOptions) {
    const { subsystem, hosts, maxIoQueues = 8, maxControllers = 64, failed = () => {} } = options;
    if (!(Number.isInteger(maxIoQueues) && maxIoQueues >= 1 && maxIoQueues <= 0xffff))
      throw new RangeError(`maxIoQueues: ${maxIoQueues} is not in 1 to 65535`);
    for (const { blockSize, nsid } of subsystem.namespaces)
      if (!Number.isInteger(Math.log2(blockSize)) || blockSize < 512)
        throw new RangeError(`namespace ${nsid}: blocks of ${blockSize} bytes are none of NVMe`);
    this.#failed = failed;
    this.#shared = sharedState({
      nqn: requireNqn(options.nqn ?? defaultNqn(subsystem)),
      subsystem,
      address: options.address ?? { family: 'ipv4', address: '127.0.0.1', port: NVME_TCP_PORT },
      maxIoQueues,
      maxControllers,
      hosts: hosts === undefined ? undefined : new Set(hosts),
      now: options.now ?? Date.now,
    });
  }

  get nqn(): string {
    return this.#shared.nqn;
  }

  /** Controllers of connected hosts. */
  get controllers(): number {
    return this.#shared.controllers.size;
  }

  /** A host has opened a connection. */
  accept(wire: NvmeWire): NvmeConnection {
    const connection: NvmeConnection = new NvmeConnection({
      shared: this.#shared,
      wire,
      closed: () => this.#connections.delete(connection),
      failed: this.#failed,
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Ends what has been silent for too long. To be called every second or so. */
  tick(): void {
    const now = this.#shared.now();
    for (const controller of [...this.#shared.controllers.values()]) if (controller.expired(now)) controller.close();
    for (const connection of [...this.#connections])
      if (!connection.connected && now - connection.startedAt > TIME_TO_CONNECT) connection.end();
  }

  /** Ends all connections. */
  close(): void {
    for (const connection of [...this.#connections]) connection.end();
  }
}
