import { POLY_ROWS, rowAddress } from '../memory/coeff-memory.ts';

/** Consecutive polynomials in one bank of the coefficient memory. */
export interface Region {
  readonly bank: number;
  readonly row: number;
  readonly count: number;
}

const region = (bank: number, row: number, count = 1): Region => ({ bank, row, count });

/**
 * Address of polynomial `index` of a region, as instructions have it: bank in bits 13..11, row in bits 10..0.
 *
 * @throws RangeError if the region has no such polynomial
 */
export function addressOf(place: Region, index = 0): number {
  if (!(Number.isInteger(index) && index >= 0 && index < place.count))
    throw new RangeError(`index: ${index} is not a polynomial of a region of ${place.count}`);
  return rowAddress(place.bank, place.row + index * POLY_ROWS);
}

/** Interim results of NTT and INTT: one place for sources in banks 2 and 3, one for the others. */
const scratch = { temp0: region(0, 1600), temp2: region(2, 1408) };

/**
 * Where each flow keeps its polynomials. A name that stands for the same rows as another is what the rows hold later.
 * adams-bridge:src/abr_top/rtl/abr_ctrl_pkg.sv, v2.0.3
 */
export const MEMORY_MAP = {
  mldsaKeygen: {
    s1: region(0, 0, 7),
    s2: region(0, 448, 8),
    t: region(0, 960, 8),
    s1Ntt: region(1, 64, 7),
    product: region(3, 0),
    ...scratch,
  },
  mldsaSign: {
    s1: region(0, 0, 7),
    s2: region(0, 448, 8),
    t0: region(0, 960, 8),
    z: region(0, 1472),
    r0: region(0, 1536),
    cNtt: region(1, 0),
    ct0: region(1, 64, 8),
    hint: region(1, 64, 8),
    y: region(2, 0, 7),
    yNtt: region(2, 448, 7),
    w: region(2, 896, 8),
    product: region(3, 0),
    c: region(4, 0),
    ...scratch,
  },
  mldsaVerify: {
    z: region(0, 0, 7),
    t1: region(0, 960, 8),
    ct1: region(0, 1472),
    cNtt: region(1, 0),
    hint: region(1, 64, 8),
    w: region(2, 896, 8),
    product: region(3, 0),
    c: region(4, 0),
    ...scratch,
  },
  mlkem: {
    s: region(0, 0, 4),
    t: region(0, 256, 4),
    e: region(0, 512, 4),
    mu: region(0, 768),
    u: region(0, 832, 4),
    v: region(0, 1088),
    y: region(1, 0, 4),
    uNtt: region(1, 0, 4),
    e2: region(1, 256),
    su: region(2, 0),
    product: region(3, 0),
  },
} as const satisfies Record<string, Record<string, Region>>;

export type Flow = keyof typeof MEMORY_MAP;

/** Interim places of a transform, by bit 0 of `imm`; the second operand is not looked at. */
export const INTERIM_PLACES = [addressOf(scratch.temp0), addressOf(scratch.temp2)] as const;
