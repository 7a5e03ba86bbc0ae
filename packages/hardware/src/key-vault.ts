import { pack, unpack } from '@rootcap/struct';
import {
  bytesOfWords,
  RegisterFile,
  type RegisterFileState,
  type RegisterWrite,
  type ResetKind,
  wordsOfBytes,
} from './block.ts';
import { EngineError, type EngineFault } from './engine-error.ts';
import { type Emit, ignoreEvents } from './events.ts';
import type { Reference } from './hw-config.ts';
import { KV_REG } from './registers/key-vault.ts';
import { checkState } from './state.ts';

/** What an engine may take from a key slot; the bits of `KEY_CTRL.dest_valid`. */
export const KeyUsage = {
  HMAC_KEY: 1,
  HMAC_BLOCK: 2,
  MLDSA_SEED: 4,
  ECC_PKEY: 8,
  ECC_SEED: 16,
  AES_KEY: 32,
  MLKEM_SEED: 64,
  MLKEM_MSG: 128,
  DMA_DATA: 256,
} as const;

/** A key by its slot. */
export interface SlotRef {
  readonly slot: number;
}

/** Where an engine puts a result, and for what it may be used there (bits of {@link KeyUsage}). */
export interface KeyDestination {
  readonly slot: number;
  readonly usage: number;
}

/** The control word of a slot, taken apart. */
export interface SlotControl {
  readonly lock_wr: boolean;
  readonly lock_use: boolean;
  /** Bits of {@link KeyUsage}. */
  readonly dest_valid: number;
  /** Index of the last 32-bit word of the entry. */
  readonly last_dword: number;
  /** `KEY_CTRL` as a register. */
  readonly word: number;
}

/** What a write is made of; OCP LOCK separates the slots by it. */
export interface KeyOrigin {
  readonly engine: 'hmac' | 'mlkem' | 'ecc' | 'doe' | 'aes';
  /** Slots that went into the result. */
  readonly slots: readonly number[];
  /** AES only: the result of an ECB decryption. */
  readonly ecbDecrypt?: boolean;
}

export interface KeyVaultOptions {
  /** Security state, sampled at each reset. Default locked. */
  readonly debugLocked?: () => boolean;
  /** `SS_OCP_LOCK_CTRL.LOCK_IN_PROGRESS`. Default false. */
  readonly ocpLockInProgress?: () => boolean;
  /** The strap of OCP LOCK mode, by which the DOE is judged: it works before LOCK is in progress. Default false. */
  readonly ocpLockEnabled?: () => boolean;
  /** Whose behaviour to follow where they differ; see {@link KeyVault}. Default `emulator`. */
  readonly reference?: Reference;
  readonly emit?: Emit;
}

export const KEY_SLOTS = 24;
/** Bytes of a slot. */
export const KEY_SIZE = 64;
const SLOT_WORDS = KEY_SIZE / 4;

/** Words of a slot that holds a debug value, by `CLEAR_SECRETS.sel_debug_value`. */
const DEBUG_VALUES = [0xaaaa_aaaa, 0x5555_5555] as const;

/** Slots of OCP LOCK (16..23), among them the key that decrypts an MEK and the one that receives it. */
const FIRST_OCP_LOCK_SLOT = 16;
const MEK_DECRYPTION_KEY_SLOT = 16;
/** The only one that the DMA reads. */
export const KEY_RELEASE_SLOT = 23;

const KEY_CTRL = KV_REG.registers.KEY_CTRL;

export interface KeyVaultState extends RegisterFileState {
  readonly debugLocked: boolean;
}

