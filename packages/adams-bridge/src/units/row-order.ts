import { POLY_ROWS, ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';

/** Columns of four rows in a polynomial. */
export const COLUMNS = POLY_ROWS / ROW_COEFFICIENTS;
/** Rows of a column. */
export const COLUMN_ROWS = 4;

/**
 * Six random bits for the order of accesses: bits 5..2 are the column that comes first, bits 1..0 the row of a column
 * that comes first. Asked once for the columns, then once for each column.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_ctrl.sv
 */
export type Shuffle = () => number;

/** The order that no shuffling gives. */
export const IN_ORDER: Shuffle = () => 0;

/** A place in the order: 0..15 and 0..3. */
export interface Place {
  readonly column: number;
  readonly index: number;
}

/** The order in which 64 rows are taken: only where it starts is random, the rest is cyclic. */
export function rowOrder(shuffle: Shuffle): Place[] {
  const first = (shuffle() >>> 2) & (COLUMNS - 1);
  const places: Place[] = [];
  for (let c = 0; c < COLUMNS; c++) {
    const start = shuffle() & (COLUMN_ROWS - 1);
    for (let i = 0; i < COLUMN_ROWS; i++)
      places.push({ column: (first + c) % COLUMNS, index: (start + i) % COLUMN_ROWS });
  }
  return places;
}

/** One row of memory that is read or written. */
export interface RowTraffic {
  readonly address: number;
  readonly coefficients: Int32Array;
}
