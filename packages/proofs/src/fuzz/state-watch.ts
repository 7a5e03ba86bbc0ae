import { registerWords } from '@rootcap/hardware';
import type { StructView } from '@rootcap/struct';
import type { Device } from 'rootcap';

/** A piece of a device's state that can be compared: a memory, or a block. */
interface Part {
  readonly name: string;
  read(): Uint8Array;
  /** Names of what differs between two readings of the same length. */
  differences(before: Uint8Array, now: Uint8Array): Iterable<string>;
}

const encoder = new TextEncoder();

/** Plain data as bytes, in order of its members; a block's registers come first. */
function flatten(state: unknown): Uint8Array {
  if (ArrayBuffer.isView(state)) return new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
  const parts: Uint8Array[] = [];
  collect(state, parts);
  return Buffer.concat(parts);
}

function collect(state: unknown, parts: Uint8Array[]): void {
  if (ArrayBuffer.isView(state)) parts.push(flatten(state));
  else if (typeof state === 'object' && state !== null) for (const item of Object.values(state)) collect(item, parts);
  else parts.push(encoder.encode(`${String(state)};`));
}

/** A memory. DCCM's tables have names: {@link dccmNames}. */
function memoryPart(name: string, memory: Uint8Array, named: readonly NamedRange[] = []): Part {
  const ranges = [...named, ...unnamed(named, memory.length)];
  return {
    name,
    read: () => memory,
    differences: (before, now) =>
      ranges
        .filter(({ start, end }) => Buffer.compare(before.subarray(start, end), now.subarray(start, end)) !== 0)
        .map((range) => range.name),
  };
}

/** What lies between the tables, whose ranges are in order of address or inside of one another. */
function unnamed(named: readonly NamedRange[], size: number): NamedRange[] {
  const gaps: NamedRange[] = [];
  let at = 0;
  for (const { start, end } of [...named].sort((a, b) => a.start - b.start)) {
    if (start > at) gaps.push({ name: 'unnamed', start: at, end: start });
    at = Math.max(at, end);
  }
  return at < size ? [...gaps, { name: 'unnamed', start: at, end: size }] : gaps;
}

interface NamedRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Fields of the tables in data memory by their places. */
function dccmNames({ chip: { dccm }, context: { persistent } }: Device): NamedRange[] {
  const { rom, fw, dpe } = persistent;
  const tables = [...fieldsOf(rom, dccm), ...fieldsOf(fw, dccm)].filter(({ name }) => name !== 'dpe');
  // The last word, for a debugger. caliptra-sw:drivers/src/memory_layout.rs
  const bootStatus = { name: 'boot status', start: dccm.length - 4, end: dccm.length };
  return [...fieldsOf(dpe, dccm, 'dpe.'), ...tables, bootStatus];
}

function fieldsOf<T>({ struct, bytes }: StructView<T>, memory: Uint8Array, prefix = ''): NamedRange[] {
  return struct.fieldNames.map((name) => {
    const { offset, field } = struct.member(name);
    const start = bytes.byteOffset - memory.byteOffset + offset;
    return { name: `${prefix}${name}`, start, end: start + field.size };
  });
}

/** Compares word by word, what is longer in one of them too. */
function blockPart(block: ReturnType<Device['chip']['blocks']>[number]): Part {
  const words = registerWords(block.declaration);
  return {
    name: block.declaration.name,
    read: () => flatten(block.save()),
    differences: (before, now) =>
      differingWords(before, now).map((offset) => words[offset >>> 2]?.name ?? 'internal state'),
  };
}

/** The mailbox's state is the conversation itself. */
const CONVERSATION = 'MBOX_CSR';

/** Sees what of a device changed since the last look: memories, each block's registers, variables of the firmware. */
export class StateWatch {
  readonly #parts: readonly Part[];
  readonly #before = new Map<string, Uint8Array>();
  readonly #variables: () => ReadonlyMap<string, Uint8Array>;
  /** Where the device wrote in the SoC. */
  readonly #axiWrites = new Set<string>();
  #variablesBefore: ReadonlyMap<string, Uint8Array> = new Map();

  constructor(device: Device) {
    const { chip, context } = device;
    const blocks = chip.blocks().filter((block) => block.declaration.name !== CONVERSATION);
    this.#parts = [
      memoryPart('ICCM', chip.iccm),
      memoryPart('DCCM', chip.dccm, dccmNames(device)),
      ...blocks.map(blockPart),
    ];
    chip.axi.observe(({ operation, master, address }) => {
      if (operation === 'write' && master === 'caliptra') this.#axiWrites.add(`AXI.0x${address.toString(16)}`);
    });
    this.#variables = () => variablesOf(context.state);
    this.look();
  }

  /** From now on, differences count from here. */
  look(): void {
    for (const { name, read } of this.#parts) this.#remember(name, read());
    this.#variablesBefore = this.#variables();
    this.#axiWrites.clear();
  }

  #remember(name: string, bytes: Uint8Array): void {
    const kept = this.#before.get(name);
    if (kept?.length === bytes.length) kept.set(bytes);
    else this.#before.set(name, bytes.slice());
  }

  /** Names of what differs from the last look: `SOC_IFC_REG.CPTRA_FW_ERROR_FATAL`, `DCCM.manifest1`. */
  differences(): string[] {
    const found = new Set<string>(this.#axiWrites);
    for (const { name, read, differences } of this.#parts) {
      const [before, now] = [this.#before.get(name) as Uint8Array, read()];
      if (Buffer.compare(before, now) === 0) continue;
      for (const place of differences(before, now)) found.add(`${name}.${place}`);
    }
    for (const name of this.#differingVariables()) found.add(`firmware.${name}`);
    return [...found];
  }

  #differingVariables(): string[] {
    const [before, now] = [this.#variablesBefore, this.#variables()];
    return [...new Set([...before.keys(), ...now.keys()])].filter((name) => {
      const [a, b] = [before.get(name), now.get(name)];
      return a === undefined || b === undefined || Buffer.compare(a, b) !== 0;
    });
  }
}

/** Variables of the firmware by their paths, down to lists and byte arrays. */
function variablesOf(state: object, path = '', found = new Map<string, Uint8Array>()): Map<string, Uint8Array> {
  for (const [name, value] of Object.entries(state)) {
    const nested = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);
    if (nested) variablesOf(value, `${path}${name}.`, found);
    else found.set(`${path}${name}`, flatten(value).slice());
  }
  return found;
}

function differingWords(before: Uint8Array, now: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < Math.max(before.length, now.length); at += 4)
    if (
      before[at] !== now[at] ||
      before[at + 1] !== now[at + 1] ||
      before[at + 2] !== now[at + 2] ||
      before[at + 3] !== now[at + 3]
    )
      places.push(at);
  return places;
}
