import type { Mnemonic } from './opcodes.ts';

/** What an instruction says; left out fields are 0. */
export interface Operation {
  readonly op: Mnemonic;
  /** 16 bits: nonce of a sampler, (row, column) of the matrix A, or the mode of an auxiliary unit. */
  readonly imm?: number;
  /** Bytes of the message for Keccak. */
  readonly len?: number;
  /** Operands, 15 bits each; what they mean is in the opcode's `operands`. */
  readonly src1?: number;
  readonly src2?: number;
  readonly dst?: number;
}

/** One word of the program memory. */
export interface Instruction extends Required<Operation> {
  readonly pc: number;
  /** Label at or before this word. */
  readonly label: string;
}

/** Words that the program counter can address (10 bits). */
export const PROGRAM_WORDS = 1024;
/** Program counter after an error; there is no instruction at it. */
export const ERROR_PC = PROGRAM_WORDS - 1;

const FIELDS = { imm: 0xffff, len: 0x7fff, src1: 0x7fff, src2: 0x7fff, dst: 0x7fff } as const;

/**
 * @throws RangeError if a field does not fit its bits
 */
function word(pc: number, label: string, operation: Operation): Instruction {
  const { op, imm = 0, len = 0, src1 = 0, src2 = 0, dst = 0 } = operation;
  const fields = { imm, len, src1, src2, dst };
  for (const [name, max] of Object.entries(FIELDS)) {
    const value = fields[name as keyof typeof FIELDS];
    if (!(Number.isInteger(value) && value >= 0 && value <= max))
      throw new RangeError(`${name}: ${value} is not in 0..${max} (${op} at pc ${pc})`);
  }
  return Object.freeze({ pc, label, op, ...fields });
}

function checkPc(pc: number): void {
  if (!(Number.isInteger(pc) && pc >= 0 && pc < ERROR_PC))
    throw new RangeError(`pc: ${pc} is not in 0..${ERROR_PC - 1}`);
}

/**
 * Program of the sequencer: an immutable memory of instructions. A word that was never written reads as NOP, as in the
 * hardware's ROM.
 */
export class Program implements Iterable<Instruction> {
  readonly #words: readonly (Instruction | undefined)[];
  readonly #labels: ReadonlyMap<string, number>;

  constructor(words: readonly (Instruction | undefined)[], labels: ReadonlyMap<string, number>) {
    this.#words = words;
    this.#labels = labels;
  }

  /** Labels with their program counters, lowest first. */
  get labels(): ReadonlyMap<string, number> {
    return this.#labels;
  }

  /**
   * @throws RangeError if `pc` is no address of an instruction
   */
  at(pc: number): Instruction {
    checkPc(pc);
    return this.#words[pc] ?? word(pc, this.#labelBefore(pc), { op: 'NOP' });
  }

  /**
   * Program counter of a label.
   *
   * @throws RangeError if there is no such label
   */
  pc(label: string): number {
    const pc = this.#labels.get(label);
    if (pc === undefined) throw new RangeError(`label: ${label} is not in the program`);
    return pc;
  }

  /**
   * A program that differs in one word: to try another instruction.
   *
   * @throws RangeError if `pc` or a field of `operation` is out of range
   */
  patch(pc: number, operation: Operation): Program {
    checkPc(pc);
    const words = this.#words.slice();
    words[pc] = word(pc, this.#labelBefore(pc), operation);
    return new Program(words, this.#labels);
  }

  /** The words that were written, by program counter. */
  *[Symbol.iterator](): IterableIterator<Instruction> {
    for (const instruction of this.#words) if (instruction) yield instruction;
  }

  #labelBefore(pc: number): string {
    let last = '';
    for (const [label, at] of this.#labels) if (at <= pc) last = label;
    return last;
  }
}

/** Writes a program word by word. */
export class Assembler {
  readonly #words: (Instruction | undefined)[] = [];
  readonly #labels = new Map<string, number>();
  #label = '';

  /** Names the next word. */
  label(name: string): void {
    if (this.#labels.has(name)) throw new RangeError(`label: ${name} is in the program already`);
    this.#labels.set(name, this.#words.length);
    this.#label = name;
  }

  emit(op: Mnemonic, fields: Omit<Operation, 'op'> = {}): void {
    const pc = this.#words.length;
    this.#words[pc] = word(pc, this.#label, { op, ...fields });
  }

  /** Leaves one word unwritten. */
  hole(): void {
    this.#words.push(undefined);
  }

  program(): Program {
    return new Program(this.#words, this.#labels);
  }
}
