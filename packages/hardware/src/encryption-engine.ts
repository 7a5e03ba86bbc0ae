import { pack, unpack } from '@rootcap/struct';
import { type AxiDevice, wordDevice } from './axi.ts';
import { RegisterFile, type RegisterFileState, type RegisterWrite, type ResetKind, UC_ACCESS } from './block.ts';
import { type Emit, ignoreEvents } from './events.ts';
import {
  AUX_SIZE,
  ENGINE_ERROR,
  katMek,
  MEK_SIZE,
  METADATA_SIZE,
  type MediaKeyCache,
  ReferenceKeyCache,
} from './media-key-cache.ts';
import { ENCRYPTION_ENGINE_SFR, ENGINE_COMMAND } from './registers/encryption-engine.ts';
import { checkState } from './state.ts';

type Registers = typeof ENCRYPTION_ENGINE_SFR.registers;
type Name = keyof Registers & string;

/**
 * `starting`: not ready yet; `ready`: takes a command; `executing`: busy with one; `done`: its result waits until DONE is
 * written; `fatal`: not ready until the next power cycle.
 */
export type EngineState = 'starting' | 'ready' | 'executing' | 'done' | 'fatal';

/** A key that the engine took, by what it was told with it. */
export interface LoadedKey {
  /** 20 bytes. */
  readonly metadata: Uint8Array;
  /** 32 bytes. */
  readonly aux: Uint8Array;
}

export interface EncryptionEngineOptions {
  /**
   * Where keys go. Default a {@link ReferenceKeyCache} of 8. An object is shared by a device and its forks; a function
   * makes one for each.
   */
  readonly keyCache?: MediaKeyCache | (() => MediaKeyCache);
  /** Cycles that a command takes, also by its number in CTRL; infinite: it never ends. Default 0. */
  readonly latency?: number | ((command: number) => number);
  /** Cycles from power-on until the engine is ready; infinite: it never is. Default 0. */
  readonly startup?: number;
  /** Whether it knows the command that loads a known answer, which the emulator's does not. Default true. */
  readonly katMek?: boolean;
  /** Whether METD and AUX read as written. Default false: as 0, like the emulator's. */
  readonly readable?: boolean;
}

/** The clock and the listeners of the chip that has the engine. */
export interface EngineSurroundings {
  /** Cycles since power-on of the chip. Default: no time passes. */
  readonly now?: () => number;
  readonly emit?: Emit;
}

export interface EncryptionEngineState extends RegisterFileState {
  /** Cycle at which the engine goes on, or -1. */
  readonly due: number;
  /** The key register, 64 bytes. */
  readonly mek: Uint8Array;
  readonly loaded: readonly LoadedKey[];
  /** What the cache saved of itself, if it does. */
  readonly keyCache?: unknown;
}

/** Due at no time. */
const NEVER = Number.MAX_SAFE_INTEGER;
const LOADED = { fields: { metadata: { bytes: METADATA_SIZE }, aux: { bytes: AUX_SIZE } } } as const;
const { CTRL } = ENCRYPTION_ENGINE_SFR.registers;

/**
 * A drive's encryption engine as Caliptra sees it: registers at `SS_KEY_RELEASE_BASE_ADDR` in front of a key cache.
 *
 * | state | CTRL | a write of CTRL |
 * |---|---|---|
 * | starting, fatal | RDY 0 | is ignored |
 * | ready | RDY | with EXE starts CMD |
 * | executing | RDY, EXE, CMD | is ignored, as those of the other registers are |
 * | done | RDY, DONE, CMD, ERR | with DONE zeroes every register and makes it ready |
 *
 * @see caliptra-sw:sw-emulator/lib/periph/src/dma/encryption_engine.rs, OCP LOCK 1.1
 */
export class EncryptionEngine extends RegisterFile<Registers> {
  /** On the AXI bus. */
  readonly device: AxiDevice = wordDevice({
    readWord: (offset) => this.readRegister(offset, UC_ACCESS),
    writeWord: (offset, value) => this.writeRegister(offset, value, UC_ACCESS),
  });
  readonly #keyCache: MediaKeyCache;
  readonly #options: EncryptionEngineOptions;
  readonly #now: () => number;
  readonly #emit: Emit;
  #due = -1;
  /** Apart from the words of the other registers, so that nothing that shows an engine shows it. */
  readonly #mek = new Uint8Array(MEK_SIZE);
  #loaded: LoadedKey[] = [];

