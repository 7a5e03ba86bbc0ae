import { POLY_ROWS } from '../memory/coeff-memory.ts';
import type { Instruction } from '../program/program.ts';
import { KEY_RAM } from '../program/registers.ts';
import type { Sequencer } from '../program/sequencer.ts';
import { packBits, unpackBits } from '../units/codecs/bits.ts';
import { decodeHints, encodeHints, OMEGA } from '../units/codecs/hints.ts';
import { encodeW1, encodeZ, MLDSA_K, MLDSA_L, shiftT1 } from '../units/codecs/mldsa.ts';
import { decodePoly, encodePoly } from '../units/codecs/mlkem.ts';
import { type CompressedBits, compress, decompress } from '../units/compress.ts';
import { MLDSA_Q, N, type Poly, subMod } from '../units/modular.ts';
import { exceedsNorm, type NormCheck } from '../units/norm-check.ts';
import { decompose, makeHint, power2round, useHint } from '../units/rounding.ts';
import { GAMMA1 } from '../units/samplers/uniform.ts';
import type { Effect } from './effect.ts';
import type { HashUnit } from './hashing.ts';
import type { AcceleratorState } from './state.ts';

/** What the auxiliary units work on. */
export interface AuxiliaryContext {
  readonly state: AcceleratorState;
  readonly sequencer: Sequencer;
  readonly hash: HashUnit;
}

const polyBytes = (bits: number): number => (N * bits) / 8;

/** `from` - x for each coefficient: how signed ranges become symbols, and back. */
const mirror = (poly: Poly, from: number): Poly => poly.map((x) => subMod(from, x, MLDSA_Q));

/** ETA of ML-DSA-87 and bits of a symbol of s1 and s2. */
const ETA = { from: 2, bits: 3 } as const;
const T0 = { from: 1 << 12, bits: 13 } as const;
const T1_BITS = 10;
const Z_BITS = 20;
const SHORT_POLYS = MLDSA_L + MLDSA_K;

/** Bits of a coefficient by bits 1..0 of `imm`; how a comparison is asked for by bits 5..4. */
const BITS = [1, 5, 11, 12] as const;
const COMPARE_ENCAPS = 1 << 4;
const COMPARE_DECAPS = 1 << 5;

const NORM_CHECKS: readonly (NormCheck | undefined)[] = ['z', 'r0', 'ct0'];

/** Polynomial `i` of those that an operand points to. */
const polynomial = ({ memory }: AcceleratorState, base: number, i = 0): Poly => memory.view(base + i * POLY_ROWS);

function skDecode({ state }: AuxiliaryContext, { dst }: Instruction): Effect {
  let at = 4 * KEY_RAM.MLDSA_S1;
  for (let i = 0; i < SHORT_POLYS; i++, at += polyBytes(ETA.bits)) {
    const symbols = unpackBits(state.store('keyRam').subarray(at, at + polyBytes(ETA.bits)), ETA.bits);
    const wrong = symbols.findIndex((symbol) => symbol > 2 * ETA.from);
    if (wrong >= 0) return { finding: 'error', index: (i * N + wrong) >> 3 };
    polynomial(state, dst, i).set(mirror(symbols, ETA.from));
  }
  for (let i = 0; i < MLDSA_K; i++, at += polyBytes(T0.bits)) {
    const symbols = unpackBits(state.store('keyRam').subarray(at, at + polyBytes(T0.bits)), T0.bits);
    polynomial(state, dst, SHORT_POLYS + i).set(mirror(symbols, T0.from));
  }
  return {};
}

function skEncode({ state }: AuxiliaryContext, { src1 }: Instruction): Effect {
  for (let i = 0; i < SHORT_POLYS; i++) {
    const bytes = packBits(mirror(polynomial(state, src1, i), ETA.from), ETA.bits);
    state.store('keyRam').set(bytes, 4 * KEY_RAM.MLDSA_S1 + i * polyBytes(ETA.bits));
  }
  return {};
}

function power2Round({ state }: AuxiliaryContext, { src1, dst }: Instruction): Effect {
  for (let i = 0; i < MLDSA_K; i++) {
    const { high, low } = power2round(polynomial(state, src1, i));
    state.store('publicKeyRam').set(packBits(high, T1_BITS), i * polyBytes(T1_BITS));
    state.store('keyRam').set(packBits(mirror(low, T0.from), T0.bits), 4 * dst + i * polyBytes(T0.bits));
  }
  return {};
}

function pkDecode({ state }: AuxiliaryContext, { dst }: Instruction): Effect {
  for (let i = 0; i < MLDSA_K; i++) {
    const bytes = state.store('publicKeyRam').subarray(i * polyBytes(T1_BITS), (i + 1) * polyBytes(T1_BITS));
    polynomial(state, dst, i).set(shiftT1(unpackBits(bytes, T1_BITS)));
  }
  return {};
}

