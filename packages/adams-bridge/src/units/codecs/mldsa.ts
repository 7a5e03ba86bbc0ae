import { AbrError, checkLength } from '../error.ts';
import { MLDSA_Q, N, type Poly, subMod } from '../modular.ts';
import { D } from '../rounding.ts';
import { GAMMA1 } from '../samplers/uniform.ts';
import { concat, packBits, unpackBits } from './bits.ts';
import { decodeHints, encodeHints, HINT_BYTES } from './hints.ts';

/** Rows of the matrix of ML-DSA-87: polynomials of t, s2 and w. */
export const MLDSA_K = 8;
/** Columns: polynomials of s1, y and z. */
export const MLDSA_L = 7;

/** Lengths of ML-DSA-87 in bytes. FIPS 204, table 2. */
export const MLDSA_BYTES = { publicKey: 2592, privateKey: 4896, signature: 4627, commitmentHash: 64 } as const;

const ETA = 2;
const ETA_BITS = 3;
const T1_BITS = 10;
const Z_BITS = 20;
const polyBytes = (bits: number): number => (N * bits) / 8;

/** Maps each coefficient x to `from` - x modulo q: how FIPS 204 makes signed ranges unsigned, and back. */
function mirror(poly: Poly, from: number): Poly {
  return poly.map((x) => subMod(from, x, MLDSA_Q));
}

/** Cuts bytes into `count` polynomials of equal length. */
function unpackPolys(bytes: Uint8Array, count: number, bits: number): Poly[] {
  const size = polyBytes(bits);
  return Array.from({ length: count }, (_, i) => unpackBits(bytes.subarray(i * size, (i + 1) * size), bits));
}

/** A public key: seed of the matrix (32 bytes) and the high part of t (8 polynomials, 10 bits). */
export interface MldsaPublicKey {
  readonly rho: Uint8Array;
  readonly t1: readonly Poly[];
}

/** pkEncode. FIPS 204 algorithm 22. @returns 2592 bytes */
export function encodePublicKey({ rho, t1 }: MldsaPublicKey): Uint8Array {
  checkLength(rho, 32, 'rho');
  return concat([rho, ...t1.map((poly) => packBits(poly, T1_BITS))]);
}

/**
 * pkDecode. FIPS 204 algorithm 23. The accelerator's decoder gives t1 * 2^13: see {@link shiftT1}.
 *
 * @param bytes - 2592 bytes
 * @throws AbrError `LENGTH`
 */
export function decodePublicKey(bytes: Uint8Array): MldsaPublicKey {
  checkLength(bytes, MLDSA_BYTES.publicKey, 'public key');
  return { rho: bytes.slice(0, 32), t1: unpackPolys(bytes.subarray(32), MLDSA_K, T1_BITS) };
}

/** t1 * 2^13, as pkDecode writes it to memory. @see adams-bridge:src/pk_decode/rtl/pkdecode.sv */
export const shiftT1 = (t1: Poly): Poly => t1.map((x) => x << D);

/** A private key; s1, s2 and t0 modulo q. */
export interface MldsaPrivateKey {
  /** 32 bytes. */
  readonly rho: Uint8Array;
  /** 32 bytes. */
  readonly K: Uint8Array;
  /** 64 bytes. */
  readonly tr: Uint8Array;
  /** 7 polynomials in -2..2. */
  readonly s1: readonly Poly[];
  /** 8 polynomials in -2..2. */
  readonly s2: readonly Poly[];
  /** 8 polynomials in -4095..4096. */
  readonly t0: readonly Poly[];
}

/** skEncode. FIPS 204 algorithm 24. @returns 4896 bytes */
export function encodePrivateKey({ rho, K, tr, s1, s2, t0 }: MldsaPrivateKey): Uint8Array {
  checkLength(rho, 32, 'rho');
  checkLength(K, 32, 'K');
  checkLength(tr, 64, 'tr');
  const short = [...s1, ...s2].map((poly) => packBits(mirror(poly, ETA), ETA_BITS));
  return concat([rho, K, tr, ...short, ...t0.map((poly) => packBits(mirror(poly, 1 << (D - 1)), D))]);
}

