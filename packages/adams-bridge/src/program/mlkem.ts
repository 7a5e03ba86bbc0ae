import { MLKEM_K as K, MLKEM_BYTES } from '../units/codecs/mlkem.ts';
import { addressOf, MEMORY_MAP, type Region } from './memory-map.ts';
import { reseed } from './mldsa.ts';
import type { Assembler } from './program.ts';
import { DESTINATIONS, KEY_RAM, SOURCES } from './registers.ts';

const m = MEMORY_MAP.mlkem;

/** Bits per coefficient that COMPRESS and DECOMPRESS work with, by what `imm` has in bits 1..0. */
const BITS = { 1: 0, 5: 1, 11: 2, 12: 3 } as const;
/** COMPRESS compares with what is in the RAM instead of writing it: always, or in a decapsulation only. */
const COMPARE = { never: 0, encaps: 1 << 4, decaps: 1 << 5 } as const;

function compress(
  asm: Assembler,
  bits: keyof typeof BITS,
  from: Region,
  dst: number,
  compare: keyof typeof COMPARE = 'never',
): void {
  asm.emit('COMPRESS', { imm: (from.count << 8) | COMPARE[compare] | BITS[bits], src1: addressOf(from), dst });
}

function decompress(asm: Assembler, bits: keyof typeof BITS, dword: number, to: Region): void {
  asm.emit('DECOMPRESS', { imm: (to.count << 8) | BITS[bits], src1: dword / 2, dst: addressOf(to) });
}

/** Polynomials of SamplePolyCBD(PRF(source, nonce)), nonces counted from `nonce`. */
function sampleCbd(asm: Assembler, src1: number, nonce: number, to: Region): void {
  for (let i = 0; i < to.count; i++) asm.emit('CBD', { imm: nonce + i, len: 33, src1, dst: addressOf(to, i) });
}

function ntt(asm: Assembler, from: Region, to: Region = from): void {
  for (let i = 0; i < from.count; i++) asm.emit('MLKEM_NTT', { src1: addressOf(from, i), dst: addressOf(to, i) });
}

/** Row `i` of Â∘v̂, or of its transpose: the two bytes that follow ρ are (column, row) or (row, column). */
function matrixRow(asm: Assembler, i: number, vector: Region, transposed: boolean): void {
  for (let j = 0; j < K; j++) {
    const op = transposed
      ? j === 0
        ? 'MLKEM_MASKED_REJS_PWM'
        : 'MLKEM_MASKED_REJS_PWMA'
      : j === 0
        ? 'MLKEM_REJS_PWM'
        : 'MLKEM_REJS_PWMA';
    asm.emit(op, {
      imm: transposed ? (j << 8) | i : (i << 8) | j,
      len: 34,
      src1: SOURCES.MLKEM_RHO,
      src2: addressOf(vector, j),
      dst: addressOf(m.product),
    });
  }
}

/** NTT⁻¹(âᵀ∘b̂), in two shares. */
function innerProduct(asm: Assembler, a: Region, b: Region, to: Region): void {
  for (let i = 0; i < K; i++)
    asm.emit(i === 0 ? 'MLKEM_MASKED_PWM' : 'MLKEM_MASKED_PWMA', {
      src1: addressOf(a, i),
      src2: addressOf(b, i),
      dst: addressOf(m.product),
    });
  asm.emit('MLKEM_MASKED_INTT', { src1: addressOf(m.product), dst: addressOf(to) });
}

function hashOfEncapsKey(asm: Assembler): void {
  asm.emit('SHA256', { len: MLKEM_BYTES.encapsulationKey, src1: SOURCES.MLKEM_EK, dst: DESTINATIONS.MLKEM_TR });
}

/** FIPS 203, algorithm 16. */
export function keygen(asm: Assembler): void {
  asm.label('MLKEM_KG_S');
  reseed(asm);
  // (ρ, σ) = G(d ‖ k)
  asm.emit('SHA512', { imm: K, len: 33, src1: SOURCES.MLKEM_SEED_D, dst: DESTINATIONS.MLKEM_RHO_SIGMA });
  sampleCbd(asm, SOURCES.MLKEM_SIGMA, 0, m.s);
  sampleCbd(asm, SOURCES.MLKEM_SIGMA, K, m.e);
  ntt(asm, m.s);
  ntt(asm, m.e);
  // t̂ = Â∘ŝ + ê
  for (let i = 0; i < K; i++) {
    matrixRow(asm, i, m.s, false);
    asm.emit('MLKEM_PWA', { src1: addressOf(m.product), src2: addressOf(m.e, i), dst: addressOf(m.t, i) });
  }
  compress(asm, 12, m.t, KEY_RAM.MLKEM_EK);
  compress(asm, 12, m.s, KEY_RAM.MLKEM_DK);
  hashOfEncapsKey(asm);
  // The sequencer goes on to decapsulation here if the command was KEYGEN+DECAPS.
  asm.label('MLKEM_KG_E');
  asm.emit('NOP');
}

