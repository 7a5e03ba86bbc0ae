import type { RegisterBlock } from '@rootcap/struct';

/** A range of addresses: `end` is behind it. */
export interface Extent {
  readonly name: string;
  readonly base: number;
  readonly end: number;
}

/** Where the registers of a block lie. */
export function extentOf({ name, base, registers }: RegisterBlock): Extent {
  const ends = Object.values(registers).map(({ offset, count, stride }) => offset + (count - 1) * stride + 4);
  return { name, base, end: base + Math.max(0, ...ends) };
}
