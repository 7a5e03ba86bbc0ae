import { type CoeffMemory, POLY_ROWS, ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import { addMod, MLKEM_Q, mulMod, type Prime, subMod } from './modular.ts';
import { gammaOf, pairProduct } from './pointwise.ts';
import { COLUMN_ROWS, IN_ORDER, type RowTraffic, rowOrder, type Shuffle } from './row-order.ts';

/** Product, sum, difference, and the product of ML-KEM. */
export type PointwiseMode = 'pwm' | 'pwa' | 'pws' | 'pairwm';

/** Row addresses: 64 rows from each. The result goes to `c`. */
export interface PointwiseAddresses {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** What varies from one operation to the next. */
export interface PointwiseOptions {
  /** Products are added to what is in `c`. */
  readonly accumulate?: boolean;
  /** Products on shares: takes longer, gives the same values. */
  readonly masked?: boolean;
  /** Asked once for the columns, then once for each column of four rows. Left out: rows in order. */
  readonly shuffle?: Shuffle;
}

/** What the engine does in one clock cycle. */
export interface PointwiseCycle {
  /** From 0, the first cycle in which both control state machines are ready. */
  readonly cycle: number;
  /** A row of `a`, one of `b`, and with `accumulate` one of `c`, which masked products want later. */
  readonly reads: readonly RowTraffic[];
  readonly writes: readonly RowTraffic[];
  /** Row, 0..63, whose operands enter the arithmetic units. */
  readonly entering: readonly number[];
}

interface Schedule {
  readonly read: number;
  readonly readC: number;
  readonly enter: number;
  readonly write: number;
  readonly length: number;
}

/** Cycles from the operands to the result. adams-bridge:src/ntt_top/rtl/ntt_hybrid_butterfly_2x2.sv */
function latencyOf(mode: PointwiseMode, accumulate: boolean, masked: boolean): number {
  if (mode === 'pwa' || mode === 'pws') return 1;
  if (!masked) return accumulate ? 5 : 4;
  if (mode === 'pairwm') return accumulate ? 24 : 23;
  return accumulate ? 264 : 210;
}

/** When rows are read, enter the arithmetic units and are written; cycles from the beginning of the operation. */
export function pointwiseSchedule(mode: PointwiseMode, accumulate: boolean, masked: boolean): Schedule {
  const enter = masked ? 5 : 4;
  const ready = enter + latencyOf(mode, accumulate, masked);
  const maskedReadC = mode === 'pairwm' ? 20 : 214;
  return {
    read: 2,
    readC: masked ? maskedReadC : 2,
    enter,
    write: ready + (masked && accumulate ? 3 : 2),
    length: ready + 65,
  };
}

/**
 * Cycles of a pointwise operation on memory, from both control state machines ready to both ready again; the sequencer
 * adds four.
 */
export function pointwiseCycles(mode: PointwiseMode, options: Omit<PointwiseOptions, 'shuffle'> = {}): number {
  return pointwiseSchedule(mode, options.accumulate ?? false, options.masked ?? false).length;
}

/** One row of the result. */
function rowResult(
  mode: PointwiseMode,
  q: Prime,
  row: number,
  a: Int32Array,
  b: Int32Array,
  c: Int32Array | undefined,
): Int32Array {
  const result = new Int32Array(ROW_COEFFICIENTS);
  if (mode === 'pairwm')
    for (let i = 0; i < ROW_COEFFICIENTS; i += 2) pairProduct(a, b, i, gammaOf(ROW_COEFFICIENTS * row + i), result);
  else
    for (let i = 0; i < ROW_COEFFICIENTS; i++) {
      const [x, y] = [a[i] as number, b[i] as number];
      result[i] = mode === 'pwm' ? mulMod(x, y, q) : mode === 'pwa' ? addMod(x, y, q) : subMod(x, y, q);
    }
  return c === undefined ? result : result.map((x, i) => addMod(x, c[i] as number, q));
}

/**
 * A pointwise operation on coefficient memory, clock cycle by clock cycle. Memory changes in the cycle that writes; the
 * last writes fall into the cycles after {@link pointwiseCycles}.
 *
 * @param memory - where the polynomials are; every coefficient in [0, q)
 * @param mode - `pairwm` is for ML-KEM, `pwm` for ML-DSA
 * @yields each cycle with its reads and writes
 * @throws RangeError if a row is not in its bank, a product has the wrong prime, or a sum is masked or accumulates
 * @see adams-bridge:src/ntt_top/rtl/ntt_ctrl.sv
 */
export function* runPointwise(
  memory: CoeffMemory,
  mode: PointwiseMode,
  { a, b, c }: PointwiseAddresses,
  q: Prime,
  { accumulate = false, masked = false, shuffle = IN_ORDER }: PointwiseOptions = {},
): Generator<PointwiseCycle, void> {
  const product = mode === 'pwm' || mode === 'pairwm';
  if (product && (mode === 'pairwm') !== (q === MLKEM_Q)) throw new RangeError(`${mode}: not modulo ${q}`);
  if (!product && (accumulate || masked)) throw new RangeError(`${mode}: neither accumulates nor is masked`);
  for (const address of [a, b, c]) memory.view(address);
  const rows = rowOrder(shuffle).map(({ column, index }) => COLUMN_ROWS * column + index);
  const at = pointwiseSchedule(mode, accumulate, masked);
  const operands: { a: Int32Array; b: Int32Array; c?: Int32Array }[] = [];
  const end = Math.max(at.length, at.write + POLY_ROWS);
  for (let cycle = 0; cycle < end; cycle++) {
    const rowAt = (first: number): number | undefined => rows[cycle - first];
    const writes: RowTraffic[] = [];
    const written = rowAt(at.write);
    if (written !== undefined) {
      const from = operands[written] as { a: Int32Array; b: Int32Array; c?: Int32Array };
      const coefficients = rowResult(mode, q, written, from.a, from.b, from.c);
      memory.writeRow(c + written, coefficients);
      writes.push({ address: c + written, coefficients });
    }
    const reads: RowTraffic[] = [];
    const read = (address: number): Int32Array => {
      const coefficients = memory.readRow(address);
      reads.push({ address, coefficients });
      return coefficients;
    };
    const row = rowAt(at.read);
    if (row !== undefined) operands[row] = { a: read(a + row), b: read(b + row) };
    const summand = accumulate ? rowAt(at.readC) : undefined;
    if (summand !== undefined) (operands[summand] as { c?: Int32Array }).c = read(c + summand);
    const entering = rowAt(at.enter);
    yield { cycle, reads, writes, entering: entering === undefined ? [] : [entering] };
  }
}
