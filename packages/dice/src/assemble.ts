import { ALGORITHMS, type DiceAlgorithm } from './algorithm.ts';
import { requireLength } from './checks.ts';
import { tlvSize, writeLength } from './der.ts';

/** Index of the first byte of an unsigned number that counts. A zero keeps its last byte. */
function magnitudeStart(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  while (start < to - 1 && bytes[start] === 0) start++;
  return start;
}

/** Content bytes of the INTEGER of bytes[from, to). */
function integerLength(bytes: Uint8Array, from: number, to: number): number {
  const start = magnitudeStart(bytes, from, to);
  return to - start + ((bytes[start] as number) >> 7);
}

function writeInteger(output: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  const start = magnitudeStart(bytes, from, to);
  const padding = (bytes[start] as number) >> 7;
  output[at] = 0x02;
  output[at + 1] = to - start + padding;
  let offset = at + 2;
  if (padding) output[offset++] = 0;
  for (let i = start; i < to; i++) output[offset++] = bytes[i] as number;
  return offset;
}

/** Content bytes of the SEQUENCE { r, s } of r ‖ s. */
function ecdsaContents(signature: Uint8Array): number {
  return 4 + integerLength(signature, 0, 48) + integerLength(signature, 48, 96);
}

/** Bytes of the signature value inside the BIT STRING. */
function valueSize(algorithm: DiceAlgorithm, signature: Uint8Array): number {
  return algorithm === 'ecdsa-p384' ? tlvSize(ecdsaContents(signature)) : signature.length;
}

/**
 * Size in bytes of the certificate or request that {@link assembleInto} writes.
 *
 * @param tbsSize - bytes of the signed part
 * @param signature - r ‖ s (96 bytes) or the ML-DSA signature (4627 bytes)
 */
export function assembledSize(algorithm: DiceAlgorithm, tbsSize: number, signature: Uint8Array): number {
  requireLength(signature, ALGORITHMS[algorithm].signatureSize, 'signature');
  const identifier = ALGORITHMS[algorithm].signatureAlgorithm.length;
  return tlvSize(tbsSize + identifier + tlvSize(1 + valueSize(algorithm, signature)));
}

/**
 * Writes `SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING signature }` without allocating.
 *
 * @param signature - r ‖ s (96 bytes, written as DER integers) or the ML-DSA signature (4627 bytes)
 * @returns bytes written
 * @throws RangeError if a length is wrong or the result does not fit behind `offset`
 * @see caliptra-sw:x509/src/cert_bldr.rs
 */
export function assembleInto(
  output: Uint8Array,
  offset: number,
  algorithm: DiceAlgorithm,
  tbs: Uint8Array,
  signature: Uint8Array,
): number {
  const size = assembledSize(algorithm, tbs.length, signature);
  if (!(Number.isInteger(offset) && offset >= 0 && offset + size <= output.length))
    throw new RangeError(`output: ${output.length} bytes, ${offset} + ${size} needed`);
  return write(output, offset, algorithm, tbs, signature) - offset;
}

function write(
  output: Uint8Array,
  offset: number,
  algorithm: DiceAlgorithm,
  tbs: Uint8Array,
  signature: Uint8Array,
): number {
  const identifier = ALGORITHMS[algorithm].signatureAlgorithm;
  const value = valueSize(algorithm, signature);
  output[offset] = 0x30;
  let at = writeLength(output, offset + 1, tbs.length + identifier.length + tlvSize(1 + value));
  output.set(tbs, at);
  at += tbs.length;
  output.set(identifier, at);
  at += identifier.length;
  output[at] = 0x03;
  at = writeLength(output, at + 1, 1 + value);
  output[at++] = 0;
  if (algorithm === 'mldsa87') {
    output.set(signature, at);
    return at + signature.length;
  }
  output[at] = 0x30;
  at = writeLength(output, at + 1, ecdsaContents(signature));
  at = writeInteger(output, at, signature, 0, 48);
  return writeInteger(output, at, signature, 48, 96);
}

/**
 * Certificate from its signed part and its signature. Nothing is verified.
 *
 * @param signature - r ‖ s (96 bytes) or the ML-DSA signature (4627 bytes)
 */
export function assembleCertificate(algorithm: DiceAlgorithm, tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const output = new Uint8Array(assembledSize(algorithm, tbs.length, signature));
  write(output, 0, algorithm, tbs, signature);
  return output;
}

/** Certification request from its CertificationRequestInfo and its signature: the same outer form as a certificate. */
export const assembleCsr: typeof assembleCertificate = assembleCertificate;
