import { POLY_ROWS, splitAddress } from '../memory/coeff-memory.ts';
import { type Flow, MEMORY_MAP, type Region } from './memory-map.ts';
import { OPCODES, type OperandKind } from './opcodes.ts';
import type { Instruction, Program } from './program.ts';
import { DESTINATIONS, KEY_RAM, SOURCES } from './registers.ts';

/** Which memory map holds for the instructions of a label. */
export function flowOf(label: string): Flow {
  if (label.startsWith('MLDSA_SIGN')) return 'mldsaSign';
  if (label.startsWith('MLDSA_VERIFY')) return 'mldsaVerify';
  return label.startsWith('MLKEM') ? 'mlkem' : 'mldsaKeygen';
}

function polynomialName(address: number, flow: Flow): string {
  const { bank, row } = splitAddress(address);
  for (const [name, place] of Object.entries<Region>(MEMORY_MAP[flow])) {
    const index = (row - place.row) / POLY_ROWS;
    if (bank === place.bank && Number.isInteger(index) && index >= 0 && index < place.count)
      return place.count === 1 ? name : `${name}[${index}]`;
  }
  return `${bank}:${row}`;
}

const nameOf = (names: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(names).find((name) => names[name] === value) ?? String(value);

function operandText(kind: OperandKind, value: number, flow: Flow): string {
  switch (kind) {
    case 'none':
      return value === 0 ? '' : String(value);
    case 'poly':
      return polynomialName(value, flow);
    case 'source':
      return nameOf(SOURCES, value);
    case 'destination':
      return nameOf(DESTINATIONS, value);
    case 'key':
      return nameOf(KEY_RAM, value);
    case 'key64':
      return nameOf(KEY_RAM, 2 * value);
    case 'signature':
      return `sig_z[${value / POLY_ROWS}]`;
  }
}

/** One line of a listing: program counter, opcode, length and immediate, operands by name. */
export function disassemble(instruction: Instruction): string {
  const { pc, label, op, imm, len, src1, src2, dst } = instruction;
  const flow = flowOf(label);
  const [kind1, kind2, kind3] = OPCODES[op].operands;
  const sources = [operandText(kind1, src1, flow), operandText(kind2, src2, flow)].filter((text) => text !== '');
  const target = operandText(kind3, dst, flow);
  const text = [
    String(pc).padStart(4),
    op.padEnd(22),
    (len === 0 ? '' : String(len)).padStart(4),
    (imm === 0 ? '' : `#${imm.toString(16).padStart(4, '0')}`).padEnd(5),
    sources.join(', '),
    target === '' ? '' : `-> ${target}`,
  ];
  return text.join(' ').trimEnd();
}

/** The whole program with its labels, one instruction to a line. */
export function listing(program: Program): string {
  const labelAt = new Map([...program.labels].map(([label, pc]) => [pc, label]));
  const lines: string[] = [];
  for (const instruction of program) {
    const label = labelAt.get(instruction.pc);
    if (label !== undefined) lines.push(`${label}:`);
    lines.push(disassemble(instruction));
  }
  return `${lines.join('\n')}\n`;
}
