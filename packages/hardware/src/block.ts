import {
  type BitFields,
  type Bits,
  type ClearedBy,
  extract,
  insert,
  type Register,
  type RegisterBlock,
} from '@rootcap/struct';
import {
  aggregate,
  type InterruptKind,
  type InterruptLayout,
  interruptLayout,
  interruptLine,
  raiseInterrupt,
} from './interrupts.ts';
import { isTyped } from './state.ts';

/** Who makes an access: the firmware's core, the SoC over AXI, or a debugger over TAP. */
export type Side = 'uc' | 'soc' | 'tap';

/** `cold`: power cycle. `warm`: `cptra_rst_b`. `update`: only the firmware's core restarts. */
export type ResetKind = ClearedBy;

/** Who accesses a register. `axiUser` is the 32-bit AXI USER; the core itself is 0xFFFF_FFFF. */
export interface BusAccess {
  readonly side: Side;
  readonly axiUser: number;
}

/** AXI USER of Caliptra's own core. */
export const UC_AXI_USER = 0xffff_ffff;

/** The access that firmware makes. */
export const UC_ACCESS: BusAccess = { side: 'uc', axiUser: UC_AXI_USER };

/** A block on the buses. Offsets count from the block's base and are word aligned. */
export interface Block {
  readonly declaration: RegisterBlock;
  readRegister(offset: number, access: BusAccess): number;
  writeRegister(offset: number, value: number, access: BusAccess): void;
  reset(kind: ResetKind): void;
  /** The whole state as plain data that `structuredClone` accepts. */
  save(): unknown;
  /** @throws TypeError if `state` is not what {@link save} returns; the block is then unchanged */
  restore(state: never): void;
}

/** One 32-bit word of a block: which register it belongs to. */
export interface RegisterWord {
  readonly name: string;
  readonly index: number;
  readonly register: Register;
}

interface PlacedRegister {
  readonly name: string;
  readonly register: Register;
  /** Index of its first word. */
  readonly first: number;
}

interface Layout {
  readonly words: readonly RegisterWord[];
  /** Word address within the block to index into `words`, or -1. */
  readonly at: Int16Array;
  readonly byName: ReadonlyMap<string, PlacedRegister>;
  /** Word that locks each word, or -1. */
  readonly lock: Int16Array;
  readonly interrupts: InterruptLayout | undefined;
}

const layouts = new WeakMap<RegisterBlock, Layout>();

function layoutOf(declaration: RegisterBlock): Layout {
  const known = layouts.get(declaration);
  if (known !== undefined) return known;
  const words: RegisterWord[] = [];
  const byName = new Map<string, PlacedRegister>();
  let end = 0;
  for (const [name, register] of Object.entries(declaration.registers)) {
    byName.set(name, { name, register, first: words.length });
    for (let index = 0; index < register.count; index++) words.push({ name, index, register });
    end = Math.max(end, register.offset + (register.count - 1) * register.stride + 4);
  }
  const at = new Int16Array(end >>> 2).fill(-1);
  words.forEach(({ register, index }, word) => {
    at[(register.offset + index * register.stride) >>> 2] = word;
  });
  const lock = Int16Array.from(words, ({ name, index, register }) => {
    if (register.lockedBy === undefined) return -1;
    const by = byName.get(register.lockedBy);
    if (by === undefined) throw new TypeError(`lockedBy: ${name} names ${register.lockedBy}, which does not exist`);
    return by.first + Math.floor((index * by.register.count) / register.count);
  });
  const interrupts = interruptLayout(declaration, (name) => byName.get(name)?.first);
  const layout = { words, at, byName, lock, interrupts };
  layouts.set(declaration, layout);
  return layout;
}

/** All words of a block in declaration order, with their byte offsets. */
export function registerWords(declaration: RegisterBlock): readonly (RegisterWord & { readonly offset: number })[] {
  return layoutOf(declaration).words.map((word) => ({
    ...word,
    offset: word.register.offset + word.index * word.register.stride,
  }));
}

/** Where a reset stands: a stronger one clears what a weaker one clears. */
const STRENGTH: Readonly<Record<ResetKind, number>> = { update: 0, warm: 1, cold: 2 };

/** Saved state of a {@link RegisterFile}: its words in declaration order. */
export interface RegisterFileState {
  readonly words: Uint32Array;
}

/**
 * A block built from its declaration: keeps one word per declared register and applies access rules, write rules and
 * resets. An undeclared offset reads as 0 and ignores writes.
 *
 * The interrupt block that most blocks have (`INTR_BLOCK_RF_*`) works here too: a block calls {@link raise}.
 * A block overrides {@link onRead} and {@link onWrite} for what a register does beyond keeping its value. Two ways to a
 * register: {@link get} and {@link set} go through rules and hooks as a core access does; {@link stored} and
 * {@link store} are the hardware's own side and reach the flip-flops directly.
 */
