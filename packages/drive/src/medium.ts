/**
 * What ciphertext and journal lie on: bytes at offsets, zeros where nothing was written. Everything but {@link flush} is
 * synchronous. Trouble is a MediumError.
 *
 * Writes may reach the medium in any order, and loss of power may tear them, until a flush that was asked for after them
 * has settled.
 */
export interface Medium {
  /** No byte at or after this offset was ever written, or is still there. */
  readonly end: number;
  /** Fills `into`, with zeros beyond the end. */
  read(offset: number, into: Uint8Array): void;
  write(offset: number, data: Uint8Array): void;
  /** The bytes read as zeros afterwards, and take no space where the medium can do so. */
  discard(offset: number, length: number): void;
  /** Settles when everything written and discarded before the call survives loss of power. */
  flush(): Promise<void>;
  /** Writes nothing by itself. */
  close(): void;
}

/** A directory of media. Names that appear, change and vanish are durable after {@link flush}. */
export interface MediumStore {
  readonly names: readonly string[];
  /** Opens it, empty if there is none of this name. */
  open(name: string): Medium;
  /** In one step, replacing what was called `to`. */
  rename(from: string, to: string): void;
  remove(name: string): void;
  flush(): Promise<void>;
}