/**
 * skDecode. FIPS 204 algorithm 25.
 *
 * @param bytes - 4896 bytes
 * @throws AbrError `LENGTH`; `SK_DECODE` if a symbol of s1 or s2 is above 4, which stops the accelerator
 * @see adams-bridge:src/sk_decode/rtl/skdecode_s1s2_unpack.sv
 */
export function decodePrivateKey(bytes: Uint8Array): MldsaPrivateKey {
  checkLength(bytes, MLDSA_BYTES.privateKey, 'private key');
  const s = 128;
  const t = s + (MLDSA_L + MLDSA_K) * polyBytes(ETA_BITS);
  const short = unpackPolys(bytes.subarray(s, t), MLDSA_L + MLDSA_K, ETA_BITS);
  for (const [i, poly] of short.entries())
    if (poly.some((symbol) => symbol > 2 * ETA)) {
      const name = i < MLDSA_L ? `s1[${i}]` : `s2[${i - MLDSA_L}]`;
      throw new AbrError('SK_DECODE', `private key: a symbol of ${name} is above ${2 * ETA}`);
    }
  const decoded = short.map((poly) => mirror(poly, ETA));
  return {
    rho: bytes.slice(0, 32),
    K: bytes.slice(32, 64),
    tr: bytes.slice(64, s),
    s1: decoded.slice(0, MLDSA_L),
    s2: decoded.slice(MLDSA_L),
    t0: unpackPolys(bytes.subarray(t), MLDSA_K, D).map((poly) => mirror(poly, 1 << (D - 1))),
  };
}

/** A signature; z modulo q. */
export interface MldsaSignature {
  /** c~, 64 bytes. */
  readonly commitmentHash: Uint8Array;
  /** 7 polynomials in -gamma_1 + 1..gamma_1. */
  readonly z: readonly Poly[];
  /** 8 polynomials of bits. */
  readonly h: readonly Poly[];
}

/** One polynomial of z, 640 bytes. @see adams-bridge:src/sig_encode_z/rtl/sigencode_z_unit.sv */
export const encodeZ = (z: Poly): Uint8Array => packBits(mirror(z, GAMMA1), Z_BITS);

/** sigEncode. FIPS 204 algorithm 26. @returns 4627 bytes. @throws RangeError if there are more than 75 hints */
export function encodeSignature({ commitmentHash, z, h }: MldsaSignature): Uint8Array {
  checkLength(commitmentHash, MLDSA_BYTES.commitmentHash, 'commitment hash');
  return concat([commitmentHash, ...z.map(encodeZ), encodeHints(h)]);
}

/**
 * sigDecode. FIPS 204 algorithm 27.
 *
 * @param bytes - 4627 bytes
 * @returns the signature; `h` is undefined if the hints are not encoded as they must be, and verification refuses
 * @throws AbrError `LENGTH`
 */
export function decodeSignature(
  bytes: Uint8Array,
): Omit<MldsaSignature, 'h'> & { readonly h: readonly Poly[] | undefined } {
  checkLength(bytes, MLDSA_BYTES.signature, 'signature');
  const h = bytes.length - HINT_BYTES;
  return {
    commitmentHash: bytes.slice(0, MLDSA_BYTES.commitmentHash),
    z: unpackPolys(bytes.subarray(MLDSA_BYTES.commitmentHash, h), MLDSA_L, Z_BITS).map((poly) => mirror(poly, GAMMA1)),
    h: decodeHints(bytes.subarray(h)),
  };
}

/** w1Encode for one polynomial: 4 bits each, 128 bytes. FIPS 204 algorithm 28. */
export const encodeW1 = (w1: Poly): Uint8Array => packBits(w1, 4);
