import { bytesToHex, type HpkeKemId, hexToBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { Device } from 'rootcap';
import { type HpkeEndorser, hpkeEndorser } from 'rootcap/endorsement';
import { EncryptedNamespace } from '../encrypted-namespace.ts';
import { DriveError } from '../errors.ts';
import type { SecurityProtocol, Subsystem } from '../namespace.ts';
import { Tper } from '../nvme/tcg/tper.ts';
import { encodeMetadata } from '../xts/metadata.ts';
import { type DpkProtector, type FlashState, type PartyRecord, type RangeRecord, withoutMek } from './flash.ts';
import {
  activeSlot,
  blankHekFuses,
  erasuresLeft,
  type HekFuses,
  randomizeHek,
  reportedHek,
  setPermaHek,
  zeroizeHek,
} from './hek-fuses.ts';
import { DriveOpal, type OpalController } from './opal.ts';
import type { CreateOptions, DriveParts } from './parts.ts';
import { openByPin, protectByPin } from './pin.ts';
import { type HpkeKeyView, type PartyGrant, RootOfTrust } from './root-of-trust.ts';
import { checkRange, givesWay, openFlash, type RangeOptions } from './state-checks.ts';
import type { DriveEvent, DriveListener, DriveStatus, RangeStatus } from './status.ts';

const MODEL = 'Rootcap self-encrypting drive';
const SEK_CONTEXT = 'SEK';
const KEY_SIZE = 32;

/**
 * A self-encrypting drive whose media keys only its root of trust can release: the firmware of its controller. It has media
 * keys only in wrapped form; the root of trust hands them to the encryption engine.
 *
 * Changes reach the flash before they are acknowledged, in one step each: after a loss of power the drive is as before or
 * as after. Refusals are DriveErrors; one by the root of trust has its RotError as cause.
 *
 * @see OCP LOCK 1.1
 */
export class SelfEncryptingDrive implements Subsystem {
  readonly firmwareRevision = '0.1.0';
  readonly #parts: DriveParts;
  #flash: FlashState;
  #rootOfTrust: RootOfTrust | undefined;
  /** The root of trust keeps one for a boot. */
  #endorser: HpkeEndorser | undefined;
  #opal: DriveOpal | undefined;
  #tper: Tper | undefined;
  /** Host and controller may change the flash at once: their changes go one after the other. */
  #lastSave: Promise<void> = Promise.resolve();
  #hekAvailable = false;
  #namespaces: readonly EncryptedNamespace[] = [];
  /** Enabled MPKs by the UID of the party: volatile, as the escrow key that wraps them. */
  readonly #enabled = new Map<string, string>();
  readonly #listeners = new Set<DriveListener>();

  private constructor(parts: DriveParts, flash: FlashState) {
    this.#parts = parts;
    this.#flash = flash;
  }

  /**
   * Provisions a drive in the factory: programs the first HEK seed, makes the SEK, and leaves every namespace as one range
   * that unlocks at power-on. The drive is then powered on.
   *
   * @throws DriveError EXISTS if the flash has a drive already
   */
  static async create(parts: DriveParts, options: CreateOptions): Promise<SelfEncryptingDrive> {
    if (parts.flash.read() !== undefined) throw new DriveError('EXISTS', 'the flash has a drive already');
    const { serial, model = MODEL, vendorChain, hekSlots } = options;
    if (parts.fuses.read() === undefined) await parts.fuses.write(blankHekFuses(hekSlots));
    const namespaces = options.namespaces.map((namespace, i) => ({ nsid: i + 1, ...namespace }));
    const drive = new SelfEncryptingDrive(parts, {
      format: 'rootcap-drive',
      version: 1,
      serial,
      model,
      vendorChain: vendorChain.map(bytesToHex),
      sek: { iv: '', ciphertext: '', tag: '' },
      epoch: 0,
      namespaces,
      parties: [],
      ranges: [],
    });
    await drive.#programHek();
    drive.#boot();
    await parts.keepMedia?.();
    const rot = drive.#running();
    const ranges = namespaces.map(({ name, nsid, blockCount }) => ({
      name,
      nsid,
      start: 0,
      end: blockCount - 1,
      dpk: drive.#deviceProtector(drive.#newKey(), name),
      parties: [],
    }));
    await drive.#save({ sek: rot.seal(drive.#newKey(), SEK_CONTEXT), ranges });
    await drive.#unlockOpenRanges();
    return drive;
  }

  /** A drive that was made before, not powered on. @throws DriveError UNKNOWN without one, CORRUPT */
  static open(parts: DriveParts): SelfEncryptingDrive {
    return new SelfEncryptingDrive(parts, openFlash(parts.flash.read()));
  }

  // Power

  /**
   * Boots the root of trust. Ranges that neither a PIN nor a party protects are unlocked. An erasure that lost its power
   * after it was kept is carried to its end.
   */
  async powerOn(): Promise<void> {
    if (this.#rootOfTrust !== undefined) return;
    await this.#parts.flash.scrub();
    await this.#programHek();
    this.#boot();
    await this.#unlockOpenRanges();
  }

  /** Everything volatile is gone: media keys, enabled MPKs, HPKE keys. Written data is flushed first. */
  async powerOff(): Promise<void> {
    await Promise.all(this.#namespaces.map((namespace) => namespace.flush()));
    this.#parts.dataPath.zeroize();
    this.#enabled.clear();
    this.#rootOfTrust = undefined;
    this.#endorser = undefined;
    this.#opal = undefined;
    this.#tper = undefined;
    this.#namespaces = [];
    this.#emit({ kind: 'power', on: false });
  }

  /** A blank slot is what a hard erasure leaves if power goes before its end. */
  async #programHek(): Promise<void> {
    const fuses = this.#hekFuses;
    if (fuses.slots[activeSlot(fuses)]?.state !== 'blank') return;
    await this.#parts.fuses.write(randomizeHek(fuses, bytesToHex(this.#parts.entropy.bytes(KEY_SIZE))));
  }

  get #hekFuses(): HekFuses {
    return this.#parts.fuses.read() ?? blankHekFuses();
  }

  #boot(): void {
    const { dataPath, rootOfTrust, medium } = this.#parts;
    const { seed, metadata } = reportedHek(this.#hekFuses);
    dataPath.zeroize();
    const rot = new RootOfTrust(rootOfTrust({ hekSeed: hexToBytes(seed), keyCache: dataPath }));
    this.#hekAvailable = rot.boot(metadata);
    this.#rootOfTrust = rot;
    this.#namespaces = this.#flash.namespaces.map(
      (record) => new EncryptedNamespace({ ...record, dataPath, medium: medium(record) }),
    );
    this.#opal = new DriveOpal(this.#opalController());
    this.#tper = new Tper(this.#opal);
    this.#emit({ kind: 'power', on: true, hekAvailable: this.#hekAvailable });
  }

  async #unlockOpenRanges(): Promise<void> {
    if (!this.#hekAvailable) return;
    for (const { name, dpk, parties } of this.#flash.ranges)
      if (dpk.kind === 'device' && parties.length === 0) await this.#unlockIfPossible(name);
  }

  /** What cannot be unlocked stays locked, so that the rest of the drive works. */
  async #unlockIfPossible(name: string): Promise<void> {
    try {
      await this.unlock(name);
    } catch (error) {
      if (!(error instanceof DriveError)) throw error;
      this.#emit({ kind: 'range', name, change: 'refused' });
    }
  }

  // What there is

  get serial(): string {
    return this.#flash.serial;
  }

  get model(): string {
    return this.#flash.model;
  }

  get namespaces(): readonly EncryptedNamespace[] {
    return this.#namespaces;
  }

  /** TCG Opal. @throws DriveError POWERED_OFF */
  get security(): SecurityProtocol {
    if (this.#tper === undefined) throw new DriveError('POWERED_OFF', 'the drive is off');
    return this.#tper;
  }

  /** The root of trust while the drive is on. @throws DriveError POWERED_OFF */
  get device(): Device {
    return this.#running().device;
  }

  status(): DriveStatus {
    const fuses = this.#hekFuses;
    const { metadata } = reportedHek(fuses);
    const { serial, model, epoch, namespaces, ranges, parties } = this.#flash;
    return {
      serial,
      model,
      powered: this.#rootOfTrust !== undefined,
      hek: {
        available: this.#hekAvailable,
        slot: metadata.active_slots,
        slots: metadata.total_slots,
        erasuresLeft: erasuresLeft(fuses),
        permaHek: fuses.permaHek,
      },
      epoch,
      namespaces,
      ranges: ranges.map((range) => this.#rangeStatus(range)),
      parties: parties.map(({ uid }) => ({ uid, enabled: this.#enabled.has(uid) })),
    };
  }

  #rangeStatus(range: RangeRecord): RangeStatus {
    const { name, nsid, start, end, dpk, parties, wrappedMek } = range;
    return {
      name,
      nsid,
      start,
      end,
      locked: !this.#isLoaded(range),
      erased: wrappedMek === undefined,
      pin: dpk.kind !== 'device',
      parties,
    };
  }

  /** @returns a function that ends the subscription */
  on(listener: DriveListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  // Attestation

  hpkeKeys(): HpkeKeyView[] {
    return this.#running().hpkeKeys();
  }

  /**
   * What a key service asks for: vendor root, IDevID, LDevID, FMC alias, RT alias, the controller's CA, and the
   * endorsement of the HPKE key of this boot. DER.
   *
   * @param kemId - default ML-KEM-1024 with P-384
   */
  endorsedChain(kemId: HpkeKemId = 0x0051): Uint8Array[] {
    const rot = this.#running();
    const key = rot.hpkeKeys().find((each) => each.kemId === kemId);
    if (key === undefined) throw new RangeError(`kemId: ${kemId} is no KEM of the root of trust`);
    this.#endorser ??= hpkeEndorser(rot.device);
    return [...this.#flash.vendorChain.map(hexToBytes), ...this.#endorser.evidence(kemId, key.publicKey).reverse()];
  }

  /** Replaces the HPKE key of a KEM: what was sealed to the old one cannot be opened any more. */
  rotateHpkeKey(kemId: HpkeKemId): void {
    const rot = this.#running();
    const key = rot.hpkeKeys().find((each) => each.kemId === kemId);
    if (key === undefined) throw new RangeError(`kemId: ${kemId} is no KEM of the root of trust`);
    rot.rotateHpkeKey(key.handle);
    this.#emit({ kind: 'hpke-key', kemId });
  }

  // Parties

  /** Makes an MPK for a party (GENERATE_MPK). @throws DriveError EXISTS, ACCESS_DENIED */
  async bind(grant: PartyGrant): Promise<void> {
    const uid = bytesToHex(grant.metadata);
    if (this.#flash.parties.some((party) => party.uid === uid))
      throw new DriveError('EXISTS', `party ${uid}: bound already`);
    const lockedMpk = this.#asked(`party ${uid}`, (rot) => rot.generateMpk(this.#sek(), grant));
    await this.#save({ parties: [...this.#flash.parties, { uid, lockedMpk }] });
    this.#emit({ kind: 'party', uid, change: 'bound' });
  }

  /** Lets the party's MPK take part in unlocking until power goes (ENABLE_MPK). @throws DriveError UNKNOWN, ACCESS_DENIED */
  enable(grant: PartyGrant): void {
    const { uid, lockedMpk } = this.#party(bytesToHex(grant.metadata));
    const mpk = this.#asked(`party ${uid}`, (rot) => rot.enableMpk(this.#sek(), lockedMpk, grant));
    this.#enabled.set(uid, mpk);
    this.#emit({ kind: 'party', uid, change: 'enabled' });
  }

  /** Takes a new access key in place of the present one (REWRAP_MPK). @param grant - both, in one context */
  async rotate(grant: PartyGrant): Promise<void> {
    const { uid, lockedMpk } = this.#party(bytesToHex(grant.metadata));
    const rewrapped = this.#asked(`party ${uid}`, (rot) => rot.rewrapMpk(this.#sek(), lockedMpk, grant));
    await this.#saveErased({
      parties: this.#flash.parties.map((party) => (party.uid === uid ? { uid, lockedMpk: rewrapped } : party)),
    });
    this.#emit({ kind: 'party', uid, change: 'rotated' });
  }

  /** Shows that the drive has an access key (TEST_ACCESS_KEY). @returns SHA-384 digest of metadata, key and nonce */
  test(grant: PartyGrant, nonce: Uint8Array): Uint8Array {
    const { uid, lockedMpk } = this.#party(bytesToHex(grant.metadata));
    return this.#asked(`party ${uid}`, (rot) => rot.testAccessKey(this.#sek(), lockedMpk, grant, nonce));
  }

  /** Destroys a party's MPK: the ranges that need it can never be unlocked again. */
  async eraseParty(uid: string): Promise<void> {
    this.#party(uid);
    for (const range of this.#flash.ranges) if (range.parties.includes(uid)) this.#unload(range);
    this.#enabled.delete(uid);
    await this.#saveErased({
      parties: this.#flash.parties.filter((party) => party.uid !== uid),
      ranges: this.#flash.ranges.map((range) => (range.parties.includes(uid) ? withoutMek(range) : range)),
    });
    this.#emit({ kind: 'party', uid, change: 'erased' });
  }

  // Ranges

  /**
   * Puts blocks under a media key of their own, with a PIN, parties, or both. They must not overlap another range, but a
   * whole namespace's range gives way. What was in the blocks is gone. The range is then unlocked.
   */
  async protect(options: RangeOptions & { readonly pin?: string }): Promise<void> {
    const { pin, ...range } = checkRange(this.#flash, options);
    this.#requireEnabled(range);
    const dpk = this.#newKey();
    const protector =
      pin === undefined ? this.#deviceProtector(dpk, range.name) : this.#pinProtector(dpk, pin, range.name);
    const record: RangeRecord = { ...range, dpk: protector };
    const given = this.#flash.ranges.filter((old) => givesWay(this.#flash, old, range));
    for (const old of given) this.#unload(old);
    await this.#saveErased({ ranges: [...this.#flash.ranges.filter((old) => !given.includes(old)), record] });
    this.#discard(record);
    this.#emit({ kind: 'range', name: record.name, change: 'protected' });
    await this.unlock(record.name, pin);
  }

  /**
   * Lets the root of trust load the range's media key. A range that was erased gets a new one.
   *
   * @throws DriveError UNKNOWN; ACCESS_DENIED for a wrong PIN, or when a party that the range needs is not enabled
   */
  async unlock(name: string, pin?: string): Promise<void> {
    const range = this.#range(name);
    if (!this.#isLoaded(range)) await this.#unlockWith(range, this.#openDpk(range, pin));
  }

  async #unlockWith(range: RangeRecord, dpk: Uint8Array): Promise<void> {
    if (this.#isLoaded(range)) return;
    const { name } = range;
    const secret = (rot: RootOfTrust): void =>
      rot.initializeMekSecret(
        this.#sek(),
        dpk,
        range.parties.flatMap((uid) => this.#enabled.get(uid) ?? []),
      );
    const missing = this.#missing(range);
    const about = `range ${name}${missing.length === 0 ? '' : ` (not enabled: ${missing.join(', ')})`}`;
    let { wrappedMek } = range;
    if (wrappedMek === undefined) {
      this.#requireEnabled(range);
      const made = this.#asked(about, (rot) => {
        secret(rot);
        return rot.generateMek();
      });
      wrappedMek = made;
      await this.#replaceRange({ ...range, wrappedMek });
    }
    const wrapped = wrappedMek;
    this.#asked(about, (rot) => {
      secret(rot);
      rot.loadMek(wrapped, encodeMetadata(range));
    });
    this.#emit({ kind: 'range', name, change: 'unlocked' });
  }

  /** Takes the range's media key out of the engine. */
  lock(name: string): void {
    const range = this.#range(name);
    if (!this.#isLoaded(range)) return;
    this.#unload(range);
    this.#emit({ kind: 'range', name, change: 'locked' });
  }

  /** Changes the PIN; what is stored stays. @throws DriveError ACCESS_DENIED */
  async changePin(name: string, from: string | undefined, to: string): Promise<void> {
    const range = this.#range(name);
    await this.#replaceRange({ ...range, dpk: this.#pinProtector(this.#openDpk(range, from), to, name) });
    // The old PIN opens what was there before.
    await this.#parts.flash.scrub();
    this.#emit({ kind: 'range', name, change: 'pin' });
  }

  // Erasure

  /** Destroys the range's media key and its DPK. The range is locked until the next unlock, which makes a new key. */
  async eraseRange(name: string): Promise<void> {
    const range = this.#range(name);
    this.#unload(range);
    const dpk = range.dpk.kind === 'device' ? this.#deviceProtector(this.#newKey(), name) : range.dpk;
    await this.#replaceRange({ ...withoutMek(range), dpk });
    await this.#parts.flash.scrub();
    this.#discard(range);
    this.#emit({ kind: 'range', name, change: 'erased' });
  }

  /**
   * Format with crypto erase: new media keys for a namespace. `all`, as Sanitize: a new SEK ({@link softErase}).
   *
   * @throws DriveError LOCKED if Opal has locked what is to be erased
   */
  async cryptoErase(nsid: number | 'all'): Promise<void> {
    const locked = this.#flash.ranges.find(
      (range) => range.dpk.kind === 'opal' && (nsid === 'all' || range.nsid === nsid) && !this.#isLoaded(range),
    );
    if (locked !== undefined) throw new DriveError('LOCKED', `range ${locked.name}: Opal locks it`);
    if (nsid === 'all') return this.softErase();
    await this.#opal?.eraseUnlocked(nsid);
    const ranges = this.#flash.ranges.filter((range) => range.nsid === nsid && range.dpk.kind !== 'opal');
    for (const { name, dpk, parties } of ranges) {
      await this.eraseRange(name);
      if (dpk.kind === 'device' && parties.every((uid) => this.#enabled.has(uid))) await this.unlock(name);
    }
  }

  /** Replaces the SEK: no wrapped key of the drive can be opened again, neither MEKs nor the parties' MPKs. */
  async softErase(): Promise<void> {
    await this.#replaceSek();
    await this.#unlockOpenRanges();
    await this.#opal?.unlockHeld();
  }

  async #replaceSek(): Promise<void> {
    const rot = this.#running();
    this.#enabled.clear();
    rot.clearKeyCache();
    const sek = rot.seal(this.#newKey(), SEK_CONTEXT);
    await this.#saveErased({
      sek,
      epoch: this.#flash.epoch + 1,
      parties: [],
      ranges: this.#flash.ranges.map(withoutMek),
    });
    for (const range of this.#flash.ranges) this.#discard(range);
    this.#emit({ kind: 'epoch', erased: 'sek' });
  }

  /**
   * Burns the HEK seed out of its fuses, after a soft erasure, and takes the next slot. The drive is powered off and on.
   *
   * @throws DriveError ACCESS_DENIED when no erasure is left
   */
  async hardErase(): Promise<void> {
    const fuses = this.#hekFuses;
    if (erasuresLeft(fuses) === 0) throw new DriveError('ACCESS_DENIED', 'no HEK seed is left to erase');
    await this.#replaceSek();
    await this.powerOff();
    const zeroized = zeroizeHek(fuses);
    await this.#parts.fuses.write(erasuresLeft(zeroized) === 0 ? setPermaHek(zeroized) : zeroized);
    await this.#parts.fuses.scrub();
    this.#emit({ kind: 'epoch', erased: 'hek' });
    await this.powerOn();
  }

  // Inside

  #running(): RootOfTrust {
    if (this.#rootOfTrust === undefined) throw new DriveError('POWERED_OFF', 'the drive is off');
    return this.#rootOfTrust;
  }

  /** What the root of trust refuses is refused by the drive. */
  #asked<T>(about: string, ask: (rot: RootOfTrust) => T): T {
    const rot = this.#running();
    try {
      return ask(rot);
    } catch (error) {
      if (!(error instanceof RotError)) throw error;
      throw new DriveError('ACCESS_DENIED', `${about}: ${error.symbol}`, { cause: error });
    }
  }

  #sek(): Uint8Array {
    return this.#running().open(this.#flash.sek, SEK_CONTEXT);
  }

  /** 32 bytes, not all zero: the root of trust takes no such SEK or DPK. */
  #newKey(): Uint8Array {
    for (;;) {
      const key = this.#parts.entropy.bytes(KEY_SIZE);
      if (key.some((byte) => byte !== 0)) return key;
    }
  }

  #deviceProtector(dpk: Uint8Array, name: string): DpkProtector {
    return { kind: 'device', sealed: this.#running().seal(dpk, dpkContext(name)) };
  }

  #pinProtector(dpk: Uint8Array, pin: string, name: string): DpkProtector {
    const { provider, entropy, pinCost } = this.#parts;
    return protectByPin({ aead: provider.aead, entropy }, dpk, pin, dpkContext(name), pinCost);
  }

  #openDpk({ name, dpk }: RangeRecord, pin: string | undefined): Uint8Array {
    if (dpk.kind === 'device') return this.#running().open(dpk.sealed, dpkContext(name));
    if (dpk.kind === 'opal') throw new DriveError('ACCESS_DENIED', `range ${name}: Opal locks it`);
    if (pin === undefined) throw new DriveError('ACCESS_DENIED', `range ${name}: needs a PIN`);
    return openByPin(this.#parts.provider.aead, dpk, pin, dpkContext(name));
  }

  #missing({ parties }: Pick<RangeRecord, 'parties'>): string[] {
    return parties.filter((uid) => !this.#enabled.has(uid));
  }

  /** A media key is only made with the MPKs of all whom its range needs. */
  #requireEnabled(range: Pick<RangeRecord, 'name' | 'parties'>): void {
    const missing = this.#missing(range);
    if (missing.length > 0)
      throw new DriveError('ACCESS_DENIED', `range ${range.name}: not enabled: ${missing.join(', ')}`);
  }

  #opalController(): OpalController {
    const drive = this;
    return {
      ...this.#parts,
      get flash() {
        return drive.#flash;
      },
      newKey: () => this.#newKey(),
      isLoaded: (range) => this.#isLoaded(range),
      canUnlock: (range) => this.#missing(range).length === 0,
      openDevice: (range) => this.#openDpk(range, undefined),
      deviceProtector: (dpk, name) => this.#deviceProtector(dpk, name),
      unlock: (range, dpk) => this.#unlockWith(range, dpk),
      lock: (name) => this.lock(name),
      save: (change) => this.#save(change),
      saveErased: async (change, erased = []) => {
        for (const range of erased) this.#unload(range);
        await this.#saveErased(change);
        for (const range of erased) this.#discard(range);
      },
    };
  }

  #party(uid: string): PartyRecord {
    const party = this.#flash.parties.find((each) => each.uid === uid);
    if (party === undefined) throw new DriveError('UNKNOWN', `party ${uid}: not bound to this drive`);
    return party;
  }

  #range(name: string): RangeRecord {
    const range = this.#flash.ranges.find((each) => each.name === name);
    if (range === undefined) throw new DriveError('UNKNOWN', `range ${name}: this drive has none of this name`);
    return range;
  }

  #isLoaded({ nsid, start, end }: RangeRecord): boolean {
    return this.#parts.dataPath.ranges.some((key) => key.nsid === nsid && key.start === start && key.end === end);
  }

  #unload(range: RangeRecord): void {
    if (this.#isLoaded(range)) this.#running().unloadMek(encodeMetadata(range));
  }

  #discard({ nsid, start, end }: RangeRecord): void {
    this.#namespaces.find((namespace) => namespace.nsid === nsid)?.discard(start, end - start + 1);
  }

  async #replaceRange(record: RangeRecord): Promise<void> {
    await this.#save({ ranges: this.#flash.ranges.map((range) => (range.name === record.name ? record : range)) });
  }

  /** Keeps a change of which the old state has keys that must not come back. */
  async #saveErased(change: Partial<FlashState>): Promise<void> {
    await this.#save(change);
    await this.#parts.flash.scrub();
  }

  async #save(change: Partial<FlashState>): Promise<void> {
    const saved = this.#lastSave.then(async () => {
      const next = { ...this.#flash, ...change };
      await this.#parts.flash.write(next);
      this.#flash = next;
    });
    this.#lastSave = saved.catch(() => undefined);
    return saved;
  }

  #emit(event: DriveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function dpkContext(range: string): string {
  return `DPK of range ${range}`;
}
