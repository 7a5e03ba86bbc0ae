export { buildProgram } from './program/build.ts';
export { disassemble, listing } from './program/disassemble.ts';
export { addressOf, type Flow, MEMORY_MAP, POLYNOMIAL_ROWS, type Region } from './program/memory-map.ts';
export { type Mnemonic, OPCODES, type Opcode, type OperandKind } from './program/opcodes.ts';
export { Assembler, ERROR_PC, type Instruction, type Operation, PROGRAM_WORDS, Program } from './program/program.ts';
export { DESTINATIONS, type DestinationName, KEY_RAM, NORM, SOURCES, type SourceName } from './program/registers.ts';
export { MLDSA_Q, MLKEM_Q, type Prime } from './units/modular.ts';