  /** @throws RangeError naming an option that is no number of cycles */
  constructor(options: EncryptionEngineOptions = {}, { now = () => 0, emit = ignoreEvents }: EngineSurroundings = {}) {
    super(ENCRYPTION_ENGINE_SFR);
    const { keyCache = () => new ReferenceKeyCache() } = options;
    this.#keyCache = typeof keyCache === 'function' ? keyCache() : keyCache;
    this.#options = options;
    this.#now = now;
    this.#emit = emit;
    this.#start();
  }

  get state(): EngineState {
    const { exe, done, rdy } = this.#ctrl();
    if (rdy === 0) return this.#due < 0 ? 'fatal' : 'starting';
    if (exe === 1) return 'executing';
    return done === 1 ? 'done' : 'ready';
  }

  /** The keys that were loaded and not unloaded since, by what was said of them. */
  get loaded(): readonly LoadedKey[] {
    return this.#loaded.map(({ metadata, aux }) => ({ metadata: metadata.slice(), aux: aux.slice() }));
  }

  /** Cycle at which the engine does something by itself; infinite if it does not. */
  get eventDue(): number {
    return this.#due < 0 || this.#due === NEVER ? Number.POSITIVE_INFINITY : this.#due;
  }

  /** Does what is due by now. */
  settle(): void {
    if (this.#due < 0 || this.#due === NEVER || this.#now() < this.#due) return;
    const { exe, cmd } = this.#ctrl();
    this.#due = -1;
    if (exe === 1) this.#finish(cmd);
    else this.#becomeReady();
  }

  /** Something went wrong in the drive: RDY falls and a command under way ends without effect. */
  raiseFatalError(): void {
    this.#due = -1;
    this.#wipe();
    this.store('CTRL', pack(CTRL, { ...this.#ctrl(), exe: 0, rdy: 0 }));
    this.#report('fatal');
  }

  // Registers

  protected override onRead(name: Name, _index: number, stored: number): number {
    const hidden = (name === 'METD' || name === 'AUX') && this.#options.readable !== true;
    return hidden ? 0 : stored;
  }

  protected override onWrite(name: Name, index: number, next: number, { previous, written }: RegisterWrite): number {
    const { state } = this;
    if (name !== 'CTRL' && state === 'executing') return previous;
    if (name === 'MEK') new DataView(this.#mek.buffer).setUint32(4 * index, next, true);
    if (name !== 'CTRL') return name === 'MEK' ? 0 : next;
    const { exe, done, cmd } = unpack(CTRL, written);
    if (state === 'ready' && exe === 1) this.#execute(cmd);
    if (state === 'done' && done === 1) this.#clear();
    return this.stored('CTRL');
  }

  #ctrl() {
    return unpack(CTRL, this.stored('CTRL'));
  }

  #execute(cmd: number): void {
    const { latency = 0 } = this.#options;
    const cycles = dueIn('latency', typeof latency === 'number' ? latency : latency(cmd), this.#now());
    this.store('CTRL', pack(CTRL, { rdy: 1, exe: 1, cmd }));
    this.#report('execute');
    if (cycles === this.#now()) this.#finish(cmd);
    else this.#due = cycles;
  }

  #finish(cmd: number): void {
    let err: number;
    try {
      err = errorNibble(this.#run(cmd));
    } catch (error) {
      this.raiseFatalError();
      throw error;
    }
    this.store('CTRL', pack(CTRL, { rdy: 1, done: 1, cmd, err }));
    this.#report('done');
  }

  #run(cmd: number): number {
    switch (cmd) {
      case ENGINE_COMMAND.LOAD_MEK:
        return this.#load(this.#mek.slice());
      case ENGINE_COMMAND.LOAD_KAT_MEK:
        return this.#options.katMek === false ? ENGINE_ERROR.INVALID_COMMAND : this.#load(katMek());
      case ENGINE_COMMAND.UNLOAD_MEK: {
        const metadata = this.#bytes('METD');
        const err = this.#keyCache.unload(metadata.slice());
        if (err === 0) this.#loaded = this.#loaded.filter((key) => !sameBytes(key.metadata, metadata));
        return err;
      }
      case ENGINE_COMMAND.ZEROIZE: {
        const err = this.#keyCache.zeroize();
        if (err === 0) this.#loaded = [];
        return err;
      }
      default:
        return ENGINE_ERROR.INVALID_COMMAND;
    }
  }

  #load(mek: Uint8Array): number {
    const [metadata, aux] = [this.#bytes('METD'), this.#bytes('AUX')];
    const err = this.#keyCache.load(metadata.slice(), aux.slice(), mek);
    if (err === 0)
      this.#loaded = [...this.#loaded.filter((key) => !sameBytes(key.metadata, metadata)), { metadata, aux }];
    return err;
  }

  #clear(): void {
    this.#wipe();
    this.store('CTRL', pack(CTRL, { rdy: 1 }));
    this.#report('clear');
  }

  #wipe(): void {
    this.#mek.fill(0);
    for (const name of ['METD', 'AUX'] as const)
      for (let i = 0; i < ENCRYPTION_ENGINE_SFR.registers[name].count; i++) this.store(name, 0, i);
  }

  /** A register array as the bytes at its addresses. */
  #bytes(name: 'METD' | 'AUX'): Uint8Array {
    const { count } = ENCRYPTION_ENGINE_SFR.registers[name];
    const bytes = new Uint8Array(4 * count);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < count; i++) view.setUint32(4 * i, this.stored(name, i), true);
    return bytes;
  }

