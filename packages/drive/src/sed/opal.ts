import { bytesToHex, type CryptoProvider, type Entropy, equalBytes, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import { BLOCK_SIZE } from '../block.ts';
import { DriveError } from '../errors.ts';
import {
  type OpalAuthority,
  type OpalCredential,
  type OpalPort,
  OpalRefusal,
  type OpalRevert,
  type OpalState,
} from '../nvme/tcg/opal-port.ts';
import {
  type DpkProtector,
  type FlashState,
  type OpalRecord,
  type PinProtector,
  type RangeRecord,
  withoutMek,
} from './flash.ts';
import { openByPin, protectByPin, type ScryptCost } from './pin.ts';

/** What Opal asks of the drive's controller. */
export interface OpalController {
  readonly provider: CryptoProvider;
  readonly entropy: Entropy;
  readonly pinCost?: ScryptCost;
  readonly flash: FlashState;
  newKey(): Uint8Array;
  isLoaded(range: RangeRecord): boolean;
  canUnlock(range: RangeRecord): boolean;
  /** Opens a DPK that the root of trust alone keeps. */
  openDevice(range: RangeRecord): Uint8Array;
  deviceProtector(dpk: Uint8Array, name: string): DpkProtector;
  unlock(range: RangeRecord, dpk: Uint8Array): Promise<void>;
  lock(name: string): void;
  save(change: Partial<FlashState>): Promise<void>;
  /** Keeps a change and overwrites what was there before. @param erased - ranges whose media keys end with it */
  saveErased(change: Partial<FlashState>, erased?: readonly RangeRecord[]): Promise<void>;
}

const IV_SIZE = 12;

/**
 * Opal over the drive's controller. Its global range is every range without a PIN of its own. While locking is enabled, their
 * DPKs are under the Opal key, which each administrator's PIN opens: without a PIN the root of trust has nothing to release.
 *
 * No PIN and nothing that is like one is kept: a PIN is right if it opens its record.
 */
export class DriveOpal implements OpalPort {
  readonly msid: Uint8Array;
  readonly blockSize = BLOCK_SIZE;
  readonly maxRanges = 0;
  readonly #drive: OpalController;
  /** The Opal key, while Opal has the drive unlocked: a new media key can be made without asking for the PIN. */
  #heldKey: Uint8Array | undefined;

  constructor(drive: OpalController) {
    this.#drive = drive;
    this.msid = utf8ToBytes(`MSID-${drive.flash.serial}`);
  }

  get locked(): boolean {
    return this.#drive.flash.ranges.some((range) => !this.#drive.isLoaded(range));
  }

  random(size: number): Uint8Array {
    return this.#drive.entropy.bytes(size);
  }

  load(): OpalState | undefined {
    return this.#drive.flash.opal?.state;
  }

  async keep(state: OpalState): Promise<void> {
    await this.#drive.save({ opal: { state, pins: this.#pins } });
  }

  // PINs

  get #pins(): OpalRecord['pins'] {
    return this.#drive.flash.opal?.pins ?? {};
  }

  verifyPin(credential: OpalCredential): boolean {
    const { authority, pin } = credential;
    if (this.#pins[authority] !== undefined) return this.#opened(credential) !== undefined;
    if (authority === 'SID') return equalBytes(pin, this.msid);
    // A user without a PIN has the empty one, as Opal says; an administrator without one could open nothing.
    return authority.startsWith('User') && pin.length === 0;
  }

  /** What an authority's PIN opens; undefined for a wrong one. */
  #opened({ authority, pin }: OpalCredential): Uint8Array | undefined {
    const protector = this.#pins[authority];
    if (protector === undefined) return undefined;
    try {
      return openByPin(this.#drive.provider.aead, protector, pin, pinContext(authority));
    } catch (error) {
      if (error instanceof DriveError && error.code === 'ACCESS_DENIED') return undefined;
      throw error;
    }
  }

  #opalKey(by: OpalCredential): Uint8Array {
    const key = by.authority.startsWith('Admin') ? this.#opened(by) : undefined;
    if (key === undefined)
      throw new OpalRefusal('NOT_AUTHORIZED', `${by.authority}: the PIN does not open the Opal key`);
    return key;
  }

  #protected(key: Uint8Array, { authority, pin }: OpalCredential): PinProtector {
    if (pin.length === 0) throw new OpalRefusal('INVALID_PARAMETER', 'a PIN is not empty');
    const { provider, entropy, pinCost } = this.#drive;
    return protectByPin({ aead: provider.aead, entropy }, key, pin, pinContext(authority), pinCost);
  }

  async setPin(authority: OpalAuthority, pin: Uint8Array, by: OpalCredential): Promise<void> {
    // What SID's and a user's PIN opens is nothing but the proof that it is right.
    const key = authority.startsWith('Admin') ? this.#opalKey(by) : this.#drive.newKey();
    const pins = { ...this.#pins, [authority]: this.#protected(key, { authority, pin }) };
    await this.#drive.saveErased({ opal: { ...this.#drive.flash.opal, pins } });
  }

  async activate({ pin }: OpalCredential, state: OpalState): Promise<void> {
    const admin = this.#protected(this.#drive.newKey(), { authority: 'Admin1', pin });
    await this.#drive.saveErased({ opal: { state, pins: { ...this.#pins, Admin1: admin } } });
  }

  // Ranges

  get #ranges(): readonly RangeRecord[] {
    return this.#drive.flash.ranges.filter(({ dpk }) => dpk.kind !== 'pin');
  }

  /** All ranges, those of Opal changed. */
  #changed(change: (range: RangeRecord) => RangeRecord): readonly RangeRecord[] {
    const own = this.#ranges;
    return this.#drive.flash.ranges.map((range) => (own.includes(range) ? change(range) : range));
  }

  #underOpalKey(key: Uint8Array, dpk: Uint8Array, name: string): DpkProtector {
    const { provider, entropy } = this.#drive;
    const iv = entropy.bytes(IV_SIZE);
    const sealed = provider.aead.gcmSeal(key, iv, dpk, utf8ToBytes(dpkContext(name)));
    return { kind: 'opal', iv: bytesToHex(iv), sealed: bytesToHex(sealed) };
  }

  #openDpk(range: RangeRecord, key: Uint8Array): Uint8Array {
    const { dpk, name } = range;
    if (dpk.kind !== 'opal') return this.#drive.openDevice(range);
    const { aead } = this.#drive.provider;
    const opened = aead.gcmOpen(key, hexToBytes(dpk.iv), hexToBytes(dpk.sealed), utf8ToBytes(dpkContext(name)));
    if (opened === undefined) throw new DriveError('CORRUPT', `range ${name}: its DPK is not under the Opal key`);
    return opened;
  }

  lock(): void {
    this.#heldKey = undefined;
    for (const { name } of this.#ranges) this.#drive.lock(name);
  }

  async unlock(_range: number, by: OpalCredential): Promise<void> {
    const key = this.#opalKey(by);
    const missing = this.#ranges.find((range) => !this.#drive.canUnlock(range));
    if (missing !== undefined)
      throw new OpalRefusal('NOT_AUTHORIZED', `range ${missing.name}: access keys of its parties are needed too`);
    try {
      for (const range of this.#ranges) await this.#drive.unlock(range, this.#openDpk(range, key));
    } catch (error) {
      if (error instanceof DriveError && error.code === 'ACCESS_DENIED')
        throw new OpalRefusal('NOT_AUTHORIZED', error.message);
      throw error;
    }
    this.#heldKey = key;
  }

  async enableLocking(_range: number, enabled: boolean, by: OpalCredential, state: OpalState): Promise<void> {
    const key = this.#opalKey(by);
    const ranges = this.#changed((range) => {
      const { name } = range;
      const dpk = this.#openDpk(range, key);
      return {
        ...range,
        dpk: enabled ? this.#underOpalKey(key, dpk, name) : this.#drive.deviceProtector(dpk, name),
      };
    });
    await this.#drive.saveErased({ ranges, opal: { state, pins: this.#pins } });
    this.#heldKey = enabled ? key : undefined;
  }

  /** Range 0 is the only one. */
  async genKey(_range: number, by: OpalCredential): Promise<void> {
    await this.#replaceKeys(this.#ranges, this.#opalKey(by));
  }

  /** New DPKs and media keys for ranges of a namespace that Opal has unlocked. */
  async eraseUnlocked(nsid: number): Promise<void> {
    const key = this.#heldKey;
    if (key === undefined) return;
    const ranges = this.#ranges.filter((range) => range.nsid === nsid && range.dpk.kind === 'opal');
    await this.#replaceKeys(ranges, key);
  }

  /** Makes media keys where an erasure of everything took them from what Opal has unlocked. */
  async unlockHeld(): Promise<void> {
    const key = this.#heldKey;
    if (key !== undefined) await this.#unlockPossible((range) => this.#openDpk(range, key));
  }

  /** What was unlocked is unlocked again. */
  async #replaceKeys(before: readonly RangeRecord[], key: Uint8Array): Promise<void> {
    const ranges = this.#changed((range) => {
      if (!before.includes(range)) return range;
      const { name } = range;
      const dpk = this.#drive.newKey();
      const protector =
        range.dpk.kind === 'opal' ? this.#underOpalKey(key, dpk, name) : this.#drive.deviceProtector(dpk, name);
      return { ...withoutMek(range), dpk: protector };
    });
    const unlocked = before.filter((range) => this.#drive.isLoaded(range)).map(({ name }) => name);
    await this.#drive.saveErased({ ranges }, before);
    await this.#unlockPossible((range) => (unlocked.includes(range.name) ? this.#openDpk(range, key) : undefined));
  }

  async setRange(range: number): Promise<void> {
    throw new OpalRefusal('INVALID_PARAMETER', `range ${range}: there is the global range only`);
  }

  async revert({ owner, keepData, by }: OpalRevert, state: OpalState): Promise<void> {
    const { SID: sid } = this.#pins;
    const pins = owner || sid === undefined ? {} : { SID: sid };
    const key = keepData ? this.#opalKey(by) : undefined;
    const ranges = this.#changed((range) => {
      const dpk = key === undefined ? this.#drive.newKey() : this.#openDpk(range, key);
      const protector = this.#drive.deviceProtector(dpk, range.name);
      return { ...(key === undefined ? withoutMek(range) : range), dpk: protector };
    });
    await this.#drive.saveErased({ ranges, opal: { state, pins } }, keepData ? [] : this.#ranges);
    this.#heldKey = undefined;
    await this.#unlockPossible((range) => this.#drive.openDevice(range));
  }

  /** Unlocks Opal's ranges whose parties have all been enabled. @param dpkOf - undefined for one that stays locked */
  async #unlockPossible(dpkOf: (range: RangeRecord) => Uint8Array | undefined): Promise<void> {
    for (const range of this.#ranges) {
      const dpk = this.#drive.canUnlock(range) ? dpkOf(range) : undefined;
      if (dpk !== undefined) await this.#drive.unlock(range, dpk);
    }
  }
}

function dpkContext(name: string): string {
  return `Opal DPK of range ${name}`;
}

function pinContext(authority: OpalAuthority): string {
  return `Opal PIN of ${authority}`;
}
