import * as mldsa from './mldsa.ts';
import * as mlkem from './mlkem.ts';
import { Assembler, type Program } from './program.ts';

/** The accelerator's program: 562 words at 0..564. adams-bridge:src/abr_top/rtl/abr_seq.sv, v2.0.3 */
export function buildProgram(): Program {
  const asm = new Assembler();
  asm.label('ABR_RESET');
  asm.emit('NOP');
  asm.label('ABR_ZEROIZE');
  asm.emit('NOP');
  mldsa.keygen(asm);
  mldsa.sign(asm);
  mldsa.verify(asm);
  mlkem.keygen(asm);
  mlkem.decapsFront(asm);
  mlkem.encaps(asm);
  mlkem.decapsTail(asm);
  return asm.program();
}
