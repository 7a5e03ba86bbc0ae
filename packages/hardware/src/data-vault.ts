import type { Register } from '@rootcap/struct';
import { RegisterFile, type RegisterWrite } from './block.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { DV_REG } from './registers/data-vault.ts';

type Registers = (typeof DV_REG)['registers'];

const LOCKS: ReadonlySet<string> = new Set(
  Object.values<Register>(DV_REG.registers).flatMap(({ lockedBy }) => lockedBy ?? []),
);

/**
 * Scratch memory with locks: 10 sticky and 10 plain entries of 48 bytes, 10 and 8 lockable words, 8 free words.
 *
 * A set lock cannot be taken back by the core; sticky locks last until a cold reset, the others until any reset. Values
 * last until a cold reset, except the free words (until a warm one).
 *
 * Firmware of generation 2 keeps its data vault in DCCM and leaves this block unused.
 *
 * @see caliptra-rtl:src/datavault/rtl/dv_reg.rdl
 */
export class DataVault extends RegisterFile<Registers> {
  readonly #emit: Emit;

  constructor({ emit = ignoreEvents }: { readonly emit?: Emit } = {}) {
    super(DV_REG);
    this.#emit = emit;
  }

  protected override onWrite(name: keyof Registers, index: number, next: number, { previous }: RegisterWrite): number {
    if (LOCKS.has(name) && next > previous) this.#emit({ kind: 'lock', block: 'data-vault', register: name, index });
    return next;
  }
}
