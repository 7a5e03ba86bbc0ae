import { STORES, type Store } from '../executor/layout.ts';
import { BANKS, splitAddress } from '../memory/coeff-memory.ts';
import { OPCODES } from '../program/opcodes.ts';
import type { Instruction, Program } from '../program/program.ts';
import { KECCAK_BITS, KECCAK_ROUNDS } from '../units/keccak.ts';
import { N } from '../units/modular.ts';
import { PISO } from '../units/samplers/byte-source.ts';
import { unitCycles } from './cycle-fault.ts';

/** Fields of an instruction that a fault can change, with their highest values. */
export const OPERAND_FIELDS = { imm: 0xffff, len: 0x7fff, src1: 0x7fff, src2: 0x7fff, dst: 0x7fff } as const;
export type OperandField = keyof typeof OPERAND_FIELDS;

/** When a fault happens: each time that the program counter is there, or in one pass only. */
export interface FaultPlace {
  readonly pc: number;
  /** Pass of the signing loop, from 1. */
  readonly pass?: number;
}

/** The instruction is left out: a NOP of one cycle runs in its place. */
interface SkipFault extends FaultPlace {
  readonly kind: 'skip';
}

/** A field of the instruction has another value. */
interface OperandFault extends FaultPlace {
  readonly kind: 'operand';
  readonly field: OperandField;
  readonly value: number;
}

/** A bit of a coefficient in memory flips before the instruction runs, or in a cycle of it. */
export interface CoefficientFault extends FaultPlace {
  readonly kind: 'coefficient';
  /** Address of the polynomial, as operands have it. */
  readonly address: number;
  /** 0..255 */
  readonly index: number;
  /** 0..23 */
  readonly bit: number;
  /** After this cycle of the arithmetic unit, from 0: for transforms and products of polynomials in memory. */
  readonly cycle?: number;
}

/** A bit of Keccak's state flips before the instruction absorbs or squeezes. */
interface HashFault extends FaultPlace {
  readonly kind: 'hash';
  /** 0..1599 */
  readonly bit: number;
}

/** A bit of Keccak's state flips before a round of a permutation that the instruction makes. */
interface RoundFault extends FaultPlace {
  readonly kind: 'round';
  /** From 0. */
  readonly permutation: number;
  /** 0..23; two of them are done in a clock cycle. */
  readonly round: number;
  /** 0..1599 */
  readonly bit: number;
}

/** A sampler that rejects judges a candidate the other way: takes one that is too large, or refuses a good one. */
interface CandidateFault extends FaultPlace {
  readonly kind: 'candidate';
  /** Position among the candidates, from 0. */
  readonly index: number;
}

/** A bit of a symbol flips on its way from Keccak into the sampler. */
interface SymbolFault extends FaultPlace {
  readonly kind: 'symbol';
  /** From 0; the first eight of SampleInBall are its signs. */
  readonly index: number;
  /** Below the sampler's bits of a symbol, see `PISO`. */
  readonly bit: number;
}

/** A bit of a register or byte memory flips before the instruction runs. */
interface RegisterFault extends FaultPlace {
  readonly kind: 'register';
  readonly store: Store;
  /** Bit b of byte i is 8i + b. */
  readonly bit: number;
}

export type Fault =
  | SkipFault
  | OperandFault
  | CoefficientFault
  | HashFault
  | RoundFault
  | CandidateFault
  | SymbolFault
  | RegisterFault;

/** How the sampler of an opcode cuts what comes from Keccak. @returns undefined if it has none */
export function samplerOf({ op }: Instruction): { readonly symbolBits: number; readonly rejects: boolean } | undefined {
  const name = SAMPLERS[op] ?? (op.includes('REJS') ? (op.startsWith('MLKEM') ? 'rejNttMlkem' : 'rejNtt') : undefined);
  if (name === undefined) return undefined;
  return { symbolBits: PISO[name].symbolBits, rejects: name !== 'expandMask' && name !== 'cbd' };
}

const SAMPLERS: Partial<Record<Instruction['op'], keyof typeof PISO>> = {
  REJB: 'rejBounded',
  EXP_MASK: 'expandMask',
  SIB: 'sampleInBall',
  CBD: 'cbd',
};

/** Symbols of a sampler that a fault may be in: more than any takes. */
const SYMBOLS_MAX = 0xffff;
const PERMUTATIONS_MAX = 0xffff;

function checkRange(value: number, max: number, name: string): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= max))
    throw new RangeError(`${name}: ${value} is not in 0..${max}`);
}

function checkCoefficient({ address, index, bit, cycle }: CoefficientFault, instruction: Instruction): void {
  const { bank, row } = splitAddress(address);
  const rows = BANKS[bank]?.rows ?? 0;
  if (row + N / 4 > rows) throw new RangeError(`address: no polynomial is at 0x${address.toString(16)}`);
  checkRange(index, N - 1, 'index');
  checkRange(bit, 23, 'bit');
  if (cycle === undefined) return;
  const cycles = unitCycles(instruction);
  if (cycles === undefined)
    throw new RangeError(`cycle: ${instruction.op} at pc ${instruction.pc} is not modelled cycle by cycle`);
  checkRange(cycle, cycles - 1, 'cycle');
}

function checkSampler(fault: CandidateFault | SymbolFault, instruction: Instruction): void {
  const sampler = samplerOf(instruction);
  const { op, pc } = instruction;
  if (sampler === undefined) throw new RangeError(`${fault.kind}: ${op} at pc ${pc} has no sampler`);
  checkRange(fault.index, SYMBOLS_MAX, 'index');
  if (fault.kind === 'symbol') checkRange(fault.bit, sampler.symbolBits - 1, 'bit');
  else if (!sampler.rejects) throw new RangeError(`candidate: ${op} at pc ${pc} takes every candidate`);
}

function checkHash({ bit }: HashFault | RoundFault, { op, pc }: Instruction): void {
  checkRange(bit, KECCAK_BITS - 1, 'bit');
  if (!OPCODES[op].keccak && !OPCODES[op].sampler) throw new RangeError(`hash: ${op} at pc ${pc} does not use it`);
}

/**
 * Whether a fault can happen in a program.
 *
 * @throws RangeError naming the field that is out of range
 */
export function checkFault(fault: Fault, program: Program): void {
  const instruction = program.at(fault.pc);
  if (fault.pass !== undefined && !(Number.isInteger(fault.pass) && fault.pass >= 1))
    throw new RangeError(`pass: ${fault.pass} is none; they count from 1`);
  if (fault.kind === 'operand') checkRange(fault.value, OPERAND_FIELDS[fault.field], fault.field);
  else if (fault.kind === 'coefficient') checkCoefficient(fault, instruction);
  else if (fault.kind === 'hash' || fault.kind === 'round') checkHash(fault, instruction);
  else if (fault.kind === 'candidate' || fault.kind === 'symbol') checkSampler(fault, instruction);
  else if (fault.kind === 'register') checkRange(fault.bit, 8 * STORES[fault.store] - 1, 'bit');
  if (fault.kind !== 'round') return;
  checkRange(fault.permutation, PERMUTATIONS_MAX, 'permutation');
  checkRange(fault.round, KECCAK_ROUNDS - 1, 'round');
}
