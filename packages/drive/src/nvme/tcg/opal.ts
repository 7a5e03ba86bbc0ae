import { hexToBytes } from '@rootcap/crypto';
import {
  type OpalAuthority,
  type OpalCredential,
  type OpalPort,
  type OpalRange,
  OpalRefusal,
  type OpalRevert,
  type OpalState,
} from './opal-port.ts';
import type { Named, TcgValue } from './tokens.ts';
import { authorityOf, keyUid, METHOD, pinOwner, rangeOf, rangeOfKey, UID, uidText } from './uids.ts';

export type SecurityProvider = 'ADMIN' | 'LOCKING';

/** A session, as the tables see it. */
export interface OpalSession {
  readonly sp: SecurityProvider;
  readonly write: boolean;
  /** What the host has proved. */
  readonly proofs: Map<OpalAuthority, OpalCredential>;
}

/** What a method returns. */
export interface MethodResult {
  readonly values: readonly TcgValue[];
  /** The session ends with the answer. */
  readonly endsSession?: true;
}

const LIFE_CYCLE = { MANUFACTURED_INACTIVE: 8n, MANUFACTURED: 9n } as const;
const TRIES = 5;
const LONGEST_RANDOM = 32n;
const LONGEST_PIN = 32;
/** Columns: Opal SSC 2.02, section 4.3. */
const COLUMN = {
  PIN: 3,
  LIFE_CYCLE: 6,
  ENABLED: 5,
  RANGE_START: 3,
  RANGE_LENGTH: 4,
  READ_LOCK_ENABLED: 5,
  WRITE_LOCK_ENABLED: 6,
  READ_LOCKED: 7,
  WRITE_LOCKED: 8,
  LOCK_ON_RESET: 9,
  ACTIVE_KEY: 10,
  MAX_RANGES: 4,
  MBR_ENABLE: 1,
  MBR_DONE: 2,
} as const;
/** Parameters by name. */
const CELL = { START_COLUMN: 3n, END_COLUMN: 4n } as const;
const SET_VALUES = 1n;
const PROOF = 0n;
const KEEP_GLOBAL_RANGE_KEY = 0x06_0000n;

const invalid = (detail: string): OpalRefusal => new OpalRefusal('INVALID_PARAMETER', detail);
const forbidden = (detail: string): OpalRefusal => new OpalRefusal('NOT_AUTHORIZED', detail);
const flag = (value: boolean): bigint => (value ? 1n : 0n);

const isNamed = (value: TcgValue | undefined): value is Named =>
  typeof value === 'object' && !(value instanceof Uint8Array) && 'name' in value;

function listOf(value: TcgValue | undefined): readonly TcgValue[] {
  if (Array.isArray(value)) return value;
  throw invalid('a list is missing');
}

/** Named values by their number. */
function namedOf(list: readonly TcgValue[]): Map<bigint, TcgValue> {
  return new Map(
    list.filter(isNamed).map(({ name, value }) => {
      if (typeof name !== 'bigint') throw invalid('names are numbers');
      return [name, value];
    }),
  );
}

function bytesOf(value: TcgValue | undefined, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw invalid(`${name}: no bytes`);
}

function booleanOf(value: TcgValue): boolean {
  if (value === 0n || value === 1n) return value === 1n;
  throw invalid('a boolean is 0 or 1');
}

