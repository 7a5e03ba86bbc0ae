import { POLY_ROWS } from '../memory/coeff-memory.ts';
import { MLDSA_K as K, MLDSA_L as L, MLDSA_BYTES } from '../units/codecs/mldsa.ts';
import { addressOf, MEMORY_MAP, type Region } from './memory-map.ts';
import type { Mnemonic } from './opcodes.ts';
import type { Assembler } from './program.ts';
import { DESTINATIONS, KEY_RAM, NORM, SOURCES } from './registers.ts';

/** Bytes of the 64-byte message with the prefix 00 00 of an empty context. */
const PREFIXED_MESSAGE_BYTES = 66;

/** `seed = SHAKE256(entropy ‖ counter)` for the two LFSRs that mask and shuffle. */
export function reseed(asm: Assembler): void {
  asm.emit('LD_SHAKE256', { len: 64, src1: SOURCES.ENTROPY });
  asm.emit('SHAKE256', { len: 8, src1: SOURCES.COUNTER, dst: DESTINATIONS.LFSR_SEED });
  asm.emit('LFSR');
}

function transform(asm: Assembler, op: Mnemonic, from: Region, temp: Region, to: Region, imm = 0): void {
  for (let i = 0; i < from.count; i++)
    asm.emit(op, { imm, src1: addressOf(from, i), src2: addressOf(temp), dst: addressOf(to, i) });
}

/** Row `i` of Â∘v̂: each polynomial of Â = ExpandA(ρ) goes from the sampler straight into the multiplier. */
function matrixRow(asm: Assembler, i: number, vector: Region, product: Region, masked: boolean): void {
  for (let j = 0; j < L; j++) {
    const op = j === 0 ? (masked ? 'REJS_MASKED_PWM' : 'REJS_PWM') : masked ? 'REJS_MASKED_PWMA' : 'REJS_PWMA';
    asm.emit(op, {
      imm: (i << 8) | j,
      len: 34,
      src1: SOURCES.MLDSA_RHO,
      src2: addressOf(vector, j),
      dst: addressOf(product),
    });
  }
}

/** FIPS 204, algorithm 6. */
export function keygen(asm: Assembler): void {
  const m = MEMORY_MAP.mldsaKeygen;
  asm.label('MLDSA_KG_S');
  reseed(asm);
  // (ρ, ρ′, K) = H(ξ ‖ k ‖ l)
  asm.emit('SHAKE256', { imm: (L << 8) | K, len: 34, src1: SOURCES.MLDSA_SEED, dst: DESTINATIONS.MLDSA_K_RHO });
  // (s1, s2) = ExpandS(ρ′)
  for (let i = 0; i < L + K; i++) {
    const dst = i < L ? addressOf(m.s1, i) : addressOf(m.s2, i - L);
    asm.emit('REJB', { imm: i, len: 66, src1: SOURCES.MLDSA_RHO_P, dst });
  }
  transform(asm, 'NTT', m.s1, m.temp0, m.s1Ntt);
  // t = NTT⁻¹(Â∘NTT(s1)) + s2
  for (let i = 0; i < K; i++) {
    matrixRow(asm, i, m.s1Ntt, m.product, false);
    transform(asm, 'INTT', m.product, m.temp2, m.product, 1);
    asm.emit('PWA', { src1: addressOf(m.product), src2: addressOf(m.s2, i), dst: addressOf(m.t, i) });
  }
  // (t1, t0) = Power2Round(t): into the public-key and the private-key RAM
  asm.emit('PWR2RND', { src1: addressOf(m.t), dst: KEY_RAM.MLDSA_T0 });
  // tr = H(pk)
  asm.emit('SHAKE256', { len: MLDSA_BYTES.publicKey, src1: SOURCES.MLDSA_PK, dst: DESTINATIONS.MLDSA_TR });
  asm.emit('SKENCODE', { src1: addressOf(m.s1) });
  // The sequencer goes on to signing here if the command was KEYGEN+SIGN.
  asm.label('MLDSA_KG_JUMP_SIGN');
  asm.emit('NOP');
  asm.label('MLDSA_KG_E');
  asm.emit('NOP');
  asm.hole();
}