/**
 * 24 slots of 16 words. Only engines see the contents; firmware sees the control words.
 *
 * A read needs an open use lock and the wanted use among `dest_valid`; a write and a clear need both locks open. A lock
 * stays until any reset. Contents and `dest_valid` last until a cold reset, or until debug is unlocked, which fills every
 * slot with a debug value whatever its locks say.
 *
 * In four points the firmware's software emulator, on which the recordings were made, is milder than the RTL: it erases a
 * slot that is locked against use only, it keeps `dest_valid` and `last_dword` of an erased slot, it keeps the contents over a warm reset that both begins and ends
 * with debug unlocked, and its DOE lets a HEK seed be an HMAC key too. `reference` chooses.
 *
 * @see caliptra-rtl:src/keyvault/rtl/kv.sv
 */
export class KeyVault extends RegisterFile<(typeof KV_REG)['registers']> {
  readonly #debugLocked: () => boolean;
  readonly #ocpLockInProgress: () => boolean;
  readonly #ocpLockEnabled: () => boolean;
  /** Whose behaviour this vault follows. */
  readonly reference: Reference;
  readonly #emit: Emit;
  readonly #watchers: ((slot: number) => void)[] = [];
  readonly #firstControl: number;
  readonly #firstEntry: number;
  #wasDebugLocked: boolean;

