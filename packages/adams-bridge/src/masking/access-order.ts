import { OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';
import { ROUNDS } from '../units/butterfly.ts';
import { MLDSA_Q, MLKEM_Q, type Prime } from '../units/modular.ts';
import { roundSchedule } from '../units/ntt-engine.ts';
import { type PointwiseMode, pointwiseSchedule } from '../units/pointwise-engine.ts';
import { COLUMN_ROWS, COLUMNS, rowOrder } from '../units/row-order.ts';
import type { RandomBits } from './random-bits.ts';

/** Order in which an instruction takes the 64 rows of a polynomial, in one round of a transform. */
export interface AccessOrder {
  /** 0..3 of a transform; 0 otherwise. */
  readonly round: number;
  /** Rows, 0..63, of the polynomial that is read. */
  readonly reads: readonly number[];
  /** Rows of the polynomial that is written; none in a check. */
  readonly writes: readonly number[];
  /** Cycle of the instruction in which the operands of the first row enter the arithmetic units. */
  readonly enter: number;
}

/** Cycle of an instruction in which both state machines of its unit are ready. */
const UNIT_START = 2;

const primeOf = (op: Instruction['op']): Prime => (op.startsWith('MLKEM') ? MLKEM_Q : MLDSA_Q);

/** What an opcode of the NTT engine does. */
export interface EngineMode {
  readonly q: Prime;
  readonly transform?: 'ct' | 'gs';
  readonly pointwise: PointwiseMode;
  readonly accumulate: boolean;
  readonly masked: boolean;
}

/** Modes of the engine that have masked logic; a masked bit with another mode has no effect on values. */
export function engineMode(op: Instruction['op']): EngineMode {
  const { mode, masking } = OPCODES[op];
  const [, name = ''] = mode.split('_');
  const q = primeOf(op);
  const accumulate = mode.includes('ACCUM');
  if (name === 'NTT') return { q, transform: 'ct', pointwise: 'pwm', accumulate, masked: false };
  if (name === 'INTT') return { q, transform: 'gs', pointwise: 'pwm', accumulate, masked: masking };
  if (name === 'PWM') return { q, pointwise: q === MLKEM_Q ? 'pairwm' : 'pwm', accumulate, masked: masking };
  return { q, pointwise: name === 'PWS' ? 'pws' : 'pwa', accumulate, masked: false };
}

/** Order of one round: bits 5..2 are latched when it begins, bits 1..0 before each column. */
function roundOrder(random: RandomBits, start: number, firstIndex: number) {
  let asked = 0;
  return rowOrder(() => {
    const cycle = asked === 0 ? start - 1 : firstIndex + COLUMN_ROWS * (asked - 1);
    asked++;
    return random.shuffle(cycle);
  });
}

/**
 * Orders of an instruction of the NTT engine whose operands are in memory.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_ctrl.sv
 */
export function engineOrders({ op }: Instruction, random: RandomBits): AccessOrder[] {
  const { q, transform, pointwise, accumulate, masked } = engineMode(op);
  if (transform === undefined) {
    const { read, enter } = pointwiseSchedule(pointwise, accumulate, masked);
    const rows = roundOrder(random, UNIT_START, UNIT_START + read - 1).map(
      ({ column, index }) => COLUMN_ROWS * column + index,
    );
    return [{ round: 0, reads: rows, writes: rows, enter: UNIT_START + enter }];
  }
  const inverse = transform === 'gs';
  const orders: AccessOrder[] = [];
  let start = UNIT_START;
  for (let round = 0; round < ROUNDS; round++) {
    const { read, butterfly, length } = roundSchedule(inverse, round, q, masked);
    // Forward, the index is that of the buffer, which is full after four reads.
    const places = roundOrder(random, start, start + read + (inverse ? -1 : COLUMN_ROWS - 1));
    const packed = places.map(({ column, index }) => COLUMN_ROWS * column + index);
    const spread = places.map(({ column }, n) => column + COLUMNS * (n % COLUMN_ROWS));
    const [reads, writes] = inverse ? [packed, spread] : [spread, packed];
    orders.push({ round, reads, writes, enter: start + butterfly });
    start += length;
  }
  return orders;
}

/**
 * Order of a norm check: pairs of rows from a random one on, and either row of a pair first.
 *
 * @see adams-bridge:src/norm_check/rtl/norm_check_ctrl.sv
 */
export function normCheckOrder(random: RandomBits): AccessOrder {
  const pairs = 32;
  const first = random.shuffle(UNIT_START - 1) >>> 1;
  const reads: number[] = [];
  for (let n = 0; n < pairs; n++) {
    const side = random.shuffle(UNIT_START - 1 + 2 * n) & 1;
    const pair = 2 * ((first + n) % pairs);
    reads.push(pair + side, pair + 1 - side);
  }
  return { round: 0, reads, writes: [], enter: UNIT_START };
}
