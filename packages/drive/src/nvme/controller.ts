import type { Namespace, Subsystem } from '../namespace.ts';
import { ADMIN_COMMANDS } from './admin.ts';
import { PROPERTY, type Sqe } from './command.ts';
import { Features } from './features.ts';
import { QUEUE_ENTRIES, VERSION } from './identify.ts';
import { IO_COMMANDS } from './io.ts';
import { LOG_PAGE, Statistics, type TransportAddress } from './log-pages.ts';
import { SanitizeState } from './sanitize.ts';
import { NvmeStatusError } from './status.ts';

/** A command as its queue brings it. */
export interface NvmeRequest {
  readonly sqe: Sqe;
  /** Data from the host. */
  readonly data: Uint8Array;
  /** Data that the host takes or gives, in bytes, as its SGL says. */
  readonly length: number;
}

/** The completion of a command that succeeded. */
export interface NvmeAnswer {
  /** Dword 0, or dwords 1 and 0. */
  readonly result?: number | bigint;
  readonly data?: Uint8Array;
}

/** A command of a set, as data. */
export interface NvmeCommand {
  readonly opcode: number;
  readonly name: string;
  /** For the log page of commands and effects. */
  readonly effects: number;
  /** Whether a discovery controller has it. */
  readonly discovery?: boolean;
  /** Whether it is carried out while the media are being sanitized. */
  readonly duringSanitize?: boolean;
  /** @throws NvmeStatusError */
  run(controller: NvmeController, request: NvmeRequest): NvmeAnswer | Promise<NvmeAnswer>;
}

/** What all controllers of a subsystem share. */
export interface SharedState {
  readonly nqn: string;
  readonly subsystem: Subsystem;
  readonly address: TransportAddress;
  readonly maxIoQueues: number;
  readonly maxControllers: number;
  /** NQNs of the hosts that may connect; undefined for all. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Milliseconds from any moment on. */
  readonly now: () => number;
  readonly statistics: Statistics;
  readonly sanitize: SanitizeState;
  readonly controllers: Map<number, NvmeController>;
}

export function sharedState(options: Omit<SharedState, 'statistics' | 'sanitize' | 'controllers'>): SharedState {
  return { ...options, statistics: new Statistics(), sanitize: new SanitizeState(), controllers: new Map() };
}

/** Who a controller was made for. */
export interface Association {
  readonly type: 'IO' | 'DISCOVERY';
  readonly cntlid: number;
  readonly subnqn: string;
  readonly hostnqn: string;
  readonly hostid: Uint8Array;
  /** Milliseconds; 0 for never. */
  readonly keepAliveTimeout: number;
}

const CAP_VALUE =
  BigInt(QUEUE_ENTRIES - 1) | // MQES
  (1n << 16n) | // CQR
  (20n << 24n) | // TO: 10 s
  (1n << 37n); // CSS: NVM command set
const CC = { EN: 1, SHN: 3 << 14 } as const;
const CSTS = { RDY: 1, CFS: 2, SHST_COMPLETE: 2 << 2 } as const;
/** I/O queue entries of 64 and 16 bytes, pages of 4 KiB, NVM command set, round robin; EN and SHN aside. */
const CC_SUPPORTED = 0x0046_0000;

const EVENT = { SANITIZE_COMPLETED: { type: 6, information: 1, logPage: LOG_PAGE.SANITIZE_STATUS } } as const;
type EventName = keyof typeof EVENT;

/** One host's controller: properties, features and asynchronous events. The commands themselves are tables. */
export class NvmeController {
  readonly association: Association;
  readonly shared: SharedState;
  readonly features: Features;
  /** Connections of its queues, by QID. */
  readonly connections = new Map<number, { end(): void }>();
  /** When the host was last heard of, as {@link SharedState.now} counts. */
  lastHeard: number;
  #cc = 0;
  #csts = 0;
  readonly #waiting: { readonly cid: number; readonly settle: (answer: NvmeAnswer | NvmeStatusError) => void }[] = [];
  readonly #events: EventName[] = [];

  constructor(association: Association, shared: SharedState) {
    this.association = association;
    this.shared = shared;
    this.lastHeard = shared.now();
    this.features = new Features({
      KEEP_ALIVE_TIMER: association.keepAliveTimeout,
      NUMBER_OF_QUEUES: ((shared.maxIoQueues - 1) << 16) | (shared.maxIoQueues - 1),
    });
  }

  get isDiscovery(): boolean {
    return this.association.type === 'DISCOVERY';
  }

