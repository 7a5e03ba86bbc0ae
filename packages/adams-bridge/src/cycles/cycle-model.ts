import { type Mnemonic, OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';
import { fixedCycles } from './fixed-cycles.ts';
import { hintDecoderCycles } from './hint-decoder-cycles.ts';
import { type Candidates, inBallCycles, type RowSampler, rowCycles } from './sampler-cycles.ts';

/** A message that comes in through the stream port while the instruction runs. */
export interface StreamTiming {
  /** Bytes of the context, 0..255, and of the message. */
  readonly context: number;
  readonly message: number;
  /** Cycles from MSG_STREAM_READY to the last write, the one with fewer than four bytes. */
  readonly hostCycles: number;
}

/** What an instruction's cycles depend on beyond the instruction. */
export interface InstructionData {
  /** What a rejecting sampler looked at: a `Sampled` of the sampler units. */
  readonly sampled?: Candidates;
  readonly stream?: StreamTiming;
  /** Encoded hints that SIGDEC_H reads, 83 bytes. Left out: hints in every polynomial, and no fault. */
  readonly hints?: Uint8Array;
}

/** Words of 64 bits in a block of Keccak, by mode. */
const RATE = { SHAKE128: 21, SHAKE256: 17, SHA256: 17, SHA512: 9 } as const;
type HashMode = keyof typeof RATE;

/** Who takes what Keccak gives, and cycles from the last row to the end of the instruction. */
const SAMPLERS: Partial<Record<Mnemonic, { readonly sampler: RowSampler | 'inBall'; readonly drain: number }>> = {
  REJB: { sampler: 'rejBounded', drain: 1 },
  EXP_MASK: { sampler: 'expandMask', drain: 1 },
  CBD: { sampler: 'cbd', drain: 1 },
  SIB: { sampler: 'inBall', drain: 0 },
  REJS_PWM: { sampler: 'rejNtt', drain: 7 },
  REJS_PWMA: { sampler: 'rejNtt', drain: 8 },
  REJS_MASKED_PWM: { sampler: 'rejNtt', drain: 215 },
  REJS_MASKED_PWMA: { sampler: 'rejNtt', drain: 269 },
  MLKEM_REJS_PWM: { sampler: 'rejNttMlkem', drain: 7 },
  MLKEM_REJS_PWMA: { sampler: 'rejNttMlkem', drain: 8 },
  MLKEM_MASKED_REJS_PWM: { sampler: 'rejNttMlkem', drain: 28 },
  MLKEM_MASKED_REJS_PWMA: { sampler: 'rejNttMlkem', drain: 29 },
};

const NONE: Candidates = { candidates: 0, rejected: [] };

/** From the start of the function to Keccak's first block, less the words of padding. */
const PERMUTATION = 20;
/** Words of w1Encode, which DECOMPOSE and USEHINT give to Keccak. */
const W1_WORDS = 128;

function hashMode(instruction: Instruction): HashMode {
  const { mode, ntt } = OPCODES[instruction.op];
  if (mode in RATE) return mode as HashMode;
  return ntt ? 'SHAKE128' : 'SHAKE256';
}

/**
 * Cycles of each instruction of a program, in the order in which they run. It remembers what Keccak has absorbed, since
 * padding takes as long as the words that are left in the block.
 */
export class CycleModel {
  readonly #own: Partial<Record<Mnemonic, number>>;
  /** Words absorbed since the hash began; whether the controller waits for more of the message. */
  #words = 0;
  #waiting = false;

  /** @param own - cycles that hold for an opcode instead of the measured ones: to try another unit */
  constructor(own: Partial<Record<Mnemonic, number>> = {}) {
    this.#own = own;
  }

  reset(): void {
    this.#words = 0;
    this.#waiting = false;
  }

  /**
   * Cycles from this program counter to the next.
   *
   * @throws RangeError if the opcode has no figure, or its sampler rejects and `sampled` has too few candidates
   */
  cycles(instruction: Instruction, data: InstructionData = {}): number {
    const { keccak, sampler } = OPCODES[instruction.op];
    const cycles =
      keccak || sampler
        ? this.#hash(instruction, data)
        : data.hints === undefined
          ? fixedCycles(instruction)
          : hintDecoderCycles(data.hints);
    if (!keccak) this.#waiting = false;
    if (instruction.op === 'DECOMPOSE' || instruction.op === 'USEHINT') this.#words += W1_WORDS;
    const result = this.#own[instruction.op] ?? cycles;
    if (result === undefined) throw new RangeError(`op: ${instruction.op} has no measured cycles`);
    return result;
  }

  #hash(instruction: Instruction, { sampled, stream }: InstructionData): number {
    const { keccak, sampler } = OPCODES[instruction.op];
    const rate = RATE[hashMode(instruction)];
    const start = keccak ? this.#absorb(instruction.len, rate, stream) : 1;
    this.#waiting = !sampler;
    if (!sampler) return start;
    const firstBlock = start + PERMUTATION + rate - (this.#words % rate);
    this.#words = 0;
    const entry = SAMPLERS[instruction.op];
    if (entry === undefined) return firstBlock;
    const length = entry.sampler === 'inBall' ? inBallCycles(sampled ?? NONE) : rowCycles(entry.sampler, sampled);
    return firstBlock + length + entry.drain;
  }

  /** Cycles until the message is in, and the function may start. */
  #absorb(length: number, rate: number, stream?: StreamTiming): number {
    const before = this.#words;
    const begin = this.#waiting ? 1 : 3;
    if (stream !== undefined) {
      // The two bytes before the context; then ready, the host's writes, the flush of the last bytes.
      this.#words += (2 + stream.context + stream.message) >> 3;
      return begin + 4 + (stream.context >> 2) + stream.hostCycles + 4;
    }
    const words = length >> 3;
    this.#words += words;
    // A full block stops the port for a cycle; the one that the last word fills does so while nothing comes.
    const stops = words === 0 ? 0 : Math.floor((before + words - 1) / rate) - Math.floor(before / rate);
    return begin + words + 2 + stops;
  }
}