  constructor(options: KeyVaultOptions = {}) {
    super(KV_REG);
    this.#debugLocked = options.debugLocked ?? (() => true);
    this.#ocpLockInProgress = options.ocpLockInProgress ?? (() => false);
    this.#ocpLockEnabled = options.ocpLockEnabled ?? (() => false);
    this.reference = options.reference ?? 'emulator';
    this.#emit = options.emit ?? ignoreEvents;
    this.#firstControl = this.wordIndex('KEY_CTRL');
    this.#firstEntry = this.wordIndex('KEY_ENTRY');
    this.#wasDebugLocked = this.#debugLocked();
    if (!this.#wasDebugLocked) this.#fill(DEBUG_VALUES[0]);
  }

  control(slot: number): SlotControl {
    const word = this.#control(slot);
    const { lock_wr, lock_use, dest_valid, last_dword } = unpack(KEY_CTRL, word);
    return { lock_wr: lock_wr === 1, lock_use: lock_use === 1, dest_valid, last_dword, word };
  }

  lockWrite(slot: number): void {
    this.#lock(slot, 1);
  }

  lockUse(slot: number): void {
    this.#lock(slot, 2);
  }

  isWriteLocked(slot: number): boolean {
    return (this.#control(slot) & 1) !== 0;
  }

  isUseLocked(slot: number): boolean {
    return (this.#control(slot) & 2) !== 0;
  }

  /** Erases a slot. @returns false, and nothing changes, if a lock keeps it: either in the RTL, that of writes in the emulator */
  clear(slot: number): boolean {
    if (this.reference === 'rtl' ? this.#isLocked(slot) : this.isWriteLocked(slot)) return false;
    this.#slotWords(slot).fill(0);
    if (this.reference === 'rtl') this.#storeControl(slot, this.#control(slot) & 0x1ff);
    this.#changed(slot, { kind: 'key-vault', operation: 'clear', slot });
    return true;
  }

  /** Erases every slot that no lock keeps, as the fatal-error handler does. */
  clearAll(): void {
    for (let slot = 0; slot < KEY_SLOTS; slot++) this.clear(slot);
  }

  /**
   * Debug got unlocked, or scan mode was entered: every slot gets a debug value, locked or not.
   *
   * @param select - 0: words 0xAAAA_AAAA, 1: 0x5555_5555
   */
  fillDebugValue(select: 0 | 1 = 0): void {
    this.#fill(DEBUG_VALUES[select]);
    this.#wasDebugLocked = false;
    for (let slot = 0; slot < KEY_SLOTS; slot++) this.#notify(slot);
  }

  /**
   * Read port of an engine that takes a key or seed.
   *
   * @param usage - one bit of {@link KeyUsage}
   * @returns 64 bytes; those after the entry's last word are 0
   * @throws EngineError with `fault` if the slot is locked against use or not meant for it
   */
  read(slot: number, usage: number, fault: EngineFault): Uint8Array {
    const data = new Uint8Array(KEY_SIZE);
    data.set(this.readBlock(slot, usage, fault));
    return data;
  }

  /** As {@link read}, but only the entry: `(last_dword + 1) * 4` bytes. */
  readBlock(slot: number, usage: number, fault: EngineFault): Uint8Array {
    const control = this.#control(slot);
    if ((control & 2) !== 0) throw new EngineError(fault, `key-vault slot ${slot} is locked against use`);
    if (((control >>> 9) & usage) === 0)
      throw new EngineError(fault, `key-vault slot ${slot} is not meant for this use`);
    if (slot === KEY_RELEASE_SLOT && usage !== KeyUsage.DMA_DATA && this.#ocpLockInProgress())
      throw new EngineError(fault, `key-vault slot ${slot} leaves only by DMA`);
    return bytesOfWords(this.#slotWords(slot)).subarray(0, ((control >>> 18) + 1) * 4);
  }

  /**
   * Write port of an engine. Words after the data keep what they held; no read shows them.
   *
   * @param data - 4..64 bytes, a multiple of 4
   * @param usage - bits of {@link KeyUsage} that the slot gets
   * @throws EngineError if either lock is set or OCP LOCK forbids the way
   */
  write(slot: number, data: Uint8Array, usage: number, origin?: KeyOrigin): void {
    if (!(data.length >= 4 && data.length <= KEY_SIZE && data.length % 4 === 0))
      throw new RangeError(`data: expected 4..${KEY_SIZE} bytes, a multiple of 4, got ${data.length}`);
    if (!(Number.isInteger(usage) && usage >= 0 && usage < 0x200))
      throw new RangeError(`usage: ${usage} is not in 0..0x1ff`);
    if (this.#isLocked(slot)) throw new EngineError('key-write', `key-vault slot ${slot} is locked`);
    if (origin !== undefined) this.#checkOrigin(slot, origin);
    this.#slotWords(slot).set(wordsOfBytes(data));
    this.words[this.#firstControl + slot] = pack(KEY_CTRL, { dest_valid: usage, last_dword: data.length / 4 - 1 });
    this.#changed(slot, { kind: 'key-vault', operation: 'write', slot, usage });
  }

  /** Raw contents of a slot, for debugging and tests and for the PCR-signing wires. 64 bytes. */
  inspect(slot: number): Uint8Array {
    return bytesOfWords(this.#slotWords(slot));
  }

  /** Calls `watcher` after each change of a slot's contents. */
  onSlotChange(watcher: (slot: number) => void): void {
    this.#watchers.push(watcher);
  }

  protected override onRead(name: keyof (typeof KV_REG)['registers'], _index: number, stored: number): number {
    return name === 'KEY_ENTRY' ? 0 : stored;
  }

  protected override onWrite(
    name: keyof (typeof KV_REG)['registers'],
    index: number,
    next: number,
    { previous, written }: RegisterWrite,
  ): number {
    if (name === 'KEY_ENTRY') return previous;
    if (name === 'KEY_CTRL') return this.#writeControl(index, written);
    // The fill is for debugging only: a locked device ignores it.
    if ((written & 1) !== 0 && !this.#debugLocked()) this.#fillUnlocked(DEBUG_VALUES[(written >>> 1) & 1] as number);
    return next & ~1;
  }

  override reset(kind: ResetKind): void {
    const locked = this.#debugLocked();
    if (kind === 'cold') {
      super.reset(kind);
      if (!locked) this.#fill(DEBUG_VALUES[0]);
    } else {
      const reset = kind === 'warm' ? 0x1ff : 3;
      for (let slot = 0; slot < KEY_SLOTS; slot++) this.#storeControl(slot, this.#control(slot) & ~reset);
      const unlocks = !locked && (this.#wasDebugLocked || this.reference === 'rtl');
      if (kind === 'warm' && unlocks) this.#fill(DEBUG_VALUES[0]);
    }
    // The state is latched as the reset ends; the core's own restart does not sample it.
    if (kind !== 'update') this.#wasDebugLocked = locked;
    if (kind !== 'update') for (let slot = 0; slot < KEY_SLOTS; slot++) this.#notify(slot);
  }

  override save(): KeyVaultState {
    return { ...super.save(), debugLocked: this.#wasDebugLocked };
  }

  override restore(state: KeyVaultState): void {
    checkState(state, { fields: { debugLocked: 'boolean' } }, 'key-vault');
    super.restore(state);
    this.#wasDebugLocked = state.debugLocked;
    for (let slot = 0; slot < KEY_SLOTS; slot++) this.#notify(slot);
  }

  #control(slot: number): number {
    if (!(Number.isInteger(slot) && slot >= 0 && slot < KEY_SLOTS))
      throw new RangeError(`slot: ${slot} is not in 0..${KEY_SLOTS - 1}`);
    return this.words[this.#firstControl + slot] as number;
  }

  #storeControl(slot: number, word: number): void {
    this.words[this.#firstControl + slot] = word;
  }

  #isLocked(slot: number): boolean {
    return (this.#control(slot) & 3) !== 0;
  }

  #slotWords(slot: number): Uint32Array {
    this.#control(slot);
    const first = this.#firstEntry + slot * SLOT_WORDS;
    return this.words.subarray(first, first + SLOT_WORDS);
  }

  #lock(slot: number, mask: 1 | 2): void {
    const word = this.#control(slot);
    if ((word & mask) !== 0) return;
    this.#storeControl(slot, word | mask);
    this.#emit({ kind: 'key-vault', operation: mask === 1 ? 'lock-write' : 'lock-use', slot });
  }

  /** A core's write: locks first, so that `clear` in the same word finds them; then `clear`; reserved bits are kept. */
  #writeControl(slot: number, written: number): number {
    if ((written & 1) !== 0) this.lockWrite(slot);
    if ((written & 2) !== 0) this.lockUse(slot);
    if ((written & 4) !== 0) this.clear(slot);
    return (this.#control(slot) & ~0x1f8) | (written & 0x1f8);
  }

  #checkOrigin(slot: number, { engine, slots, ecbDecrypt }: KeyOrigin): void {
    const lock = engine === 'doe' ? this.#ocpLockEnabled() : this.#ocpLockInProgress();
    const isLockSlot = slot >= FIRST_OCP_LOCK_SLOT;
    const crosses = slots.some((source) => source >= FIRST_OCP_LOCK_SLOT !== isLockSlot);
    const releases = lock && ecbDecrypt === true && slots[0] === MEK_DECRYPTION_KEY_SLOT && slot === KEY_RELEASE_SLOT;
    if (engine === 'aes' ? !releases : lock && (crosses || slot === KEY_RELEASE_SLOT))
      throw new EngineError('key-write', `key-vault slot ${slot} does not take this result`);
  }

  #fill(value: number): void {
    this.words.fill(value, this.#firstEntry, this.#firstEntry + KEY_SLOTS * SLOT_WORDS);
  }

  #fillUnlocked(value: number): void {
    for (let slot = 0; slot < KEY_SLOTS; slot++) {
      if (this.#isLocked(slot)) continue;
      this.#slotWords(slot).fill(value);
      this.#notify(slot);
    }
  }

  #changed(slot: number, event: Parameters<Emit>[0]): void {
    this.#notify(slot);
    this.#emit(event);
  }

  #notify(slot: number): void {
    for (const watcher of this.#watchers) watcher(slot);
  }
}

/** The control word as the firmware's software emulator shows it: `dest_valid` [16:9], `last_dword` [20:17]. */
export function emulatorKeyControl({ lock_wr, lock_use, dest_valid, last_dword }: SlotControl): number {
  return Number(lock_wr) | (Number(lock_use) << 1) | ((dest_valid & 0xff) << 9) | (last_dword << 17);
}