function sigDecodeZ({ state }: AuxiliaryContext, { dst }: Instruction): Effect {
  for (let i = 0; i < MLDSA_L; i++) {
    const bytes = state.store('signatureRam').subarray(i * polyBytes(Z_BITS), (i + 1) * polyBytes(Z_BITS));
    polynomial(state, dst, i).set(mirror(unpackBits(bytes, Z_BITS), GAMMA1));
  }
  return {};
}

function sigEncode({ state }: AuxiliaryContext, { src1, dst }: Instruction): Effect {
  state.store('signatureRam').set(encodeZ(polynomial(state, src1)), (dst / POLY_ROWS) * polyBytes(Z_BITS));
  return {};
}

function sigDecodeH({ state }: AuxiliaryContext, { dst }: Instruction): Effect {
  const hints = state.store('hints');
  const polynomials = decodeHints(hints);
  if (polynomials === undefined) return { finding: 'failed', hints };
  for (const [i, hint] of polynomials.entries()) polynomial(state, dst, i).set(hint);
  return { hints };
}

function decomposeAll({ state, hash }: AuxiliaryContext, { src1, dst }: Instruction): Effect {
  for (const [i, w1] of state.w1.entries()) {
    const { high, low } = decompose(polynomial(state, src1, i));
    polynomial(state, dst, i).set(low);
    w1.set(high);
    hash.absorb(encodeW1(high));
  }
  return {};
}

function useHints({ state, hash }: AuxiliaryContext, { src1, src2 }: Instruction): Effect {
  for (let i = 0; i < MLDSA_K; i++)
    hash.absorb(encodeW1(useHint(polynomial(state, src2, i), polynomial(state, src1, i))));
  return {};
}

function makeHints({ state }: AuxiliaryContext, { src1 }: Instruction): Effect {
  const hints = state.w1.map((w1, i) => makeHint(polynomial(state, src1, i), w1));
  const count = hints.reduce((sum, hint) => hint.reduce((total, bit) => total + bit, sum), 0);
  if (count > OMEGA) return { finding: 'failed' };
  state.store('hints').set(encodeHints(hints));
  return {};
}

function normCheck({ state }: AuxiliaryContext, { imm, src1 }: Instruction): Effect {
  const check = NORM_CHECKS[imm & 3];
  return check !== undefined && exceedsNorm(polynomial(state, src1), check) ? { finding: 'failed' } : {};
}

function compressTo({ state, sequencer }: AuxiliaryContext, { imm, src1, dst }: Instruction): Effect {
  const bits = BITS[(imm & 3) as 0 | 1 | 2 | 3];
  const encapsulates = (imm & COMPARE_ENCAPS) !== 0 && sequencer.encapsulating;
  const decapsulates = (imm & COMPARE_DECAPS) !== 0 && sequencer.decapsulating;
  for (let i = 0; i < ((imm >> 8) & 7); i++) {
    const poly = polynomial(state, src1, i);
    const bytes = bits === 12 ? encodePoly(poly) : packBits(compress(poly, bits), bits);
    const at = 4 * dst + i * polyBytes(bits);
    const wrong = bytes.findIndex((byte, j) => byte !== state.store('keyRam')[at + j]);
    if (!encapsulates && !decapsulates) state.store('keyRam').set(bytes, at);
    else if (wrong >= 0)
      return { finding: encapsulates ? 'error' : 'failed', index: (i * polyBytes(bits) + wrong) >> 2 };
  }
  return {};
}

function decompressFrom({ state }: AuxiliaryContext, { imm, src1, dst }: Instruction): Effect {
  const bits = BITS[(imm & 3) as 0 | 1 | 2 | 3];
  for (let i = 0; i < ((imm >> 8) & 7); i++) {
    const at = 8 * src1 + i * polyBytes(bits);
    const bytes = state.store('keyRam').subarray(at, at + polyBytes(bits));
    const poly = bits === 12 ? decodePoly(bytes) : decompress(unpackBits(bytes, bits), bits satisfies CompressedBits);
    polynomial(state, dst, i).set(poly);
  }
  return {};
}

/** The auxiliary units by their opcode. LFSR and HINTSUM change nothing that a result depends on. */
export const AUXILIARY: Partial<
  Record<Instruction['op'], (context: AuxiliaryContext, instruction: Instruction) => Effect>
> = {
  SKDECODE: skDecode,
  SKENCODE: skEncode,
  PWR2RND: power2Round,
  PKDECODE: pkDecode,
  SIGDEC_Z: sigDecodeZ,
  SIGENCODE: sigEncode,
  SIGDEC_H: sigDecodeH,
  DECOMPOSE: decomposeAll,
  USEHINT: useHints,
  MAKEHINT: makeHints,
  NORMCHK: normCheck,
  COMPRESS: compressTo,
  DECOMPRESS: decompressFrom,
};