export class RegisterFile<const R extends Record<string, Register> = Record<string, Register>> implements Block {
  readonly declaration: RegisterBlock<R>;
  /** Words in declaration order. */
  protected readonly words: Uint32Array;
  readonly #layout: Layout;

  constructor(declaration: RegisterBlock<R>) {
    this.declaration = declaration;
    this.#layout = layoutOf(declaration);
    this.words = Uint32Array.from(this.#layout.words, ({ register }) => register.reset);
  }

  readRegister(offset: number, access: BusAccess): number {
    const word = this.#layout.at[offset >>> 2] ?? -1;
    if (word < 0) return 0;
    return this.#read(word, access);
  }

  writeRegister(offset: number, value: number, access: BusAccess): void {
    const word = this.#layout.at[offset >>> 2] ?? -1;
    if (word >= 0) this.#write(word, value, access);
  }

  #read(word: number, access: BusAccess): number {
    const { name, index, register } = this.#layout.words[word] as RegisterWord;
    const rule = access.side === 'uc' ? register.uc : register.soc;
    if (rule !== 'rw' && rule !== 'ro') return 0;
    const interrupts = this.#layout.interrupts;
    if (interrupts !== undefined) {
      if (word === interrupts.error.aggregate) return Number(aggregate(interrupts, this.words, 'error'));
      if (word === interrupts.notif.aggregate) return Number(aggregate(interrupts, this.words, 'notif'));
    }
    return this.onRead(name as keyof R & string, index, this.words[word] as number, access) >>> 0;
  }

