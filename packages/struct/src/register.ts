import { type BitFields, type BitValues, packBits, unpackBits } from './bits.ts';

/**
 * What a side may do with a register: `rw` read and write, `ro` read only (a write is ignored), `wo` write only (reads
 * as 0), `none` neither.
 */
export type Access = 'rw' | 'ro' | 'wo' | 'none';

/** Declaration of a 32-bit register, or of `count` equal ones `stride` bytes apart. */
export interface Register<B extends BitFields = BitFields> {
  readonly offset: number;
  readonly count: number;
  readonly stride: number;
  readonly fields: B;
  readonly reset: number;
  /** Access of the firmware side (uC). */
  readonly uc: Access;
  /** Access of the SoC side. */
  readonly soc: Access;
}

export interface RegisterOptions<B extends BitFields> {
  readonly fields?: B;
  readonly count?: number;
  /** Default 4. */
  readonly stride?: number;
  /** Default 0. */
  readonly reset?: number;
  /** Default `rw`. */
  readonly uc?: Access;
  /** Default `rw`. */
  readonly soc?: Access;
}

/** Declares a register at a byte offset from the base of its block. */
export function register<const B extends BitFields = Record<never, never>>(
  offset: number,
  options: RegisterOptions<B> = {},
): Register<B> {
  return {
    offset,
    count: options.count ?? 1,
    stride: options.stride ?? 4,
    fields: options.fields ?? ({} as B),
    reset: options.reset ?? 0,
    uc: options.uc ?? 'rw',
    soc: options.soc ?? 'rw',
  };
}

/** A block of registers: its base address and its registers by name. */
export interface RegisterBlock<R extends Record<string, Register> = Record<string, Register>> {
  readonly name: string;
  readonly base: number;
  readonly registers: R;
}

export function registerBlock<const R extends Record<string, Register>>(
  name: string,
  base: number,
  registers: R,
): RegisterBlock<R> {
  return { name, base, registers };
}

/** Fields of a register value. */
export function unpack<B extends BitFields>(declaration: Register<B>, word: number): BitValues<B> {
  return unpackBits(declaration.fields, word);
}

/** Register value of which `values` are the fields; a field left out is 0. */
export function pack<B extends BitFields>(declaration: Register<B>, values: Partial<BitValues<B>>): number {
  return packBits(declaration.fields, values);
}
