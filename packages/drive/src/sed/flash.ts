import type { OpalAuthority, OpalState } from '../nvme/tcg/opal-port.ts';
import type { ScryptCost } from './pin.ts';
import type { SealedRecord } from './root-of-trust.ts';

/**
 * What a drive's flash holds beside the media. Nothing in it is a key in the clear: SEK and DPKs are sealed by the root of
 * trust or under a PIN, MPKs and MEKs wrapped by it. Byte strings are hexadecimal.
 */
export interface FlashState {
  readonly format: 'rootcap-drive';
  readonly version: 1;
  readonly serial: string;
  readonly model: string;
  /** Vendor root and IDevID certificate, DER. */
  readonly vendorChain: readonly string[];
  /** Soft epoch key. */
  readonly sek: SealedRecord;
  /** How often the SEK was replaced. */
  readonly epoch: number;
  readonly namespaces: readonly NamespaceRecord[];
  readonly parties: readonly PartyRecord[];
  readonly ranges: readonly RangeRecord[];
  /** Absent until its host uses Opal. */
  readonly opal?: OpalRecord;
}

export interface NamespaceRecord {
  readonly nsid: number;
  readonly name: string;
  readonly blockCount: number;
}

/** Somebody whose access key is needed. */
export interface PartyRecord {
  /** Metadata of the MPK: UID of the AccessCondition. */
  readonly uid: string;
  /** WrappedKey of type LOCKED_MPK. */
  readonly lockedMpk: string;
}

/** Blocks of a namespace under one media key. */
export interface RangeRecord {
  readonly name: string;
  readonly nsid: number;
  readonly start: number;
  /** Last block, itself inside. */
  readonly end: number;
  readonly dpk: DpkProtector;
  /** UIDs of all whose MPKs are mixed into the media key, in this order. */
  readonly parties: readonly string[];
  /** WrappedKey of type WRAPPED_MEK; absent after an erasure, until the range is unlocked. */
  readonly wrappedMek?: string;
}

/** A range after its erasure. */
export function withoutMek({ wrappedMek: _, ...range }: RangeRecord): RangeRecord {
  return range;
}

/** A key under a PIN: AES-256-GCM under the PIN's scrypt. */
export interface PinProtector {
  readonly kind: 'pin';
  readonly salt: string;
  readonly cost: ScryptCost;
  readonly sealed: string;
}

/** How the data protection key of a range is kept: by the root of trust alone, under a PIN, or under the Opal key. */
export type DpkProtector =
  | { readonly kind: 'device'; readonly sealed: SealedRecord }
  | PinProtector
  | { readonly kind: 'opal'; readonly iv: string; readonly sealed: string };

/** What Opal keeps. */
export interface OpalRecord {
  /** Absent while the tables are as the factory left them. */
  readonly state?: OpalState;
  /** By authority, of those whose PIN was set: an administrator's PIN opens the Opal key, another's a random key. */
  readonly pins: Readonly<Partial<Record<OpalAuthority, PinProtector>>>;
}

/** One record that is read whole and replaced whole; what was written survives loss of power when the promise settles. */
export interface RecordStore<T> {
  read(): T | undefined;
  write(value: T): Promise<void>;
  /** Overwrites what earlier values left behind: after an erasure. */
  scrub(): Promise<void>;
}

/** A store in memory, for tests and for a browser. */
export function memoryRecord<T>(initial?: T): RecordStore<T> {
  let kept: string | undefined = initial === undefined ? undefined : JSON.stringify(initial);
  return {
    read: () => (kept === undefined ? undefined : (JSON.parse(kept) as T)),
    write: async (value) => {
      kept = JSON.stringify(value);
    },
    scrub: async () => undefined,
  };
}
