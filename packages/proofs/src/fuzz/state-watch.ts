import type { Device } from 'rootcap';

/** A piece of a device's state that can be compared: a memory, or the registers of a block. */
interface Part {
  readonly name: string;
  read(): Uint8Array;
}

/** Registers and flags of a block as bytes. Large memories are not saved twice. */
function blockPart(device: Device, index: number): Part {
  const block = device.chip.blocks()[index];
  if (block === undefined) throw new RangeError(`index: no block ${index}`);
  const { name } = block.declaration;
  return { name, read: () => flatten(block.save()) };
}

const encoder = new TextEncoder();

function flatten(state: unknown): Uint8Array {
  if (state instanceof Uint8Array) return state;
  if (ArrayBuffer.isView(state)) return new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
  const parts: Uint8Array[] = [];
  collect(state, parts);
  return Buffer.concat(parts);
}

function collect(state: unknown, parts: Uint8Array[]): void {
  if (ArrayBuffer.isView(state)) parts.push(new Uint8Array(state.buffer, state.byteOffset, state.byteLength));
  else if (Array.isArray(state)) for (const item of state) collect(item, parts);
  else if (typeof state === 'object' && state !== null) for (const item of Object.values(state)) collect(item, parts);
  else parts.push(encoder.encode(`${String(state)};`));
}

/** Blocks whose job it is to change at every command. */
const ALWAYS_CHANGING = ['MBOX_CSR'];

/**
 * Sees what of a device changed since the last look: memories, registers of each block, variables of the firmware. Not
 * the mailbox, whose state is the conversation itself.
 */
export class StateWatch {
  readonly #parts: readonly Part[];
  readonly #before = new Map<string, Uint8Array>();

  constructor(device: Device) {
    const blocks = device.chip
      .blocks()
      .map((_, index) => blockPart(device, index))
      .filter(({ name }) => !ALWAYS_CHANGING.includes(name));
    this.#parts = [
      { name: 'ICCM', read: () => device.chip.iccm },
      { name: 'DCCM', read: () => device.chip.dccm },
      { name: 'firmware variables', read: () => flatten(device.context.state) },
      ...blocks,
    ];
    this.look();
  }

  /** From now on, differences count from here. */
  look(): void {
    for (const { name, read } of this.#parts) this.#remember(name, read());
  }

  #remember(name: string, bytes: Uint8Array): void {
    const kept = this.#before.get(name);
    if (kept?.length === bytes.length) kept.set(bytes);
    else this.#before.set(name, bytes.slice());
  }

  /**
   * Where the state differs from the last look, as `part` or, for memories and registers, `part+offset`; at most one
   * place of each part.
   */
  differences(): string[] {
    const found: string[] = [];
    for (const { name, read } of this.#parts) {
      const [before, now] = [this.#before.get(name) as Uint8Array, read()];
      if (Buffer.compare(before, now) === 0) continue;
      const places = differingBytes(before, now);
      found.push(...places.map((offset) => `${name}+0x${offset.toString(16)}`));
    }
    return found;
  }
}

/** Word offsets of the differing words, at most 64. */
function differingBytes(before: Uint8Array, now: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < Math.max(before.length, now.length) && places.length < 64; at += 4)
    if ([0, 1, 2, 3].some((i) => before[at + i] !== now[at + i])) places.push(at);
  return places;
}
