import { type Field, fieldError, u32 } from './field.ts';

/** Position of a bit field in a 32-bit word. */
export interface Bits {
  readonly lo: number;
  readonly width: number;
}

export type BitFields = Record<string, Bits>;
export type BitValues<B extends BitFields> = { readonly [K in keyof B]: number };

/** A single bit. */
export const bit = (lo: number): Bits => bits(lo, lo);

/** A bit field `[hi:lo]`, written as a register description writes it. */
export const bits = (hi: number, lo: number): Bits => {
  if (!(Number.isInteger(hi) && Number.isInteger(lo) && 0 <= lo && lo <= hi && hi <= 31))
    throw new RangeError(`bits: [${hi}:${lo}] is not a range within 31..0`);
  return { lo, width: hi - lo + 1 };
};

/** Mask of a field at its place in the word. */
export function maskOf({ lo, width }: Bits): number {
  return (width === 32 ? 0xffff_ffff : ((1 << width) - 1) << lo) >>> 0;
}

/** Value of one field of `word`. */
export function extract(field: Bits, word: number): number {
  return (word & maskOf(field)) >>> field.lo;
}

/** `word` with one field replaced. @throws StructError if `value` needs more bits than the field has */
export function insert(field: Bits, word: number, value: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value <= maskOf(field) >>> field.lo))
    throw fieldError(`${String(value)} does not fit ${field.width} bits`);
  return ((word & ~maskOf(field)) | (value << field.lo)) >>> 0;
}

/** All fields of `word`. */
export function unpackBits<const B extends BitFields>(fields: B, word: number): BitValues<B> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, extract(field, word)]),
  ) as BitValues<B>;
}

/** The word of which `values` are the fields; a field left out is 0. */
export function packBits<const B extends BitFields>(fields: B, values: Partial<BitValues<B>>): number {
  let word = 0;
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (field === undefined) throw fieldError(`${name} is not a field of this word`);
    word = insert(field, word, value as number);
  }
  return word;
}

/** A 32-bit little-endian word seen as its bit fields; bits outside every field read as nothing and are written as 0. */
export function bitField<const B extends BitFields>(fields: B): Field<BitValues<B>> {
  return {
    size: 4,
    type: `u32 { ${Object.keys(fields).join(', ')} }`,
    read: (memory, offset) => unpackBits(fields, u32.read(memory, offset)),
    write: (memory, offset, value) => u32.write(memory, offset, packBits(fields, value)),
  };
}
