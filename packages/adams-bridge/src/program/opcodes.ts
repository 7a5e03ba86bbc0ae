/**
 * What an operand of an instruction means.
 *
 * - `poly`: address of a polynomial in the coefficient memory, bank in bits 13..11 and row in bits 10..0
 * - `source`, `destination`: a register by its number, see {@link SOURCES} and {@link DESTINATIONS}
 * - `key`: dword of the private-key RAM; `key64`: the same in units of two dwords
 * - `signature`: first coefficient row of z in the signature RAM
 */
export type OperandKind = 'none' | 'poly' | 'source' | 'destination' | 'key' | 'key64' | 'signature';

/** What the units of the accelerator do for an opcode. */
export interface Opcode {
  /** The message port of Keccak takes `src1`, `len` bytes, and then the bytes of `imm` that are within `len`. */
  readonly keccak: boolean;
  /** Keccak runs and a sampler (or the digest register) takes what it gives. */
  readonly sampler: boolean;
  readonly ntt: boolean;
  readonly aux: boolean;
  /** Mode of the unit that works; of the NTT engine if that is among them. */
  readonly mode: string;
  readonly masking: boolean;
  readonly shuffling: boolean;
  readonly operands: readonly [OperandKind, OperandKind, OperandKind];
}

type Operands = Opcode['operands'];

const none: Operands = ['none', 'none', 'none'];
const idle = { keccak: false, sampler: false, ntt: false, aux: false, masking: false, shuffling: false };

const absorb = (mode: string): Opcode => ({ ...idle, keccak: true, mode, operands: ['source', 'none', 'none'] });
const squeeze = (mode: string): Opcode => ({ ...idle, sampler: true, mode, operands: ['none', 'none', 'destination'] });
const hash = (mode: string): Opcode => ({
  ...idle,
  keccak: true,
  sampler: true,
  mode,
  operands: ['source', 'none', 'destination'],
});
const sample = (mode: string, dst: OperandKind = 'poly'): Opcode => ({
  ...idle,
  keccak: true,
  sampler: true,
  mode,
  operands: ['source', 'none', dst],
});
/** A polynomial that is sampled and multiplied in one pass: it never reaches memory. */
const sampledProduct = (mode: string, masking = false): Opcode => ({
  ...idle,
  keccak: true,
  sampler: true,
  ntt: true,
  masking,
  mode,
  operands: ['source', 'poly', 'poly'],
});
const polynomial = (mode: string, masking = false): Opcode => ({
  ...idle,
  ntt: true,
  masking,
  shuffling: true,
  mode,
  operands: ['poly', 'poly', 'poly'],
});
/** ML-KEM's transforms need no interim place. */
const inPlace = (mode: string, masking = false): Opcode => ({
  ...polynomial(mode, masking),
  operands: ['poly', 'none', 'poly'],
});
const aux = (mode: string, operands: Operands): Opcode => ({ ...idle, aux: true, mode, operands });

/** Instruction set of the sequencer. adams-bridge:src/abr_top/rtl/abr_ctrl_pkg.sv, v2.0.3 */
export const OPCODES = {
  NOP: { ...idle, mode: 'NONE', operands: none } as Opcode,

  SHAKE128: hash('SHAKE128'),
  SHAKE256: hash('SHAKE256'),
  SHA256: hash('SHA256'),
  SHA512: hash('SHA512'),
  LD_SHAKE128: absorb('SHAKE128'),
  LD_SHAKE256: absorb('SHAKE256'),
  LD_SHA256: absorb('SHA256'),
  LD_SHA512: absorb('SHA512'),
  RUN_SHAKE128: squeeze('SHAKE128'),
  RUN_SHAKE256: squeeze('SHAKE256'),
  RUN_SHA256: squeeze('SHA256'),
  RUN_SHA512: squeeze('SHA512'),

  REJB: sample('REJ_BOUNDED'),
  EXP_MASK: sample('EXP_MASK'),
  SIB: sample('SAMPLE_IN_BALL', 'none'),
  CBD: sample('CBD'),

  REJS_PWM: sampledProduct('MLDSA_PWM_SMPL'),
  REJS_PWMA: sampledProduct('MLDSA_PWM_ACCUM_SMPL'),
  REJS_MASKED_PWM: sampledProduct('MLDSA_PWM_SMPL', true),
  REJS_MASKED_PWMA: sampledProduct('MLDSA_PWM_ACCUM_SMPL', true),
  MLKEM_REJS_PWM: sampledProduct('MLKEM_PWM_SMPL'),
  MLKEM_REJS_PWMA: sampledProduct('MLKEM_PWM_ACCUM_SMPL'),
  MLKEM_MASKED_REJS_PWM: sampledProduct('MLKEM_PWM_SMPL', true),
  MLKEM_MASKED_REJS_PWMA: sampledProduct('MLKEM_PWM_ACCUM_SMPL', true),

  NTT: polynomial('MLDSA_NTT'),
  INTT: polynomial('MLDSA_INTT'),
  PWM: polynomial('MLDSA_PWM'),
  PWA: polynomial('MLDSA_PWA'),
  PWS: polynomial('MLDSA_PWS'),
  MASKED_NTT: polynomial('MLDSA_NTT', true),
  MASKED_INTT: polynomial('MLDSA_INTT', true),
  MASKED_PWM: polynomial('MLDSA_PWM', true),
  MASKED_PWA: polynomial('MLDSA_PWA', true),
  MASKED_PWS: polynomial('MLDSA_PWS', true),
  MLKEM_NTT: inPlace('MLKEM_NTT'),
  MLKEM_INTT: inPlace('MLKEM_INTT'),
  MLKEM_PWM: polynomial('MLKEM_PWM'),
  MLKEM_PWMA: polynomial('MLKEM_PWM_ACCUM'),
  MLKEM_PWA: polynomial('MLKEM_PWA'),
  MLKEM_PWS: polynomial('MLKEM_PWS'),
  MLKEM_MASKED_INTT: inPlace('MLKEM_INTT', true),
  MLKEM_MASKED_PWM: polynomial('MLKEM_PWM', true),
  MLKEM_MASKED_PWMA: polynomial('MLKEM_PWM_ACCUM', true),

  SKENCODE: aux('SKENCODE', ['poly', 'none', 'none']),
  SKDECODE: aux('SKDECODE', ['none', 'none', 'poly']),
  PKDECODE: aux('PKDECODE', ['none', 'none', 'poly']),
  SIGENCODE: aux('SIGENC', ['poly', 'none', 'signature']),
  SIGDEC_Z: aux('SIGDEC_Z', ['none', 'none', 'poly']),
  SIGDEC_H: aux('SIGDEC_H', ['none', 'none', 'poly']),
  PWR2RND: aux('PWR2RND', ['poly', 'none', 'key']),
  DECOMPOSE: aux('DECOMP', ['poly', 'none', 'poly']),
  MAKEHINT: aux('MAKEHINT', ['poly', 'none', 'none']),
  USEHINT: aux('USEHINT', ['poly', 'poly', 'none']),
  HINTSUM: aux('HINTSUM', none),
  NORMCHK: aux('NORMCHK', ['poly', 'none', 'none']),
  COMPRESS: aux('COMPRESS', ['poly', 'none', 'key']),
  DECOMPRESS: aux('DECOMPRESS', ['key64', 'none', 'poly']),
  LFSR: aux('LFSR', none),
} as const satisfies Record<string, Opcode>;

export type Mnemonic = keyof typeof OPCODES;
