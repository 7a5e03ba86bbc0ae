import type { CryptoProvider, HashName } from '@rootcap/crypto';
import { type DiceAlgorithm, requirePublicKey } from './algorithm.ts';

/** Words of the fuse IDEVID_CERT_ATTR. */
export const IDEVID_CERT_ATTR_WORDS = 24;

type HashProvider = Pick<CryptoProvider, 'hashes'>;

/** The three names of a key that a certificate of it carries. */
export interface KeyIdentity {
  /** 64 upper-case hexadecimal digits. */
  readonly subjectSerialNumber: string;
  /** 20 bytes. */
  readonly certificateSerialNumber: Uint8Array;
  /** 20 bytes. */
  readonly subjectKeyIdentifier: Uint8Array;
}

const HEX = '0123456789ABCDEF';

/**
 * All names of a key, from one hash: `SHA-256(publicKey)`.
 *
 * @param publicKey - 04 ‖ X ‖ Y (97 bytes) or the raw ML-DSA key (2592 bytes), not a SubjectPublicKeyInfo
 * @see caliptra-sw:common/src/x509.rs
 */
export function keyIdentity(provider: HashProvider, publicKey: Uint8Array): KeyIdentity {
  const digest = provider.hashes.digest('sha256', publicKey);
  let text = '';
  for (const byte of digest) text += (HEX[byte >> 4] as string) + (HEX[byte & 15] as string);
  const serial = digest.slice(0, 20);
  // Positive, and not one of the numbers whose leading zero DER would drop.
  serial[0] = ((serial[0] as number) & 0x7f) | 0x04;
  return {
    subjectSerialNumber: text,
    certificateSerialNumber: serial,
    subjectKeyIdentifier: digest.slice(0, 20),
  };
}

/** serialNumber attribute of the subject: SHA-256 of the key in 64 upper-case hexadecimal digits. */
export function subjectSerialNumber(provider: HashProvider, publicKey: Uint8Array): string {
  return keyIdentity(provider, publicKey).subjectSerialNumber;
}

/** Serial number of the certificate of a key: first 20 bytes of its SHA-256, bit 7 of the first cleared and bit 2 set. */
export function certificateSerialNumber(provider: HashProvider, publicKey: Uint8Array): Uint8Array {
  return keyIdentity(provider, publicKey).certificateSerialNumber;
}

/** Key identifier of every layer but IDevID: first 20 bytes of SHA-256, unchanged. */
export function subjectKeyIdentifier(provider: HashProvider, publicKey: Uint8Array): Uint8Array {
  return keyIdentity(provider, publicKey).subjectKeyIdentifier;
}

/** Fuse value → hash of the IDevID key identifier. 3 and 5 to 7 take the identifier from fuses. */
const KEY_ID_HASHES: Readonly<Record<number, HashName>> = { 0: 'sha1', 1: 'sha256', 2: 'sha384', 4: 'sha512' };

function requireAttributes(words: ArrayLike<number>): ArrayLike<number> {
  if (words.length !== IDEVID_CERT_ATTR_WORDS)
    throw new RangeError(`idevidCertAttr: ${words.length} words, ${IDEVID_CERT_ATTR_WORDS} expected`);
  return words;
}

function wordsLittleEndian(words: ArrayLike<number>, first: number, count: number): Uint8Array {
  const output = new Uint8Array(4 * count);
  const view = new DataView(output.buffer);
  for (let i = 0; i < count; i++) view.setUint32(4 * i, (words[first + i] as number) >>> 0, true);
  return output;
}

/**
 * Key identifier that the LDevID certificate names as its authority.
 *
 * The fuse chooses: bits 2:0 of word 0 for ECC, bits 5:3 for ML-DSA; 0 SHA-1, 1 SHA-256, 2 SHA-384, 4 SHA-512, anything
 * else words 1-5 (ECC) or 6-10 (ML-DSA) as little-endian bytes. A hash is cut to 20 bytes.
 *
 * @param idevidCertAttr - the 24 fuse words
 * @returns 20 bytes
 * @see caliptra-sw:drivers/src/fuse_bank.rs, rom/dev/src/flow/cold_reset/x509.rs
 */
export function idevidKeyIdentifier(
  provider: HashProvider,
  algorithm: DiceAlgorithm,
  publicKey: Uint8Array,
  idevidCertAttr: ArrayLike<number>,
): Uint8Array {
  const words = requireAttributes(idevidCertAttr);
  requirePublicKey(algorithm, publicKey);
  const ecc = algorithm === 'ecdsa-p384';
  const hash = KEY_ID_HASHES[((words[0] as number) >>> (ecc ? 0 : 3)) & 7];
  if (hash === undefined) return wordsLittleEndian(words, ecc ? 1 : 6, 5);
  return provider.hashes.digest(hash, publicKey).slice(0, 20);
}

/**
 * Unique endpoint identifier: low byte of fuse word 11 (the type), then words 12-15 little-endian.
 *
 * @param idevidCertAttr - the 24 fuse words
 * @returns 17 bytes
 */
export function ueid(idevidCertAttr: ArrayLike<number>): Uint8Array {
  const words = requireAttributes(idevidCertAttr);
  const output = new Uint8Array(17);
  output[0] = (words[11] as number) & 0xff;
  output.set(wordsLittleEndian(words, 12, 4), 1);
  return output;
}
