import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import { type CryptoProvider, concatBytes, equalBytes, hexToBytes } from '@rootcap/crypto';
import { der } from '@rootcap/dice';
import { decodePem, type PemBlock, parsePublicKey } from '@rootcap/dice/x509';
import type { EccSigningKey, MlDsaSigningKey } from '@rootcap/image';
import { UsageError } from './errors.ts';
import type { Terminal } from './terminal.ts';
import { utf8Text } from './text.ts';
import { isHex, parseHex } from './values.ts';

/**
 * Key files: PEM, DER, raw bytes or hexadecimal text. Private P-384 keys also as the 48 bytes of their scalar, ML-DSA-87
 * keys as seed (32 bytes) or expanded (4896 bytes).
 */

const MLDSA_SEED_SIZE = 32;
const MLDSA_SECRET_SIZE = 4896;

/** A file's bytes: of the first key in a PEM text, of hexadecimal text, or as they are. */
function keyBytes(data: Uint8Array): { readonly label?: string; readonly bytes: Uint8Array } {
  const text = utf8Text(data);
  if (text.includes('-----BEGIN ')) {
    const block = decodePem(text).find(({ label }) => label.endsWith('KEY')) as PemBlock | undefined;
    if (block !== undefined) return { label: block.label, bytes: block.der };
  }
  const trimmed = text.trim();
  return trimmed.length > 0 && isHex(trimmed) ? { bytes: parseHex(trimmed, 'key') } : { bytes: data };
}

function fromBase64url(text: string | undefined): Uint8Array {
  const binary = atob((text ?? '').replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function coordinates(jwk: JsonWebKey): Uint8Array | undefined {
  return jwk.crv === 'P-384' ? concatBytes(fromBase64url(jwk.x), fromBase64url(jwk.y)) : undefined;
}

/** PKCS#8 or SEC 1. */
function eccKeyFromDer(bytes: Uint8Array): EccSigningKey | undefined {
  for (const type of ['pkcs8', 'sec1'] as const)
    try {
      const jwk = createPrivateKey({ key: Buffer.from(bytes), format: 'der', type }).export({ format: 'jwk' });
      const publicKey = coordinates(jwk);
      if (publicKey !== undefined) return { publicKey, privateKey: fromBase64url(jwk.d) };
    } catch {
      // Not of this form; the next one may fit.
    }
  return undefined;
}

/** P-384 signing key of a file. @throws UsageError naming `argument` */
export function readEccKey(
  terminal: Terminal,
  provider: CryptoProvider,
  path: string,
  argument: string,
): EccSigningKey {
  const { bytes } = keyBytes(terminal.read(path, argument));
  if (bytes.length === 48) return { privateKey: bytes, publicKey: provider.ecdsa384.publicKey(bytes) };
  const key = eccKeyFromDer(bytes);
  if (key === undefined)
    throw new UsageError(`${argument}: ${path} is no P-384 private key (PKCS#8 or SEC 1, PEM or DER; or 48 bytes)`);
  return key;
}

const MLDSA87_OID = hexToBytes('0609608648016503040313');
const PKCS8_VERSION = hexToBytes('020100');

function pkcs8(inner: Uint8Array): Uint8Array {
  return der.sequence(PKCS8_VERSION, der.sequence(MLDSA87_OID), der.octetString(inner));
}

/**
 * The three forms of RFC 9881 §6 (seed, expanded key, both). Sizes are fixed, so the key is known by encoding it again.
 */
function mldsaKeyFromPkcs8(bytes: Uint8Array): Uint8Array | undefined {
  const seed = bytes.slice(-MLDSA_SEED_SIZE);
  if (equalBytes(pkcs8(concatBytes(Uint8Array.of(0x80, MLDSA_SEED_SIZE), seed)), bytes)) return seed;
  const expanded = bytes.slice(-MLDSA_SECRET_SIZE);
  const expandedString = der.octetString(expanded);
  if (equalBytes(pkcs8(expandedString), bytes)) return expanded;
  const before = bytes.length - expandedString.length;
  const both = bytes.slice(before - MLDSA_SEED_SIZE, before);
  return equalBytes(pkcs8(der.sequence(der.octetString(both), expandedString)), bytes) ? expanded : undefined;
}

/** ML-DSA-87 signing key of a file. @throws UsageError naming `argument` */
export function readMlDsaKey(
  terminal: Terminal,
  { mldsa87 }: CryptoProvider,
  path: string,
  argument: string,
): MlDsaSigningKey {
  const { bytes } = keyBytes(terminal.read(path, argument));
  const raw = bytes.length === MLDSA_SEED_SIZE || bytes.length === MLDSA_SECRET_SIZE;
  const secret = raw ? bytes : mldsaKeyFromPkcs8(bytes);
  if (secret === undefined)
    throw new UsageError(
      `${argument}: ${path} is no ML-DSA-87 private key (PKCS#8 PEM or DER; or a seed of 32 or a key of 4896 bytes)`,
    );
  if (secret.length === MLDSA_SEED_SIZE) return mldsa87.keygenFromSeed(secret);
  return { secretKey: secret, publicKey: mldsa87.publicKeyOf(secret) };
}

/** Kinds of public key that fuses commit to, and their sizes in bytes. */
const PUBLIC_KEY_SIZES = { ecc: 96, mldsa: 2592, lms: 48 } as const;
export type PublicKeyKind = keyof typeof PUBLIC_KEY_SIZES;

const SPKI_ALGORITHMS = { ecc: 'ecdsa-p384', mldsa: 'mldsa87', lms: undefined } as const;

function fromSpki(bytes: Uint8Array, kind: PublicKeyKind): Uint8Array | undefined {
  try {
    const { algorithm, bytes: key } = parsePublicKey(bytes);
    if (algorithm !== SPKI_ALGORITHMS[kind]) return undefined;
    return kind === 'ecc' ? key.slice(1) : key;
  } catch {
    return undefined;
  }
}

/**
 * Public key of a file: SubjectPublicKeyInfo, X ‖ Y with or without 04, raw ML-DSA or LMS key; or a private key, of which
 * it is the public half.
 *
 * @returns X ‖ Y (96 bytes), ML-DSA-87 key (2592) or LMS key (48)
 * @throws UsageError naming `argument`
 */
export function readPublicKey(
  terminal: Terminal,
  provider: CryptoProvider,
  kind: PublicKeyKind,
  path: string,
  argument: string,
): Uint8Array {
  const { bytes, label = '' } = keyBytes(terminal.read(path, argument));
  const size = PUBLIC_KEY_SIZES[kind];
  if (bytes.length === size) return bytes;
  if (kind === 'ecc' && bytes.length === size + 1 && bytes[0] === 4) return bytes.slice(1);
  const spki = label.includes('PRIVATE') ? undefined : fromSpki(bytes, kind);
  if (spki !== undefined) return spki;
  if (kind === 'ecc' && (bytes.length === 48 || eccKeyFromDer(bytes) !== undefined))
    return readEccKey(terminal, provider, path, argument).publicKey;
  if (kind === 'mldsa') {
    const raw = bytes.length === MLDSA_SEED_SIZE || bytes.length === MLDSA_SECRET_SIZE;
    if (raw || mldsaKeyFromPkcs8(bytes) !== undefined)
      return readMlDsaKey(terminal, provider, path, argument).publicKey;
  }
  throw new UsageError(`${argument}: ${path} is no ${kind} public key of ${size} bytes`);
}
