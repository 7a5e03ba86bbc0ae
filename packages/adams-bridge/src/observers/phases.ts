import { type Mnemonic, OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';

/** Labels of signing and verification by what is done from there on. */
const BY_LABEL: Readonly<Record<string, string>> = {
  MLDSA_SIGN_S: 'reseed',
  MLDSA_SIGN_CHECK_MODE: 'message',
  MLDSA_SIGN_H_MU: 'message',
  MLDSA_SIGN_H_RHO_P: 'message',
  MLDSA_SIGN_INIT_S: 'private key',
  MLDSA_SIGN_LFSR_S: 'reseed',
  MLDSA_SIGN_MAKE_Y_S: 'y',
  MLDSA_SIGN_MAKE_W_S: 'w = Ay',
  MLDSA_SIGN_MAKE_W: 'challenge',
  MLDSA_SIGN_MAKE_C: 'challenge',
  MLDSA_SIGN_VALID_S: 'z, checks and hint',
  MLDSA_SIGN_CHL_E: 'z, checks and hint',
  MLDSA_SIGN_E: 'z, checks and hint',
  MLDSA_VERIFY_S: 'decoding and norm of z',
  MLDSA_VERIFY_H_TR: 'message',
  MLDSA_VERIFY_CHECK_MODE: 'message',
  MLDSA_VERIFY_H_MU: 'message',
  MLDSA_VERIFY_MAKE_C: 'challenge',
  MLDSA_VERIFY_NTT_C: 'transforms',
  MLDSA_VERIFY_NTT_T1: 'transforms',
  MLDSA_VERIFY_NTT_Z: 'transforms',
  MLDSA_VERIFY_EXP_A: 'w = Az - ct1',
  MLDSA_VERIFY_RES: 'hints and result',
  MLDSA_VERIFY_E: 'hints and result',
};

/** What an opcode is for, in flows without labels between their parts. */
function byUnit(op: Mnemonic): string {
  const { ntt, sampler, keccak, aux, mode } = OPCODES[op];
  if (ntt && sampler) return 'matrix products';
  if (ntt) return mode.includes('NTT') ? 'transforms' : 'products and sums';
  if (op === 'REJB' || op === 'CBD') return 'sampling';
  if (sampler || keccak) return 'hashes';
  return aux && op !== 'LFSR' ? 'encoding' : 'control';
}

/**
 * Part of a flow that an instruction belongs to: what is computed, in signing and verification; which unit works, in the
 * others.
 */
export const phaseOf = ({ label, op }: Instruction): string => BY_LABEL[label] ?? byUnit(op);
