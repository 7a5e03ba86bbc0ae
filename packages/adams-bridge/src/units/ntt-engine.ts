import { type CoeffMemory, POLY_ROWS, ROW_COEFFICIENTS } from '../memory/coeff-memory.ts';
import { bypasses, forwardButterfly, inverseButterfly, ROUNDS } from './butterfly.ts';
import { MLDSA_Q, type Prime } from './modular.ts';
import { COLUMN_ROWS, COLUMNS, IN_ORDER, type Place, type RowTraffic, rowOrder, type Shuffle } from './row-order.ts';
import { FORWARD_ROUND_ROWS, INVERSE_ROUND_ROWS } from './twiddles.ts';

/** Row addresses of a transform: 64 rows from each; `dest` may be `src`. */
export interface NttAddresses {
  readonly src: number;
  readonly interim: number;
  readonly dest: number;
}

/** What varies from one transform to the next. */
export interface NttOptions {
  /** The first layers of an inverse transform work on shares; takes longer, gives the same values. */
  readonly masked?: boolean;
  /** Asked for each round: once for the columns, then once for each column of four. Left out: rows in order. */
  readonly shuffle?: Shuffle;
}

/** Four coefficients that enter the butterflies. */
export interface ButterflyPass {
  readonly operands: Int32Array;
  /** Row of the twiddle table. */
  readonly twiddleRow: number;
  readonly results: Int32Array;
}

/** What the engine does in one clock cycle. */
export interface NttCycle {
  /** From 0, the first cycle in which both control state machines are ready for round 0. */
  readonly cycle: number;
  /** 0..3; the last write of a forward round falls into cycle 0 of the next. */
  readonly round: number;
  readonly reads: readonly RowTraffic[];
  readonly writes: readonly RowTraffic[];
  readonly butterflies: readonly ButterflyPass[];
}

/** Cycles of the 2x2 butterflies. adams-bridge:src/ntt_top/rtl/ntt_defines_pkg.sv */
const LATENCY = {
  mldsa: { plain: 10, masked: 271 },
  mlkem: { plain: 6, masked: 17 },
} as const;

/** When in a round the first row is read, enters the butterflies and is written; cycles from the round's beginning. */
interface Schedule {
  readonly read: number;
  readonly butterfly: number;
  readonly write: number;
  readonly length: number;
}

/**
 * Schedule of one round. Forward: four reads fill the buffer before the butterflies begin. Inverse: the butterflies fill
 * the buffer, which is written when it has four results.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_ctrl.sv
 */
export function roundSchedule(inverse: boolean, round: number, q: Prime, masked: boolean): Schedule {
  const latencies = q === MLDSA_Q ? LATENCY.mldsa : LATENCY.mlkem;
  if (!inverse) {
    const ready = 7 + latencies.plain;
    return { read: 1, butterfly: 7, write: ready + 1, length: ready + 64 };
  }
  const split = masked && round === 0;
  // Splitting into shares is one cycle more before the butterflies.
  const butterfly = split ? 5 : 4;
  const ready = butterfly + (split ? latencies.masked : latencies.plain);
  return { read: 2, butterfly, write: ready + 5, length: ready + 69 };
}

/** Cycles of a transform, from both state machines ready to both ready again after the last round. */
export function nttCycles(inverse: boolean, q: Prime, masked = false): number {
  let cycles = 0;
  for (let round = 0; round < ROUNDS; round++) cycles += roundSchedule(inverse, round, q, masked).length;
  return cycles;
}

interface Round {
  readonly inverse: boolean;
  readonly number: number;
  readonly q: Prime;
  readonly places: readonly Place[];
  readonly source: number;
  readonly target: number;
}

/** Row that is read (or, in the inverse, written) as the n-th: the four of a column are a quarter of the polynomial apart. */
function spreadRow({ places }: Round, n: number): number {
  return (places[n] as Place).column + COLUMNS * (n % COLUMN_ROWS);
}

/** Row that is written (or, in the inverse, read) as the n-th. */
function packedRow({ places }: Round, n: number): number {
  const { column, index } = places[n] as Place;
  return COLUMN_ROWS * column + index;
}

