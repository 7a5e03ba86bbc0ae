import { type Register, registerBlock } from '@rootcap/struct';
import { type Block, type BusAccess, RegisterFile, type RegisterWrite } from './block.ts';
import { MEMORY_MAP } from './bus.ts';
import type { Chip } from './chip.ts';
import { type Extent, extentOf } from './extent.ts';

/** Makes a block of a chip: called once for each chip, so that a copy of a device has a block of its own. */
export type BlockFactory = (chip: Chip) => Block;

/** A block's own side of its registers, without access rules and handlers. */
export interface BlockRegisters<Name extends string = string> {
  readonly chip: Chip;
  get(name: Name, index?: number): number;
  set(name: Name, value: number, index?: number): void;
}

/** @returns what the reader sees. @param index - which one of several equal registers */
export type ReadHandler<Name extends string> = (
  registers: BlockRegisters<Name>,
  index: number,
  access: BusAccess,
) => number;

/** Called when `value` is in the register, by its write rule. */
export type WriteHandler<Name extends string> = (
  registers: BlockRegisters<Name>,
  value: number,
  index: number,
  access: BusAccess,
) => void;

export interface BlockDefinition<R extends Record<string, Register>> {
  /** Different from that of every other block: snapshots go by it. */
  readonly name: string;
  /** Address on the core's bus and the SoC's, a multiple of 4. */
  readonly base: number;
  /** Who may read and write them, what writing does and which reset clears them: all of it is declared. */
  readonly registers: R;
  readonly read?: { readonly [Name in keyof R & string]?: ReadHandler<keyof R & string> };
  readonly write?: { readonly [Name in keyof R & string]?: WriteHandler<keyof R & string> };
}

/** Registers with handlers. What the block remembers is in its registers, so a snapshot has all of it. */
class HandledBlock<R extends Record<string, Register>> extends RegisterFile<R> {
  readonly #definition: BlockDefinition<R>;
  readonly #own: BlockRegisters<keyof R & string>;

  constructor(definition: BlockDefinition<R>, chip: Chip) {
    super(registerBlock(definition.name, definition.base, definition.registers));
    this.#definition = definition;
    this.#own = {
      chip,
      get: (name, index) => this.stored(name, index),
      set: (name, value, index) => this.store(name, value, index),
    };
  }

  protected override onRead(name: keyof R & string, index: number, stored: number, access: BusAccess): number {
    return this.#definition.read?.[name]?.(this.#own, index, access) ?? stored;
  }

  protected override onWrite(name: keyof R & string, index: number, next: number, { access }: RegisterWrite): number {
    const handler = this.#definition.write?.[name];
    if (handler === undefined) return next;
    this.store(name, next, index);
    handler(this.#own, next, index, access);
    return this.stored(name, index);
  }
}

/** Declares a block of one's own, for `createDevice({ blocks })`. A block that needs more extends `RegisterFile`. */
export function defineBlock<const R extends Record<string, Register>>(definition: BlockDefinition<R>): BlockFactory {
  return (chip) => new HandledBlock(definition, chip);
}

const MEMORIES: readonly Extent[] = Object.entries(MEMORY_MAP).map(([name, { base, size }]) => ({
  name,
  base,
  end: base + size,
}));

/**
 * Makes the blocks that a chip is given.
 *
 * @throws RangeError naming a block whose name or place is taken, or whose base is no address of a word
 */
export function makeOwnBlocks(
  factories: readonly BlockFactory[],
  chip: Chip,
  builtIn: readonly Block[],
): readonly Block[] {
  const taken: Extent[] = [...MEMORIES, ...builtIn.map(({ declaration }) => extentOf(declaration))];
  return factories.map((make) => {
    const block = make(chip);
    const own = extentOf(block.declaration);
    if (!(Number.isInteger(own.base) && own.base >= 0 && own.end <= 2 ** 32 && own.base % 4 === 0))
      throw new RangeError(`blocks: ${own.name} at ${own.base} is not at an address of a word`);
    const other = taken.find(({ name, base, end }) => name === own.name || (own.base < end && base < own.end));
    if (other !== undefined) {
      const what = other.name === own.name ? 'its name is taken' : `it overlaps ${other.name}`;
      throw new RangeError(`blocks: ${own.name} at 0x${own.base.toString(16)}: ${what}`);
    }
    taken.push(own);
    return block;
  });
}
