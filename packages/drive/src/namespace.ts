/** A run of blocks of one kind. */
export interface Allocation {
  /** Whether the blocks hold data; if not, they read as zeros. */
  readonly allocated: boolean;
  /** Blocks in the run, from the one asked for; at least 1. */
  readonly count: number;
}

/**
 * The logical blocks of a drive, as the fronts (NBD, NVMe/TCP) use them. Everything but {@link flush} is synchronous.
 *
 * A block without a loaded key: LockedRangeError. Blocks beyond the end, data that is no whole number of blocks:
 * RangeOutOfBoundsError. Trouble below: MediumError. All are DriveErrors with a `code`, and nothing was done.
 */
export interface Namespace {
  /** Namespace identifier, 1 or more. */
  readonly nsid: number;
  /** Name of the export. */
  readonly name: string;
  /** Bytes. */
  readonly blockSize: number;
  readonly blockCount: number;
  /** @param into - where the data goes, `count` blocks; default a new array. @returns plaintext */
  read(lba: number, count: number, into?: Uint8Array): Uint8Array;
  write(lba: number, data: Uint8Array): void;
  /** @param unmap - whether the blocks may become unallocated; they read as zeros in either case */
  writeZeroes(lba: number, count: number, unmap: boolean): void;
  /** The blocks are unallocated afterwards and read as zeros. */
  deallocate(lba: number, count: number): void;
  /** What the run of blocks at `lba` is, looking at `count` blocks at most. Locked blocks answer too. */
  allocation(lba: number, count: number): Allocation;
  /** Settles when everything written before the call survives loss of power. */
  flush(): Promise<void>;
}

/** What IF-SEND and IF-RECV of TCG storage reach. */
export interface SecurityProtocol {
  /** Settles when there is an answer to receive. What is sent one after the other is done one after the other. */
  send(protocol: number, comId: number, data: Uint8Array): Promise<void>;
  /** @returns at most `length` bytes */
  receive(protocol: number, comId: number, length: number): Uint8Array;
}

/** A whole drive: what an NVMe controller shows. */
export interface Subsystem {
  readonly serial: string;
  readonly model: string;
  readonly firmwareRevision: string;
  readonly namespaces: readonly Namespace[];
  /** Replaces the media keys of a namespace, or of all: nothing of its data can be read again. */
  cryptoErase(nsid: number | 'all'): Promise<void>;
  readonly security: SecurityProtocol;
}