/** Takes the n-th position through the butterflies: a column of rows that were read gives a row, and the other way round. */
function pass(round: Round, n: number, input: readonly Int32Array[], output: Int32Array[]): ButterflyPass {
  const { inverse, number, q, places } = round;
  const row = packedRow(round, n);
  const column = n - (n % COLUMN_ROWS);
  const results = new Int32Array(ROW_COEFFICIENTS);
  const bypass = bypasses(inverse, number, q);
  if (inverse) {
    const twiddleRow = (INVERSE_ROUND_ROWS[number] as number) + (row % 4 ** (ROUNDS - 1 - number));
    const operands = input[n] as Int32Array;
    inverseButterfly(operands, 0, results, 0, 1, twiddleRow, q, bypass);
    const { index } = places[n] as Place;
    for (const [i, result] of results.entries()) (output[column + i] as Int32Array)[index] = result;
    return { operands, twiddleRow, results };
  }
  const twiddleRow = (FORWARD_ROUND_ROWS[number] as number) + (row % 4 ** number);
  const { index } = places[n] as Place;
  const operands = Int32Array.from({ length: 4 }, (_, i) => (input[column + i] as Int32Array)[index] as number);
  forwardButterfly(operands, 0, 1, results, 0, twiddleRow, q, bypass);
  output[n] = results;
  return { operands, twiddleRow, results };
}

/**
 * A transform on coefficient memory, clock cycle by clock cycle.
 *
 * The four rounds go src to interim, interim to dest, dest to interim, interim to dest. Memory changes in the cycle
 * that writes, so a caller may look at it, or change it, between cycles. The sequencer adds four cycles around this.
 *
 * @param memory - where the polynomials are; every coefficient in [0, q)
 * @param mode - `ct` forward (Cooley-Tukey), `gs` inverse (Gentleman-Sande)
 * @yields each cycle with its reads, writes and butterflies
 * @throws RangeError if a row is not in its bank
 * @see adams-bridge:src/ntt_top/rtl/ntt_ctrl.sv
 */
export function* runNtt(
  memory: CoeffMemory,
  mode: 'ct' | 'gs',
  addresses: NttAddresses,
  q: Prime,
  options: NttOptions = {},
): Generator<NttCycle, void> {
  const { masked = false, shuffle = IN_ORDER } = options;
  const { src, interim, dest } = addresses;
  for (const address of [src, interim, dest]) memory.view(address);
  const inverse = mode === 'gs';
  let cycle = 0;
  /** The last row of a forward round is written when the next round has begun. */
  let late: RowTraffic | undefined;
  for (let number = 0; number < ROUNDS; number++) {
    const source = number === 0 ? src : number % 2 === 1 ? interim : dest;
    const round: Round = { inverse, number, q, places: rowOrder(shuffle), source, target: number % 2 ? dest : interim };
    const schedule = roundSchedule(inverse, number, q, masked);
    const input: Int32Array[] = [];
    const output = Array.from({ length: POLY_ROWS }, () => new Int32Array(ROW_COEFFICIENTS));
    for (let at = 0; at < schedule.length; at++, cycle++) {
      const writes: RowTraffic[] = late === undefined ? [] : [late];
      late = undefined;
      const w = at - schedule.write;
      if (w >= 0 && w < POLY_ROWS) writes.push(rowOut(round, w, output));
      if (!inverse && at === schedule.length - 1) late = rowOut(round, POLY_ROWS - 1, output);
      for (const { address, coefficients } of writes) memory.writeRow(address, coefficients);
      const reads: RowTraffic[] = [];
      const r = at - schedule.read;
      if (r >= 0 && r < POLY_ROWS) {
        const address = round.source + (inverse ? packedRow(round, r) : spreadRow(round, r));
        const coefficients = memory.readRow(address);
        input[r] = coefficients;
        reads.push({ address, coefficients });
      }
      const b = at - schedule.butterfly;
      const butterflies = b >= 0 && b < POLY_ROWS ? [pass(round, b, input, output)] : [];
      yield { cycle, round: number, reads, writes, butterflies };
    }
  }
  if (late === undefined) return;
  memory.writeRow(late.address, late.coefficients);
  yield { cycle, round: ROUNDS - 1, reads: [], writes: [late], butterflies: [] };
}

function rowOut(round: Round, n: number, output: readonly Int32Array[]): RowTraffic {
  const row = round.inverse ? spreadRow(round, n) : packedRow(round, n);
  return { address: round.target + row, coefficients: output[n] as Int32Array };
}
