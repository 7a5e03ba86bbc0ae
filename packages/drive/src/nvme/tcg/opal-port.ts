/** Who has a PIN: the owner of the TPer, administrators and users of the Locking SP. */
export type OpalAuthority = 'SID' | `Admin${number}` | `User${number}`;

/** Proof of an authority that a session has given. */
export interface OpalCredential {
  readonly authority: OpalAuthority;
  readonly pin: Uint8Array;
}

/** A locking range. Range 0 is the global range: what no other has. */
export interface OpalRange {
  readonly start: number;
  /** Blocks; of the global range 0. */
  readonly length: number;
  /** Whether the range is locked at all when it is told to be, and when power comes. */
  readonly lockEnabled: boolean;
  readonly locked: boolean;
}

/** What the tables of Opal hold, PINs aside. The drive keeps it while power is off. */
export interface OpalState {
  /** Whether the Locking SP is activated. */
  readonly activated: boolean;
  readonly ranges: readonly OpalRange[];
  /** Authorities of the Locking SP that may authenticate. */
  readonly enabled: readonly OpalAuthority[];
  readonly mbrEnabled: boolean;
  readonly mbrDone: boolean;
}

/**
 * A refusal that the host is told of: `status` names it as the Core Specification does, section 5.1.5.
 */
export class OpalRefusal extends Error {
  override readonly name = 'OpalRefusal';
  readonly status: OpalStatus;

  constructor(status: OpalStatus, detail: string) {
    super(`${status}: ${detail}`);
    this.status = status;
  }
}

export const OPAL_STATUS = {
  SUCCESS: 0x00,
  NOT_AUTHORIZED: 0x01,
  SP_BUSY: 0x03,
  SP_FAILED: 0x04,
  NO_SESSIONS_AVAILABLE: 0x07,
  INSUFFICIENT_SPACE: 0x09,
  INVALID_PARAMETER: 0x0c,
  TPER_MALFUNCTION: 0x0f,
  RESPONSE_OVERFLOW: 0x11,
  AUTHORITY_LOCKED_OUT: 0x12,
  FAIL: 0x3f,
} as const;

export type OpalStatus = keyof typeof OPAL_STATUS;

/**
 * The drive below the Opal tables: it keeps PINs, media keys and what is to survive loss of power. A method that cannot
 * do its work throws an OpalRefusal, and nothing was done; what it changes survives loss of power when it settles.
 */
export interface OpalPort {
  /** The PIN that is printed on the drive: SID's first one. */
  readonly msid: Uint8Array;
  /** Bytes. */
  readonly blockSize: number;
  /** Ranges beside the global range. */
  readonly maxRanges: number;
  /** Whether blocks are locked for reasons of which Opal does not know, or knows. */
  readonly locked: boolean;
  /** As it was kept; undefined for a drive as it left its factory. */
  load(): OpalState | undefined;
  keep(state: OpalState): Promise<void>;
  random(size: number): Uint8Array;
  verifyPin(credential: OpalCredential): boolean;
  setPin(authority: OpalAuthority, pin: Uint8Array, by: OpalCredential): Promise<void>;
  /**
   * The Locking SP begins its life; Admin1 has SID's PIN from here on.
   *
   * @param by - SID. @param state - kept in the same step
   */
  activate(by: OpalCredential, state: OpalState): Promise<void>;
  lock(range: number): void;
  unlock(range: number, by: OpalCredential): Promise<void>;
  /** From here on, an administrator's PIN is needed to unlock a range after loss of power, or no longer. @param state - kept in the same step */
  enableLocking(range: number, enabled: boolean, by: OpalCredential, state: OpalState): Promise<void>;
  /** Gives a range a new media key: its data are gone. */
  genKey(range: number, by: OpalCredential): Promise<void>;
  /** Places a range. */
  setRange(range: number, start: number, length: number, by: OpalCredential): Promise<void>;
  /**
   * Back to the factory: new media keys, first PINs of the Locking SP, nothing locked.
   *
   * @param options - `owner`: SID's PIN is MSID again; `keepData`: the global range keeps its key, which an administrator
   *   asks for. @param state - kept in the same step
   */
  revert(options: OpalRevert, state: OpalState): Promise<void>;
}

export interface OpalRevert {
  readonly owner: boolean;
  readonly keepData: boolean;
  readonly by: OpalCredential;
}
