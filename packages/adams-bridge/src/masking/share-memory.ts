import { POLY_ROWS, ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import { N } from '../units/modular.ts';
import { recombine, type ShareRing, type Shares } from './shares.ts';

/**
 * The shares in bank 3: two of 48 bits for each coefficient of its 64 rows.
 *
 * @see adams-bridge:src/abr_top/rtl/abr_mem_top.sv, v2.0.3
 */
export class ShareMemory {
  readonly #cells = new Float64Array(2 * N);

  /**
   * The shares of a row as they are stored.
   *
   * @param row - 0..63
   * @throws RangeError if there is no such row
   */
  row(row: number): Shares[] {
    if (!(Number.isInteger(row) && row >= 0 && row < POLY_ROWS))
      throw new RangeError(`row: ${row} is not in 0..${POLY_ROWS - 1}`);
    return Array.from({ length: ROW_COEFFICIENTS }, (_, j) => this.#pair(ROW_COEFFICIENTS * row + j));
  }

  store(coefficient: number, [share0, share1]: Shares): void {
    this.#cells[2 * coefficient] = share0;
    this.#cells[2 * coefficient + 1] = share1;
  }

  /** Shares of a coefficient; one that an unmasked write has changed has all its value in share 0. */
  read(coefficient: number, value: number, ring: ShareRing): Shares {
    const shares = this.#pair(coefficient);
    return recombine(ring, shares) === value ? shares : [value, 0];
  }

  zeroize(): void {
    this.#cells.fill(0);
  }

  #pair(coefficient: number): Shares {
    return [this.#cells[2 * coefficient] as number, this.#cells[2 * coefficient + 1] as number];
  }
}