/** FIPS 203, algorithm 18, up to m′ = K-PKE.Decrypt(dk, c); encapsulation follows and makes c′. */
export function decapsFront(asm: Assembler): void {
  asm.label('MLKEM_DECAPS_S');
  reseed(asm);
  hashOfEncapsKey(asm);
  decompress(asm, 12, KEY_RAM.MLKEM_DK, m.s);
  decompress(asm, 11, KEY_RAM.MLKEM_C1, m.u);
  decompress(asm, 5, KEY_RAM.MLKEM_C2, m.v);
  ntt(asm, m.u, m.uNtt);
  // m′ = Compress₁(v′ - NTT⁻¹(ŝᵀ∘NTT(u′)))
  innerProduct(asm, m.s, m.uNtt, m.su);
  asm.emit('MLKEM_PWS', { src1: addressOf(m.su), src2: addressOf(m.v), dst: addressOf(m.v) });
  compress(asm, 1, m.v, KEY_RAM.MLKEM_MSG);
}

/** FIPS 203, algorithm 17. */
export function encaps(asm: Assembler): void {
  asm.label('MLKEM_ENCAPS_S');
  reseed(asm);
  // Modulus check: t̂ encoded again must be what came.
  decompress(asm, 12, KEY_RAM.MLKEM_EK, m.t);
  compress(asm, 12, m.t, KEY_RAM.MLKEM_EK, 'encaps');
  // (K, r) = G(m ‖ H(ek))
  hashOfEncapsKey(asm);
  asm.emit('LD_SHA512', { len: 32, src1: SOURCES.MLKEM_MSG });
  asm.emit('SHA512', { len: 32, src1: SOURCES.MLKEM_TR, dst: DESTINATIONS.MLKEM_K_R });
  sampleCbd(asm, SOURCES.MLKEM_R, 0, m.y);
  sampleCbd(asm, SOURCES.MLKEM_R, K, m.e);
  sampleCbd(asm, SOURCES.MLKEM_R, 2 * K, m.e2);
  ntt(asm, m.y);
  // u = NTT⁻¹(Âᵀ∘ŷ) + e1
  const product = addressOf(m.product);
  for (let i = 0; i < K; i++) {
    matrixRow(asm, i, m.y, true);
    asm.emit('MLKEM_MASKED_INTT', { src1: product, dst: product });
    asm.emit('MLKEM_PWA', { src1: product, src2: addressOf(m.e, i), dst: addressOf(m.u, i) });
  }
  // v = NTT⁻¹(t̂ᵀ∘ŷ) + e2 + Decompress₁(m)
  innerProduct(asm, m.t, m.y, m.v);
  decompress(asm, 1, KEY_RAM.MLKEM_MSG, m.mu);
  asm.emit('MLKEM_PWA', { src1: addressOf(m.mu), src2: addressOf(m.e2), dst: addressOf(m.e2) });
  asm.emit('MLKEM_PWA', { src1: addressOf(m.v), src2: addressOf(m.e2), dst: addressOf(m.v) });
  compress(asm, 11, m.u, KEY_RAM.MLKEM_C1, 'decaps');
  compress(asm, 5, m.v, KEY_RAM.MLKEM_C2, 'decaps');
  asm.hole();
  asm.label('MLKEM_ENCAPS_E');
  asm.emit('NOP');
}

/** Implicit rejection, K = J(z ‖ c): always computed, kept only if the ciphertexts differ. */
export function decapsTail(asm: Assembler): void {
  asm.label('MLKEM_DECAPS_CHK');
  asm.emit('LD_SHAKE256', { len: 32, src1: SOURCES.MLKEM_SEED_Z });
  asm.emit('SHAKE256', { len: MLKEM_BYTES.ciphertext, src1: SOURCES.MLKEM_CIPHERTEXT, dst: DESTINATIONS.MLKEM_K });
  asm.label('MLKEM_DECAPS_E');
  asm.emit('NOP');
}
