import { type BitFields, type BitValues, maskOf, packBits, unpackBits } from './bits.ts';

/**
 * What a side may do with a register: `rw` read and write, `ro` read only (a write is ignored), `wo` write only (reads
 * as 0), `none` neither.
 */
export type Access = 'rw' | 'ro' | 'wo' | 'none';

/**
 * What writing a bit does: `value` stores it; `w1c` a one clears it, a zero keeps it; `w1s` a one sets it, a zero keeps
 * it (locks); `pulse` it triggers the block and reads as 0.
 */
export type WriteRule = 'value' | 'w1c' | 'w1s' | 'pulse';

/** The weakest reset that brings a register back to its reset value: a stronger one does so too. */
export type ClearedBy = 'cold' | 'warm' | 'update';

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
  readonly write: WriteRule;
  /** Bits that a write reaches. */
  readonly writable: number;
  readonly clearedBy: ClearedBy;
  /**
   * Register of the same block whose bit 0, once set, keeps writes out of this one. If it has fewer words than this
   * register, each of its words locks an equal share.
   */
  readonly lockedBy?: string;
  /** Why the register only answers as an idle block would; absent if it is modelled. */
  readonly idle?: string;
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
  /** Default `value`. */
  readonly write?: WriteRule;
  /** Default: the bits of the fields, or all 32 where no field is declared. */
  readonly writable?: number;
  /** Default `warm`. */
  readonly clearedBy?: ClearedBy;
  readonly lockedBy?: string;
  readonly idle?: string;
}

/** Declares a register at a byte offset from the base of its block. */
export function register<const B extends BitFields = Record<never, never>>(
  offset: number,
  options: RegisterOptions<B> = {},
): Register<B> {
  const fields = Object.values(options.fields ?? {});
  return {
    offset,
    count: options.count ?? 1,
    stride: options.stride ?? 4,
    fields: options.fields ?? ({} as B),
    reset: options.reset ?? 0,
    uc: options.uc ?? 'rw',
    soc: options.soc ?? 'rw',
    write: options.write ?? 'value',
    writable:
      options.writable ?? (fields.length === 0 ? 0xffff_ffff : fields.reduce((mask, f) => mask | maskOf(f), 0) >>> 0),
    clearedBy: options.clearedBy ?? 'warm',
    ...(options.lockedBy === undefined ? {} : { lockedBy: options.lockedBy }),
    ...(options.idle === undefined ? {} : { idle: options.idle }),
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
