import { N, type Poly } from '../units/modular.ts';

/** Coefficients in a row of memory. */
export const ROW_COEFFICIENTS = 4;
/** Rows of a polynomial. */
export const POLY_ROWS = N / ROW_COEFFICIENTS;

const BANK_SHIFT = 11;
const ROW_MASK = (1 << BANK_SHIFT) - 1;
const COEFFICIENT_MASK = 0xff_ffff;

/** One bank: 4 coefficients of 24 bits in each row. */
export interface Bank {
  readonly name: string;
  readonly rows: number;
}

/**
 * The logical banks of the accelerator.
 *
 * Bank 0 is two RAMs, even rows in one and odd rows in the other. Bank 3 holds two shares of 48 bits for each
 * coefficient in hardware; here it holds the coefficient that they add up to.
 *
 * @see adams-bridge:src/abr_top/rtl/abr_mem_top.sv
 */
export const BANKS: readonly Bank[] = [
  { name: 'inst0', rows: 1664 },
  { name: 'inst1', rows: 576 },
  { name: 'inst2', rows: 1472 },
  { name: 'inst3', rows: 64 },
  { name: 'sample_in_ball', rows: 64 },
];

/** Operand address of a row: bank in bits 13..11, row in bits 10..0. */
export const rowAddress = (bank: number, row: number): number => (bank << BANK_SHIFT) | row;

/** Bank and row of an operand address. */
export const splitAddress = (address: number): { bank: number; row: number } => ({
  bank: address >>> BANK_SHIFT,
  row: address & ROW_MASK,
});

/** What a watchpoint reports: a row as it was before and is after the access. */
export interface RowAccess {
  readonly access: 'read' | 'write';
  readonly address: number;
  readonly before: Int32Array;
  readonly after: Int32Array;
}

/** A row that differs between two states of the memory. */
export interface RowDifference {
  readonly address: number;
  readonly before: Int32Array;
  readonly after: Int32Array;
}

/** Contents of all banks at one moment. */
export type MemorySnapshot = readonly Int32Array[];

interface Watch {
  readonly first: number;
  readonly last: number;
  readonly access: 'read' | 'write' | 'both';
  readonly listener: (access: RowAccess) => void;
}

/** Coefficient memory: rows of four coefficients in banks, with watchpoints on rows. */
export class CoeffMemory {
  readonly banks: readonly Bank[];
  readonly #cells: Int32Array[];
  readonly #watches = new Set<Watch>();

  constructor(banks: readonly Bank[] = BANKS) {
    this.banks = banks;
    this.#cells = banks.map(({ rows }) => new Int32Array(rows * ROW_COEFFICIENTS));
  }

  /**
   * The cells of some rows, live: what is written to them is in the memory, and no watchpoint sees it.
   *
   * @param address - operand address of the first row
   * @throws RangeError if a row is not in the bank
   */
  view(address: number, rows: number = POLY_ROWS): Int32Array {
    const { bank, row } = splitAddress(address);
    const size = this.banks[bank]?.rows;
    if (size === undefined) throw new RangeError(`address 0x${address.toString(16)}: there is no bank ${bank}`);
    if (row + rows > size)
      throw new RangeError(
        `address 0x${address.toString(16)}: rows ${row}..${row + rows - 1} are not in bank ${bank} of ${size} rows`,
      );
    return (this.#cells[bank] as Int32Array).subarray(row * ROW_COEFFICIENTS, (row + rows) * ROW_COEFFICIENTS);
  }

  /** A copy of one row, without a report to watchpoints. @throws RangeError if it is not in the bank */
  row(bank: number, row: number): Int32Array {
    return this.view(rowAddress(bank, row), 1).slice();
  }

  /** A copy of the 64 rows from an address as a polynomial. @throws RangeError if they are not in the bank */
  poly(address: number): Poly {
    return this.view(address).slice();
  }

  /**
   * Stores a polynomial in 64 rows.
   *
   * @param poly - 256 coefficients
   * @throws RangeError if the rows are not in the bank or there are not 256 coefficients
   */
  setPoly(address: number, poly: Poly): void {
    if (poly.length !== N) throw new RangeError(`poly: ${poly.length} coefficients, not ${N}`);
    this.view(address).set(poly);
  }

  /** Reads a row as a unit does. @returns a copy. @throws RangeError if the row is not in the bank */
  readRow(address: number): Int32Array {
    const value = this.view(address, 1).slice();
    if (this.#watches.size > 0) this.#report({ access: 'read', address, before: value, after: value });
    return value;
  }

  /**
   * Writes a row as a unit does.
   *
   * @param values - four coefficients; bits above 23 are not stored
   * @throws RangeError if the row is not in the bank
   */
  writeRow(address: number, values: ArrayLike<number>): void {
    const cells = this.view(address, 1);
    const before = this.#watches.size > 0 ? cells.slice() : cells;
    for (let i = 0; i < ROW_COEFFICIENTS; i++) cells[i] = (values[i] as number) & COEFFICIENT_MASK;
    if (this.#watches.size > 0) this.#report({ access: 'write', address, before, after: cells.slice() });
  }

  /**
   * Reports accesses to some rows.
   *
   * @param address - of the first row
   * @param options - how many rows (1 if left out), which accesses (both if left out)
   * @returns ends the watchpoint
   */
  watch(
    address: number,
    listener: (access: RowAccess) => void,
    options: { readonly rows?: number; readonly access?: Watch['access'] } = {},
  ): () => void {
    const { rows = 1, access = 'both' } = options;
    this.view(address, rows);
    const watch = { first: address, last: address + rows - 1, access, listener };
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
    };
  }

  #report(access: RowAccess): void {
    for (const watch of this.#watches)
      if (
        access.address >= watch.first &&
        access.address <= watch.last &&
        (watch.access === 'both' || watch.access === access.access)
      )
        watch.listener(access);
  }

  /** Sets every row to zero. */
  zeroize(): void {
    for (const cells of this.#cells) cells.fill(0);
  }

  /** A copy of all rows. */
  snapshot(): MemorySnapshot {
    return this.#cells.map((cells) => cells.slice());
  }

  /** Brings back the rows of a snapshot of a memory with the same banks. */
  restore(snapshot: MemorySnapshot): void {
    for (const [bank, cells] of this.#cells.entries()) cells.set(snapshot[bank] as Int32Array);
  }

  /** The rows that differ from a snapshot, in the order of their addresses. */
  diff(snapshot: MemorySnapshot): RowDifference[] {
    const differences: RowDifference[] = [];
    for (const [bank, cells] of this.#cells.entries()) {
      const old = snapshot[bank] as Int32Array;
      for (let row = 0; row < cells.length / ROW_COEFFICIENTS; row++) {
        const at = row * ROW_COEFFICIENTS;
        if (cells.subarray(at, at + ROW_COEFFICIENTS).every((value, i) => value === old[at + i])) continue;
        differences.push({
          address: rowAddress(bank, row),
          before: old.slice(at, at + ROW_COEFFICIENTS),
          after: cells.slice(at, at + ROW_COEFFICIENTS),
        });
      }
    }
    return differences;
  }
}