  #write(word: number, value: number, access: BusAccess): void {
    const { name, index, register } = this.#layout.words[word] as RegisterWord;
    const rule = access.side === 'uc' ? register.uc : register.soc;
    if (rule !== 'rw' && rule !== 'wo') return;
    const lock = this.#layout.lock[word] as number;
    if (lock >= 0 && (this.words[lock] as number) & 1) return;
    const previous = this.words[word] as number;
    const written = (value & register.writable) >>> 0;
    const interrupts = this.#layout.interrupts;
    if (interrupts !== undefined && (word === interrupts.error.trigger || word === interrupts.notif.trigger)) {
      const kind = word === interrupts.error.trigger ? 'error' : 'notif';
      for (let bit = 0; bit < 32; bit++) if ((written >>> bit) & 1) raiseInterrupt(interrupts, this.words, kind, bit);
      return;
    }
    const next = applyWrite(register, previous, written);
    this.words[word] = this.onWrite(name as keyof R & string, index, next, { word, previous, written, access });
  }

  /** What a read returns. `stored` is the kept word; by default that. A read may have side effects. */
  protected onRead(_name: keyof R & string, _index: number, stored: number, _access: BusAccess): number {
    return stored;
  }

  /**
   * Side effects of a write. `next` is the word after the register's write rule; the returned word is kept, so
   * returning `write.previous` ignores the write. `write.written` holds the bits as written (pulses show there only).
   */
  protected onWrite(_name: keyof R & string, _index: number, next: number, _write: RegisterWrite): number {
    return next;
  }

  /** Reads a register as the core does. */
  get(name: keyof R & string, index = 0): number {
    return this.#read(this.#word(this.#placed(name), index), UC_ACCESS);
  }

  /** Writes a register as the core does. */
  set(name: keyof R & string, value: number, index = 0): void {
    this.#write(this.#word(this.#placed(name), index), value, UC_ACCESS);
  }

  /** Reads one field as the core does. */
  field<N extends keyof R & string>(name: N, field: keyof R[N]['fields'] & string, index = 0): number {
    const placed = this.#placed(name);
    return extract(this.#bits(placed, field), this.#read(this.#word(placed, index), UC_ACCESS));
  }

  /** Replaces one field as the core does: read, modify, write. @throws StructError if `value` does not fit */
  setField<N extends keyof R & string>(name: N, field: keyof R[N]['fields'] & string, value: number, index = 0): void {
    const placed = this.#placed(name);
    const word = this.#word(placed, index);
    this.#write(word, insert(this.#bits(placed, field), this.#read(word, UC_ACCESS), value), UC_ACCESS);
  }

  /** An array register as the core reads it: the words' bytes, most significant first. */
  bytes(name: keyof R & string): Uint8Array {
    const { count } = this.#placed(name).register;
    return bytesOfWords(Uint32Array.from({ length: count }, (_, index) => this.get(name, index)));
  }

  /** The kept word, without rules and hooks. */
  protected stored(name: keyof R & string, index = 0): number {
    return this.words[this.#word(this.#placed(name), index)] as number;
  }

  /** Replaces the kept word, without rules and hooks. */
  protected store(name: keyof R & string, value: number, index = 0): void {
    this.words[this.#word(this.#placed(name), index)] = value;
  }

  protected storedField<N extends keyof R & string>(name: N, field: keyof R[N]['fields'] & string, index = 0): number {
    const placed = this.#placed(name);
    return extract(this.#bits(placed, field), this.words[this.#word(placed, index)] as number);
  }

  protected storeField<N extends keyof R & string>(
    name: N,
    field: keyof R[N]['fields'] & string,
    value: number,
    index = 0,
  ): void {
    const placed = this.#placed(name);
    const word = this.#word(placed, index);
    this.words[word] = insert(this.#bits(placed, field), this.words[word] as number, value);
  }

  /** The kept words of an array register as bytes, most significant first. */
  protected storedBytes(name: keyof R & string): Uint8Array {
    const { first, register } = this.#placed(name);
    return bytesOfWords(this.words.subarray(first, first + register.count));
  }

  /** Keeps bytes, most significant first, from word 0 on; words past the data keep their value. */
  protected storeBytes(name: keyof R & string, data: Uint8Array): void {
    const words = wordsOfBytes(data);
    const { first, register } = this.#placed(name);
    if (words.length > register.count) throw new RangeError(`data: ${data.length} bytes do not fit ${name}`);
    this.words.set(words, first);
  }

  /** Where a register's word is in {@link words}. */
  protected wordIndex(name: keyof R & string, index = 0): number {
    return this.#word(this.#placed(name), index);
  }

  /** Records an interrupt event, named as in the declaration (`notif_cmd_done`, `error0`). */
  protected raise(event: string): void {
    const interrupts = this.#layout.interrupts;
    const found = interrupts?.events.get(event);
    if (interrupts === undefined || found === undefined)
      throw new TypeError(`event: ${event} is not an interrupt of ${this.declaration.name}`);
    raiseInterrupt(interrupts, this.words, found.kind, found.bit);
  }

  /** Level of the block's error or notification interrupt line. */
  interrupt(kind: InterruptKind): boolean {
    const interrupts = this.#layout.interrupts;
    return interrupts !== undefined && interruptLine(interrupts, this.words, kind);
  }

  reset(kind: ResetKind): void {
    this.#layout.words.forEach(({ register }, word) => {
      if (STRENGTH[kind] >= STRENGTH[register.clearedBy]) this.words[word] = register.reset;
    });
  }

  save(): RegisterFileState {
    return { words: this.words.slice() };
  }

  restore(state: RegisterFileState): void {
    this.words.set(checkedWords(state?.words, this.words.length, this.declaration.name));
  }

  #placed(name: string): PlacedRegister {
    const placed = this.#layout.byName.get(name);
    if (placed === undefined) throw new TypeError(`name: ${name} is not a register of ${this.declaration.name}`);
    return placed;
  }

  #word({ name, register, first }: PlacedRegister, index: number): number {
    if (!(Number.isInteger(index) && index >= 0 && index < register.count))
      throw new RangeError(`index: ${index} is not in 0..${register.count - 1} of ${name}`);
    return first + index;
  }

  #bits({ name, register }: PlacedRegister, field: string): Bits {
    const bits = (register.fields as BitFields)[field];
    if (bits === undefined) throw new TypeError(`field: ${field} is not a field of ${name}`);
    return bits;
  }
}

/** A write on its way into a register. */
export interface RegisterWrite {
  /** Index of the word in a block's `words`. */
  readonly word: number;
  /** The word before the write. */
  readonly previous: number;
  /** The written bits that the register has. */
  readonly written: number;
  readonly access: BusAccess;
}

function applyWrite(register: Register, previous: number, written: number): number {
  switch (register.write) {
    case 'value':
      return ((previous & ~register.writable) | written) >>> 0;
    case 'w1c':
      return (previous & ~written) >>> 0;
    case 'w1s':
      return (previous | written) >>> 0;
    case 'pulse':
      return previous;
  }
}

/** Words as bytes, most significant byte of each word first: the natural byte string of a register array. */
export function bytesOfWords(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(i * 4, words[i] as number);
  return bytes;
}

/** Bytes as words, most significant byte first; the last word is zero padded. */
export function wordsOfBytes(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array((bytes.length + 3) >>> 2);
  for (let i = 0; i < bytes.length; i++)
    words[i >>> 2] = ((words[i >>> 2] as number) | ((bytes[i] as number) << (24 - (i & 3) * 8))) >>> 0;
  return words;
}

/** A saved word array of the right length. @throws TypeError otherwise */
function checkedWords(words: unknown, length: number, what: string): Uint32Array {
  if (!(isTyped(words, 'Uint32Array') && words.length === length))
    throw new TypeError(`state: ${what} needs a Uint32Array of ${length} words`);
  return words;
}
