import { compress, decompress } from '../compress.ts';
import { AbrError, checkLength } from '../error.ts';
import { MLKEM_Q, type Poly } from '../modular.ts';
import { concat, packBits, unpackBits } from './bits.ts';

/** Polynomials in a vector of ML-KEM-1024. */
export const MLKEM_K = 4;
/** Bits of a coefficient of u and of v. */
export const MLKEM_DU = 11;
export const MLKEM_DV = 5;

/** Lengths of ML-KEM-1024 in bytes. FIPS 203, table 3. */
export const MLKEM_BYTES = { encapsulationKey: 1568, decapsulationKey: 3168, ciphertext: 1568, sharedKey: 32 } as const;

const POLY_BYTES = 384;
const U_BYTES = 32 * MLKEM_DU;

/** ByteEncode_12 of one polynomial. @returns 384 bytes */
export const encodePoly = (poly: Poly): Uint8Array => packBits(poly, 12);

/**
 * ByteDecode_12 of one polynomial as the accelerator does it: a value of 3329 or more becomes 0, so that encoding
 * again shows that it was not reduced.
 *
 * @param bytes - 384 bytes
 * @see adams-bridge:src/decompress/rtl/decompress.sv
 */
export function decodePoly(bytes: Uint8Array): Poly {
  checkLength(bytes, POLY_BYTES, 'polynomial');
  return unpackBits(bytes, 12).map((value) => (value < MLKEM_Q ? value : 0));
}

const decodePolys = (bytes: Uint8Array, count: number): Poly[] =>
  Array.from({ length: count }, (_, i) => decodePoly(bytes.subarray(i * POLY_BYTES, (i + 1) * POLY_BYTES)));

/** An encapsulation key: t in the NTT domain (4 polynomials) and the seed of the matrix (32 bytes). */
export interface MlkemEncapsulationKey {
  readonly t: readonly Poly[];
  readonly rho: Uint8Array;
}

/** ek of K-PKE.KeyGen. FIPS 203 algorithm 13. @returns 1568 bytes */
export function encodeEncapsulationKey({ t, rho }: MlkemEncapsulationKey): Uint8Array {
  checkLength(rho, 32, 'rho');
  return concat([...t.map(encodePoly), rho]);
}

/**
 * Decodes an encapsulation key and checks it by encoding again.
 *
 * @param bytes - 1568 bytes
 * @throws AbrError `LENGTH`; `EK_MODULUS` if a value is not reduced, which stops the accelerator
 */
export function decodeEncapsulationKey(bytes: Uint8Array): MlkemEncapsulationKey {
  checkLength(bytes, MLKEM_BYTES.encapsulationKey, 'encapsulation key');
  const t = decodePolys(bytes, MLKEM_K);
  for (const [i, poly] of t.entries())
    if (encodePoly(poly).some((byte, j) => byte !== bytes[i * POLY_BYTES + j]))
      throw new AbrError('EK_MODULUS', `encapsulation key: a coefficient of t[${i}] is ${MLKEM_Q} or more`);
  return { t, rho: bytes.slice(MLKEM_K * POLY_BYTES) };
}

/** A decapsulation key: s in the NTT domain, the encapsulation key, its hash and the rejection seed (32 bytes each). */
export interface MlkemDecapsulationKey {
  readonly s: readonly Poly[];
  readonly encapsulationKey: Uint8Array;
  readonly hash: Uint8Array;
  readonly z: Uint8Array;
}

/** dk of ML-KEM.KeyGen. FIPS 203 algorithm 16. @returns 3168 bytes */
export function encodeDecapsulationKey({ s, encapsulationKey, hash, z }: MlkemDecapsulationKey): Uint8Array {
  checkLength(encapsulationKey, MLKEM_BYTES.encapsulationKey, 'encapsulation key');
  checkLength(hash, 32, 'hash');
  checkLength(z, 32, 'z');
  return concat([...s.map(encodePoly), encapsulationKey, hash, z]);
}

/**
 * Cuts a decapsulation key into its parts; whether the hash is right is for the caller to check.
 *
 * @param bytes - 3168 bytes
 * @throws AbrError `LENGTH`
 */
export function decodeDecapsulationKey(bytes: Uint8Array): MlkemDecapsulationKey {
  checkLength(bytes, MLKEM_BYTES.decapsulationKey, 'decapsulation key');
  const ek = MLKEM_K * POLY_BYTES;
  const hash = ek + MLKEM_BYTES.encapsulationKey;
  return {
    s: decodePolys(bytes, MLKEM_K),
    encapsulationKey: bytes.slice(ek, hash),
    hash: bytes.slice(hash, hash + 32),
    z: bytes.slice(hash + 32),
  };
}

/** A ciphertext before compression, or after decompression. */
export interface MlkemCiphertext {
  readonly u: readonly Poly[];
  readonly v: Poly;
}

/** Compresses u to 11 bits and v to 5. FIPS 203 algorithm 14. @returns 1568 bytes */
export function encodeCiphertext({ u, v }: MlkemCiphertext): Uint8Array {
  return concat([
    ...u.map((poly) => packBits(compress(poly, MLKEM_DU), MLKEM_DU)),
    packBits(compress(v, MLKEM_DV), MLKEM_DV),
  ]);
}

/** Inverse of {@link encodeCiphertext} up to rounding. FIPS 203 algorithm 15. @throws AbrError `LENGTH` */
export function decodeCiphertext(bytes: Uint8Array): MlkemCiphertext {
  checkLength(bytes, MLKEM_BYTES.ciphertext, 'ciphertext');
  const u = Array.from({ length: MLKEM_K }, (_, i) => bytes.subarray(i * U_BYTES, (i + 1) * U_BYTES));
  return {
    u: u.map((part) => decompress(unpackBits(part, MLKEM_DU), MLKEM_DU)),
    v: decompress(unpackBits(bytes.subarray(MLKEM_K * U_BYTES), MLKEM_DV), MLKEM_DV),
  };
}

/** A message of 32 bytes as a polynomial of 0 and 1665. */
export const decodeMessage = (bytes: Uint8Array): Poly => decompress(unpackBits(bytes, 1), 1);

/** The message nearest to a polynomial. @returns 32 bytes */
export const encodeMessage = (poly: Poly): Uint8Array => packBits(compress(poly, 1), 1);