  #report(operation: 'ready' | 'execute' | 'done' | 'clear' | 'fatal'): void {
    const { cmd, err } = this.#ctrl();
    this.#emit({ kind: 'encryption-engine', operation, command: cmd, error: err });
  }

  // Reset and state

  #start(): void {
    const due = dueIn('startup', this.#options.startup ?? 0, this.#now());
    if (due === this.#now()) this.store('CTRL', pack(CTRL, { rdy: 1 }));
    else this.#due = due;
  }

  #becomeReady(): void {
    this.store('CTRL', pack(CTRL, { rdy: 1 }));
    this.#report('ready');
  }

  /** Only a power cycle reaches the drive; its keys are then gone. */
  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'cold') return;
    this.#due = -1;
    this.#mek.fill(0);
    this.#loaded = [];
    this.#keyCache.zeroize();
    this.#start();
  }

  override save(): EncryptionEngineState {
    const keyCache = this.#keyCache.save?.();
    return {
      ...super.save(),
      due: this.#due,
      mek: this.#mek.slice(),
      loaded: this.loaded,
      ...(keyCache === undefined ? {} : { keyCache }),
    };
  }

  override restore(state: EncryptionEngineState): void {
    checkState(
      state,
      { fields: { due: 'number', mek: { bytes: MEK_SIZE }, loaded: { list: LOADED } } },
      'encryption-engine',
    );
    const before = this.save();
    super.restore(state);
    try {
      if (state.keyCache !== undefined) this.#keyCache.restore?.(state.keyCache as never);
    } catch (error) {
      super.restore(before);
      throw error;
    }
    this.#due = state.due;
    this.#mek.set(state.mek);
    this.#loaded = state.loaded.map(({ metadata, aux }) => ({ metadata: metadata.slice(), aux: aux.slice() }));
  }
}

/** @throws RangeError naming the option */
function dueIn(option: string, cycles: number, now: number): number {
  if (cycles === Number.POSITIVE_INFINITY) return NEVER;
  if (!(Number.isSafeInteger(cycles) && cycles >= 0))
    throw new RangeError(`encryptionEngine.${option}: ${cycles} is no number of cycles`);
  return now + cycles;
}

/** @throws RangeError for what does not fit into CTRL */
function errorNibble(err: number): number {
  if (!(Number.isInteger(err) && err >= 0 && err <= 0xf))
    throw new RangeError(`encryptionEngine.keyCache: ${err} is not in 0..15`);
  return err;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