  get ready(): boolean {
    return (this.#csts & CSTS.RDY) !== 0;
  }

  /** I/O queues the host may connect. */
  get ioQueues(): number {
    return this.isDiscovery ? 0 : (this.features.get('NUMBER_OF_QUEUES') & 0xffff) + 1;
  }

  get namespaces(): readonly Namespace[] {
    return this.isDiscovery ? [] : this.shared.subsystem.namespaces;
  }

  /** @throws NvmeStatusError if the namespace is not there */
  namespace(nsid: number): Namespace {
    const found = this.namespaces.find((namespace) => namespace.nsid === nsid);
    if (found === undefined) throw new NvmeStatusError('INVALID_NAMESPACE_OR_FORMAT', `namespace ${nsid}`);
    return found;
  }

  /** @param size - 4 or 8 bytes, as the command says */
  getProperty(offset: number, size: number): bigint {
    const values: Readonly<Record<number, readonly [size: number, value: bigint]>> = {
      [PROPERTY.CAP]: [8, CAP_VALUE],
      [PROPERTY.VS]: [4, BigInt(VERSION)],
      [PROPERTY.CC]: [4, BigInt(this.#cc)],
      [PROPERTY.CSTS]: [4, BigInt(this.#csts)],
    };
    const [width, value] = values[offset] ?? [];
    if (value === undefined || width !== size)
      throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', `property 0x${offset.toString(16)} of ${size} bytes`);
    return value;
  }

  setProperty(offset: number, size: number, value: bigint): void {
    if (offset !== PROPERTY.CC || size !== 4 || value > 0xffff_ffffn)
      throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', `property 0x${offset.toString(16)} of ${size} bytes`);
    const configuration = Number(value);
    const enabling = (configuration & CC.EN) !== 0;
    const wasEnabled = (this.#cc & CC.EN) !== 0;
    this.#cc = configuration;
    if (enabling && !wasEnabled) {
      const supported = (configuration & ~(CC.EN | CC.SHN)) >>> 0 === CC_SUPPORTED;
      this.#csts = supported ? CSTS.RDY : CSTS.CFS;
    } else if (!enabling && wasEnabled) this.#reset();
    if ((configuration & CC.SHN) !== 0) this.#csts |= CSTS.SHST_COMPLETE;
  }

  /** Controller level reset: features are as at first, events are forgotten; the drive itself is not concerned. */
  #reset(): void {
    this.#csts = 0;
    this.features.reset();
    this.#waiting.length = 0;
    this.#events.length = 0;
  }

  /** Carries out a command of the admin queue or an I/O queue. @throws NvmeStatusError, or rejects with one */
  execute(kind: 'admin' | 'io', request: NvmeRequest): NvmeAnswer | Promise<NvmeAnswer> {
    const { opcode, flags } = request.sqe;
    const command = (kind === 'admin' ? ADMIN_COMMANDS : IO_COMMANDS).get(opcode);
    if (command === undefined || (this.isDiscovery && command.discovery !== true))
      throw new NvmeStatusError('INVALID_COMMAND_OPCODE', `${kind} command 0x${opcode.toString(16)}`);
    if (!this.ready) throw new NvmeStatusError('COMMAND_SEQUENCE_ERROR', 'the controller is not enabled');
    // Fabrics know SGLs only, and no command here is fused.
    if ((flags & 0x03) !== 0 || flags >>> 6 !== 1) throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', 'FUSE, PSDT');
    if (command.duringSanitize !== true) {
      if (this.shared.sanitize.inProgress) throw new NvmeStatusError('SANITIZE_IN_PROGRESS');
      if (this.shared.sanitize.failed) throw new NvmeStatusError('SANITIZE_FAILED');
    }
    return command.run(this, request);
  }

  /** Holds an Asynchronous Event Request until there is something to say. */
  awaitEvent(cid: number, limit: number): Promise<NvmeAnswer> {
    if (this.#waiting.length >= limit) throw new NvmeStatusError('ASYNCHRONOUS_EVENT_REQUEST_LIMIT_EXCEEDED');
    return new Promise((resolve, reject) => {
      const settle = (answer: NvmeAnswer | NvmeStatusError): void =>
        answer instanceof NvmeStatusError ? reject(answer) : resolve(answer);
      this.#waiting.push({ cid, settle });
      this.#notify();
    });
  }

  /** Ends a held request. @returns whether there was one with this identifier */
  abortEvent(cid: number): boolean {
    const index = this.#waiting.findIndex((request) => request.cid === cid);
    const [request] = index < 0 ? [] : this.#waiting.splice(index, 1);
    request?.settle(new NvmeStatusError('COMMAND_ABORT_REQUESTED'));
    return request !== undefined;
  }

  /** Tells the host, now or with its next request. One event of a kind waits at most. */
  report(event: EventName): void {
    if (this.isDiscovery || this.#events.includes(event)) return;
    this.#events.push(event);
    this.#notify();
  }

  #notify(): void {
    while (this.#events.length > 0 && this.#waiting.length > 0) {
      const { type, information, logPage } = EVENT[this.#events.shift() as EventName];
      this.#waiting.shift()?.settle({ result: type | (information << 8) | (logPage << 16) });
    }
  }

  /** Whether the host has been silent for longer than it said, with as much again for a slow way. */
  expired(now: number): boolean {
    const timeout = this.features.get('KEEP_ALIVE_TIMER');
    return timeout > 0 && now - this.lastHeard > 2 * timeout;
  }

  /** The host is gone, or is to go. */
  close(): void {
    this.shared.controllers.delete(this.association.cntlid);
    this.#reset();
    const connections = [...this.connections.values()];
    this.connections.clear();
    for (const connection of connections) connection.end();
  }
}