function blocksOf(value: TcgValue): number {
  if (typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalid('blocks are a number');
}

/** A drive as its factory left it. */
function initialState(maxRanges: number): OpalState {
  const range: OpalRange = { start: 0, length: 0, lockEnabled: false, locked: false };
  return {
    activated: false,
    ranges: Array.from({ length: maxRanges + 1 }, () => range),
    enabled: ['Admin1'],
    mbrEnabled: false,
    mbrDone: false,
  };
}

/** The Admin SP and the Locking SP of Opal: tables, methods on them, and who may call which. */
export class Opal {
  readonly #port: OpalPort;
  readonly #failures = new Map<OpalAuthority, number>();
  #state: OpalState;

  constructor(port: OpalPort) {
    this.#port = port;
    this.#state = port.load() ?? initialState(port.maxRanges);
    this.powerOn();
  }

  get state(): OpalState {
    return this.#state;
  }

  /** Whether a range is locked as far as Opal knows. */
  get locked(): boolean {
    return this.#state.ranges.some(({ lockEnabled, locked }) => lockEnabled && locked);
  }

  /** What power does: ranges that lock are locked, MBRDone is false, failed tries are forgotten. */
  powerOn(): void {
    this.#failures.clear();
    const ranges = this.#state.ranges.map((range) => ({ ...range, locked: range.lockEnabled || range.locked }));
    for (const [i, { lockEnabled }] of ranges.entries()) if (lockEnabled) this.#port.lock(i);
    this.#state = { ...this.#state, ranges, mbrDone: false };
  }

  /** Changes the tables as the drive keeps them. @param keep - default: nothing else changes */
  async #change(
    change: Partial<OpalState>,
    keep: (state: OpalState) => Promise<void> = (state) => this.#port.keep(state),
  ): Promise<void> {
    const state = { ...this.#state, ...change };
    await keep(state);
    this.#state = state;
  }

  /** Checks that a session with this SP can be had. */
  requireProvider(sp: SecurityProvider): void {
    if (sp === 'LOCKING' && !this.#state.activated) throw invalid('the Locking SP is not activated');
  }

  /**
   * Whether an authority's PIN is right. Five wrong ones in a row, and it is locked out until power is lost.
   *
   * @throws OpalRefusal if there is no such authority here
   */
  verify(sp: SecurityProvider, uid: Uint8Array, pin: Uint8Array): OpalCredential | undefined {
    const authority = authorityOf(uidText(uid));
    const known =
      sp === 'ADMIN' ? authority === 'SID' : authority !== undefined && this.#state.enabled.includes(authority);
    if (authority === undefined || !known) throw forbidden('no such authority, or it is not enabled');
    const failures = this.#failures.get(authority) ?? 0;
    if (failures >= TRIES) throw new OpalRefusal('AUTHORITY_LOCKED_OUT', authority);
    const credential = { authority, pin };
    if (this.#port.verifyPin(credential)) {
      this.#failures.delete(authority);
      return credential;
    }
    this.#failures.set(authority, failures + 1);
    return undefined;
  }

  /** Carries out a method. @throws OpalRefusal, and nothing was done */
  async invoke(
    session: OpalSession,
    target: string,
    method: string,
    parameters: readonly TcgValue[],
  ): Promise<MethodResult> {
    switch (method) {
      case METHOD.GET:
        return { values: [this.#get(session, target, parameters)] };
      case METHOD.SET:
        this.#requireWrite(session);
        await this.#set(session, target, parameters);
        return { values: [] };
      case METHOD.AUTHENTICATE:
        return { values: [flag(this.#authenticate(session, parameters))] };
      case METHOD.RANDOM:
        return { values: [this.#random(parameters)] };
      case METHOD.ACTIVATE:
        this.#requireWrite(session);
        return this.#activate(session, target);
      case METHOD.GEN_KEY:
        this.#requireWrite(session);
        return this.#genKey(session, target);
      case METHOD.REVERT:
        this.#requireWrite(session);
        return this.#revert(session, target);
      case METHOD.REVERT_SP:
        this.#requireWrite(session);
        return this.#revertSp(session, target, parameters);
      default:
        throw forbidden(`method ${method} on ${target}`);
    }
  }

  #requireWrite({ write }: OpalSession): void {
    if (!write) throw forbidden('a session that only reads');
  }

  #owner({ sp, proofs }: OpalSession): OpalCredential {
    const credential = sp === 'ADMIN' ? proofs.get('SID') : undefined;
    if (credential === undefined) throw forbidden('for SID');
    return credential;
  }

  #admin({ sp, proofs }: OpalSession): OpalCredential {
    const credential = [...proofs.values()].find(({ authority }) => authority.startsWith('Admin'));
    if (sp !== 'LOCKING' || credential === undefined) throw forbidden('for an administrator of the Locking SP');
    return credential;
  }

  #authenticate(session: OpalSession, parameters: readonly TcgValue[]): boolean {
    const uid = bytesOf(parameters[0], 'authority');
    const proof = namedOf(parameters).get(PROOF);
    if (uidText(uid) === UID.ANYBODY) return true;
    const credential = this.verify(session.sp, uid, proof === undefined ? new Uint8Array(0) : bytesOf(proof, 'proof'));
    if (credential !== undefined) session.proofs.set(credential.authority, credential);
    return credential !== undefined;
  }

  #random(parameters: readonly TcgValue[]): Uint8Array {
    const [count] = parameters;
    if (typeof count !== 'bigint' || count > LONGEST_RANDOM) throw invalid(`at most ${LONGEST_RANDOM} random bytes`);
    return this.#port.random(Number(count));
  }

  /** Get: the columns asked for that the session may see. */
  #get(session: OpalSession, target: string, parameters: readonly TcgValue[]): TcgValue {
    const cells = namedOf(listOf(parameters[0]));
    const first = cells.get(CELL.START_COLUMN) ?? 0n;
    const last = cells.get(CELL.END_COLUMN) ?? 0xffffn;
    const columns = session.sp === 'ADMIN' ? this.#adminRow(target) : this.#lockingRow(session, target);
    return columns
      .filter(([column]) => BigInt(column) >= (first as bigint) && BigInt(column) <= (last as bigint))
      .map(([column, value]) => ({ name: BigInt(column), value }));
  }

  #adminRow(target: string): readonly (readonly [column: number, value: TcgValue])[] {
    if (target === UID.C_PIN_MSID) return [[COLUMN.PIN, this.#port.msid]];
    if (target === UID.LOCKING_SP) {
      const state = this.#state.activated ? LIFE_CYCLE.MANUFACTURED : LIFE_CYCLE.MANUFACTURED_INACTIVE;
      return [[COLUMN.LIFE_CYCLE, state]];
    }
    throw forbidden(`Get of ${target}`);
  }

  #lockingRow(session: OpalSession, target: string): readonly (readonly [column: number, value: TcgValue])[] {
    if (target === UID.LOCKING_INFO) return [[COLUMN.MAX_RANGES, BigInt(this.#port.maxRanges)]];
    if (target === UID.MBR_CONTROL) {
      const { mbrEnabled, mbrDone } = this.#state;
      return [
        [COLUMN.MBR_ENABLE, flag(mbrEnabled)],
        [COLUMN.MBR_DONE, flag(mbrDone)],
      ];
    }
    const range = rangeOf(target);
    const row = range === undefined ? undefined : this.#state.ranges[range];
    if (range !== undefined && row !== undefined) {
      if (session.proofs.size === 0) throw forbidden('a range is shown to administrators and users');
      return this.#rangeRow(range, row);
    }
    const authority = authorityOf(target);
    if (authority === undefined || authority === 'SID') throw forbidden(`Get of ${target}`);
    this.#admin(session);
    return [[COLUMN.ENABLED, flag(this.#state.enabled.includes(authority))]];
  }

  #rangeRow(range: number, { start, length, lockEnabled, locked }: OpalRange) {
    return [
      [COLUMN.RANGE_START, BigInt(start)],
      [COLUMN.RANGE_LENGTH, BigInt(length)],
      [COLUMN.READ_LOCK_ENABLED, flag(lockEnabled)],
      [COLUMN.WRITE_LOCK_ENABLED, flag(lockEnabled)],
      [COLUMN.READ_LOCKED, flag(locked)],
      [COLUMN.WRITE_LOCKED, flag(locked)],
      // Power cycle.
      [COLUMN.LOCK_ON_RESET, [0n]],
      [COLUMN.ACTIVE_KEY, hexToBytes(keyUid(range))],
    ] as const;
  }

  async #set(session: OpalSession, target: string, parameters: readonly TcgValue[]): Promise<void> {
    const values = namedOf(listOf(namedOf(parameters).get(SET_VALUES) ?? []));
    const owner = pinOwner(target);
    if (owner !== undefined) await this.#setPin(session, owner, values);
    else if (session.sp === 'ADMIN') throw forbidden(`Set of ${target}`);
    else if (target === UID.MBR_CONTROL) await this.#setMbr(session, values);
    else if (rangeOf(target) !== undefined) await this.#setRange(session, rangeOf(target) as number, values);
    else await this.#setEnabled(session, target, values);
  }

  async #setPin(session: OpalSession, owner: OpalAuthority, values: ReadonlyMap<bigint, TcgValue>): Promise<void> {
    const self = session.proofs.get(owner);
    const inAdminSp = owner === 'SID';
    if (inAdminSp !== (session.sp === 'ADMIN')) throw forbidden(`the PIN of ${owner} is in the other SP`);
    const by = inAdminSp
      ? this.#owner(session)
      : owner.startsWith('User') && self !== undefined
        ? self
        : this.#admin(session);
    const pin = bytesOf(values.get(BigInt(COLUMN.PIN)), 'PIN');
    if (pin.length > LONGEST_PIN || values.size !== 1) throw invalid(`a PIN has at most ${LONGEST_PIN} bytes`);
    await this.#port.setPin(owner, pin, by);
    const proof = session.proofs.get(owner);
    if (proof !== undefined) session.proofs.set(owner, { ...proof, pin });
  }

  async #setMbr(session: OpalSession, values: ReadonlyMap<bigint, TcgValue>): Promise<void> {
    this.#admin(session);
    const enable = values.get(BigInt(COLUMN.MBR_ENABLE));
    const done = values.get(BigInt(COLUMN.MBR_DONE));
    await this.#change({
      ...(enable === undefined ? {} : { mbrEnabled: booleanOf(enable) }),
      ...(done === undefined ? {} : { mbrDone: booleanOf(done) }),
    });
  }

  async #setEnabled(session: OpalSession, target: string, values: ReadonlyMap<bigint, TcgValue>): Promise<void> {
    this.#admin(session);
    const authority = authorityOf(target);
    const value = values.get(BigInt(COLUMN.ENABLED));
    if (authority === undefined || authority === 'SID' || authority === 'Admin1') throw forbidden(`Set of ${target}`);
    if (value === undefined) throw invalid('Enabled is missing');
    const others = this.#state.enabled.filter((name) => name !== authority);
    await this.#change({ enabled: booleanOf(value) ? [...others, authority] : others });
  }

  /** A range locks as a whole: a media key that is not there serves neither reads nor writes. */
  async #setRange(session: OpalSession, range: number, values: ReadonlyMap<bigint, TcgValue>): Promise<void> {
    const by = this.#admin(session);
    const before = this.#state.ranges[range];
    if (before === undefined) throw invalid(`range ${range} of ${this.#port.maxRanges}`);
    const pair = (read: number, write: number, current: boolean): boolean => {
      const [reading, writing] = [values.get(BigInt(read)), values.get(BigInt(write))];
      const readValue = reading === undefined ? current : booleanOf(reading);
      const writeValue = writing === undefined ? current : booleanOf(writing);
      if (readValue !== writeValue) throw invalid('reads and writes are locked together');
      return readValue;
    };
    const lockEnabled = pair(COLUMN.READ_LOCK_ENABLED, COLUMN.WRITE_LOCK_ENABLED, before.lockEnabled);
    const locked = pair(COLUMN.READ_LOCKED, COLUMN.WRITE_LOCKED, before.locked);
    const start = blocksOf(values.get(BigInt(COLUMN.RANGE_START)) ?? BigInt(before.start));
    const length = blocksOf(values.get(BigInt(COLUMN.RANGE_LENGTH)) ?? BigInt(before.length));
    const moved = start !== before.start || length !== before.length;
    if (moved && range === 0) throw invalid('the global range has no place of its own');
    if (moved) await this.#port.setRange(range, start, length, by);
    const keep = (state: OpalState): Promise<void> =>
      lockEnabled === before.lockEnabled
        ? this.#port.keep(state)
        : this.#port.enableLocking(range, lockEnabled, by, state);
    const wasLocked = before.lockEnabled && before.locked;
    // A range may be locked though Opal did not lock it: after an erasure, or without another's access key.
    const asked = values.get(BigInt(COLUMN.READ_LOCKED)) === 0n && this.#port.locked;
    if (!(lockEnabled && locked) && (wasLocked || asked)) await this.#port.unlock(range, by);
    await this.#change({ ranges: this.#state.ranges.with(range, { start, length, lockEnabled, locked }) }, keep);
    if (lockEnabled && locked && !wasLocked) this.#port.lock(range);
  }

  async #activate(session: OpalSession, target: string): Promise<MethodResult> {
    const by = this.#owner(session);
    if (target !== UID.LOCKING_SP) throw forbidden(`Activate of ${target}`);
    if (!this.#state.activated) await this.#change({ activated: true }, (state) => this.#port.activate(by, state));
    return { values: [] };
  }

  async #genKey(session: OpalSession, target: string): Promise<MethodResult> {
    const by = this.#admin(session);
    const range = rangeOfKey(target);
    if (range === undefined || range > this.#port.maxRanges) throw invalid(`no key ${target}`);
    await this.#port.genKey(range, by);
    return { values: [] };
  }

  /** Revert of the Admin SP is that of the whole TPer; of the Locking SP, SID keeps its PIN. */
  #revert(session: OpalSession, target: string): Promise<MethodResult> {
    const by = this.#owner(session);
    if (target !== UID.ADMIN_SP && target !== UID.LOCKING_SP) throw forbidden(`Revert of ${target}`);
    return this.#toFactory({ owner: target === UID.ADMIN_SP, keepData: false, by });
  }

  #revertSp(session: OpalSession, target: string, parameters: readonly TcgValue[]): Promise<MethodResult> {
    if (target !== UID.THIS_SP) throw forbidden(`RevertSP of ${target}`);
    if (session.sp === 'ADMIN') {
      const by = this.#owner(session);
      return this.#toFactory({ owner: true, keepData: false, by });
    }
    const by = this.#admin(session);
    const keep = namedOf(parameters).get(KEEP_GLOBAL_RANGE_KEY);
    if (keep === 1n && this.#state.ranges[0]?.lockEnabled && this.#state.ranges[0].locked)
      throw new OpalRefusal('FAIL', 'the global range is locked: its key cannot be kept');
    return this.#toFactory({ owner: false, keepData: keep === 1n, by });
  }

  async #toFactory(options: OpalRevert): Promise<MethodResult> {
    await this.#change(initialState(this.#port.maxRanges), (state) => this.#port.revert(options, state));
    this.#failures.clear();
    return { values: [], endsSession: true };
  }
}