/** FIPS 204, algorithm 7. */
export function sign(asm: Assembler): void {
  const m = MEMORY_MAP.mldsaSign;
  asm.label('MLDSA_SIGN_S');
  reseed(asm);
  messageRepresentative(asm, 'SIGN');
  // ρ″ = H(K ‖ rnd ‖ μ)
  asm.label('MLDSA_SIGN_H_RHO_P');
  asm.emit('LD_SHAKE256', { len: 32, src1: SOURCES.MLDSA_K });
  asm.emit('LD_SHAKE256', { len: 32, src1: SOURCES.MLDSA_SIGN_RND });
  asm.emit('SHAKE256', { len: 64, src1: SOURCES.MLDSA_MU, dst: DESTINATIONS.MLDSA_RHO_P });
  asm.label('MLDSA_SIGN_INIT_S');
  asm.emit('SKDECODE', { dst: addressOf(m.s1) });
  transform(asm, 'NTT', m.t0, m.temp0, m.t0);
  transform(asm, 'NTT', m.s1, m.temp0, m.s1);
  transform(asm, 'NTT', m.s2, m.temp0, m.s2);
  commit(asm);
  respond(asm);
  hint(asm);
  // The sequencer goes back to MLDSA_SIGN_LFSR_S from here, κ raised by l, if a check has failed.
  asm.label('MLDSA_SIGN_CHL_E');
  asm.emit('NOP');
  asm.label('MLDSA_SIGN_E');
  asm.emit('NOP');
  asm.hole();
}

/** `μ = H(tr ‖ M′)`. The sequencer leaves it out from the CHECK_MODE word if the command brought μ. */
function messageRepresentative(asm: Assembler, flow: 'SIGN' | 'VERIFY'): void {
  asm.label(`MLDSA_${flow}_CHECK_MODE`);
  asm.emit('NOP');
  asm.label(`MLDSA_${flow}_H_MU`);
  asm.emit('LD_SHAKE256', { len: 64, src1: SOURCES.MLDSA_TR });
  asm.emit('SHAKE256', { len: PREFIXED_MESSAGE_BYTES, src1: SOURCES.MLDSA_MSG, dst: DESTINATIONS.MLDSA_MU });
}

/** Head of the rejection loop: y, w = Ay, and the challenge c from the high bits of w. */
function commit(asm: Assembler): void {
  const m = MEMORY_MAP.mldsaSign;
  asm.label('MLDSA_SIGN_LFSR_S');
  reseed(asm);
  // y = ExpandMask(ρ″, κ)
  asm.label('MLDSA_SIGN_MAKE_Y_S');
  for (let i = 0; i < L; i++)
    asm.emit('EXP_MASK', { imm: i, len: 66, src1: SOURCES.MLDSA_RHO_P_KAPPA, dst: addressOf(m.y, i) });
  transform(asm, 'NTT', m.y, m.temp2, m.yNtt, 1);
  // w = NTT⁻¹(Â∘NTT(y))
  asm.label('MLDSA_SIGN_MAKE_W_S');
  for (let i = 0; i < K; i++) {
    matrixRow(asm, i, m.yNtt, m.product, true);
    asm.emit('MASKED_INTT', { imm: 1, src1: addressOf(m.product), src2: addressOf(m.temp2), dst: addressOf(m.w, i) });
  }
  // c~ = H(μ ‖ w1Encode(w1)): Decompose keeps w0 and feeds w1 to Keccak
  asm.emit('LD_SHAKE256', { len: 64, src1: SOURCES.MLDSA_MU });
  asm.label('MLDSA_SIGN_MAKE_W');
  asm.emit('DECOMPOSE', { src1: addressOf(m.w), dst: addressOf(m.w) });
  asm.label('MLDSA_SIGN_MAKE_C');
  asm.emit('RUN_SHAKE256', { dst: DESTINATIONS.MLDSA_SIG_C });
  // c = SampleInBall(c~)
  asm.emit('SIB', { len: 64, src1: SOURCES.MLDSA_SIG_C });
}

/** NTT⁻¹(ĉ∘v̂) for a secret v, in two shares. */
function challengeTimes(asm: Assembler, secret: number, dst: number): void {
  const m = MEMORY_MAP.mldsaSign;
  asm.emit('MASKED_PWM', { src1: addressOf(m.cNtt), src2: secret, dst: addressOf(m.product) });
  asm.emit('MASKED_INTT', { src1: addressOf(m.product), src2: addressOf(m.temp2), dst });
}

/** z = y + cs1, checked and encoded polynomial by polynomial. */
function respond(asm: Assembler): void {
  const m = MEMORY_MAP.mldsaSign;
  const z = addressOf(m.z);
  asm.label('MLDSA_SIGN_VALID_S');
  asm.emit('NTT', { src1: addressOf(m.c), src2: addressOf(m.temp0), dst: addressOf(m.cNtt) });
  for (let i = 0; i < L; i++) {
    challengeTimes(asm, addressOf(m.s1, i), z);
    asm.emit('PWA', { src1: addressOf(m.y, i), src2: z, dst: z });
    asm.emit('NORMCHK', { imm: NORM.z, src1: z });
    asm.emit('SIGENCODE', { src1: z, dst: i * POLY_ROWS });
  }
}

/** r0 = w0 - cs2 and ct0 are checked, and their sum gives the hint. */
function hint(asm: Assembler): void {
  const m = MEMORY_MAP.mldsaSign;
  const r0 = addressOf(m.r0);
  for (let i = 0; i < K; i++) challengeTimes(asm, addressOf(m.t0, i), addressOf(m.ct0, i));
  for (let i = 0; i < K; i++) {
    challengeTimes(asm, addressOf(m.s2, i), r0);
    asm.emit('PWS', { src1: r0, src2: addressOf(m.w, i), dst: r0 });
    asm.emit('NORMCHK', { imm: NORM.r0, src1: r0 });
    asm.emit('NORMCHK', { imm: NORM.ct0, src1: addressOf(m.ct0, i) });
    asm.emit('PWA', { src1: r0, src2: addressOf(m.ct0, i), dst: addressOf(m.hint, i) });
  }
  asm.emit('MAKEHINT', { src1: addressOf(m.hint) });
}

/** FIPS 204, algorithm 8. */
export function verify(asm: Assembler): void {
  const m = MEMORY_MAP.mldsaVerify;
  asm.label('MLDSA_VERIFY_S');
  asm.emit('PKDECODE', { dst: addressOf(m.t1) });
  asm.emit('SIGDEC_Z', { dst: addressOf(m.z) });
  for (let i = 0; i < L; i++) asm.emit('NORMCHK', { imm: NORM.z, src1: addressOf(m.z, i) });
  // tr = H(pk)
  asm.label('MLDSA_VERIFY_H_TR');
  asm.emit('SHAKE256', { len: MLDSA_BYTES.publicKey, src1: SOURCES.MLDSA_PK, dst: DESTINATIONS.MLDSA_TR });
  messageRepresentative(asm, 'VERIFY');
  asm.label('MLDSA_VERIFY_MAKE_C');
  asm.emit('SIB', { len: 64, src1: SOURCES.MLDSA_SIG_C });
  asm.label('MLDSA_VERIFY_NTT_C');
  transform(asm, 'NTT', m.c, m.temp0, m.cNtt);
  asm.label('MLDSA_VERIFY_NTT_T1');
  transform(asm, 'NTT', m.t1, m.temp0, m.t1);
  asm.label('MLDSA_VERIFY_NTT_Z');
  transform(asm, 'NTT', m.z, m.temp0, m.z);
  // w′ = NTT⁻¹(Â∘NTT(z) - NTT(c)∘NTT(t1·2ᵈ))
  asm.label('MLDSA_VERIFY_EXP_A');
  const [product, ct1] = [addressOf(m.product), addressOf(m.ct1)];
  for (let i = 0; i < K; i++) {
    matrixRow(asm, i, m.z, m.product, false);
    asm.emit('PWM', { src1: addressOf(m.cNtt), src2: addressOf(m.t1, i), dst: ct1 });
    asm.emit('PWS', { src1: ct1, src2: product, dst: product });
    asm.emit('INTT', { src1: product, src2: addressOf(m.temp0), dst: addressOf(m.w, i) });
  }
  // c~′ = H(μ ‖ w1Encode(UseHint(h, w′)))
  asm.label('MLDSA_VERIFY_RES');
  asm.emit('SIGDEC_H', { dst: addressOf(m.hint) });
  asm.emit('LD_SHAKE256', { len: 64, src1: SOURCES.MLDSA_MU });
  asm.emit('USEHINT', { src1: addressOf(m.w), src2: addressOf(m.hint) });
  asm.emit('RUN_SHAKE256', { dst: DESTINATIONS.MLDSA_VERIFY_RES });
  asm.label('MLDSA_VERIFY_E');
  asm.emit('NOP');
}
