import { type CryptoProvider, equalBytes, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import { assembleCertificate, assembleCsr, keyIdentity } from '@rootcap/dice';
import { notRun } from '../suite.ts';

/** Byte that stands for whatever depends on firmware. */
const FILL = 0x44;

/** A P-384 key in a SubjectPublicKeyInfo: BIT STRING of an uncompressed point, which is 97 bytes. */
const PUBLIC_KEY_HEAD = Uint8Array.of(0x03, 0x62, 0x00, 0x04);
const PUBLIC_KEY_SIZE = 97;

/** OIDs of the extensions MultiTcbInfo and TcbInfo, each with tag and length. */
const TCB_OIDS = [hexToBytes('0606678105050405'), hexToBytes('0606678105050401')];

function indexOf(bytes: Uint8Array, part: Uint8Array, from = 0): number {
  for (let at = from; at + part.length <= bytes.length; at++)
    if (equalBytes(bytes.subarray(at, at + part.length), part)) return at;
  return -1;
}

function overwrite(bytes: Uint8Array, part: Uint8Array): void {
  for (let at = indexOf(bytes, part); at >= 0; at = indexOf(bytes, part, at + part.length))
    bytes.fill(FILL, at, at + part.length);
}

/** Contents of the DER element at an offset. */
function contents(der: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] as number;
  const more = first & 0x80 ? first & 0x7f : 0;
  const length = der.subarray(at + 2, at + 2 + more).reduce((sum, byte) => 256 * sum + byte, more === 0 ? first : 0);
  const start = at + 2 + more;
  return { start, end: start + length };
}

function publicKeyAt(der: Uint8Array): number {
  const at = indexOf(der, PUBLIC_KEY_HEAD);
  return at < 0 ? notRun('unknown layout: no P-384 key in a document') : at + 3;
}

function publicKeyOf(der: Uint8Array): Uint8Array {
  const at = publicKeyAt(der);
  return der.slice(at, at + PUBLIC_KEY_SIZE);
}

/** Every name that a certificate derives from a public key. */
function overwriteNames(tbs: Uint8Array, provider: CryptoProvider, publicKey: Uint8Array): void {
  const names = keyIdentity(provider, publicKey);
  overwrite(tbs, names.certificateSerialNumber);
  overwrite(tbs, names.subjectKeyIdentifier);
  overwrite(tbs, utf8ToBytes(names.subjectSerialNumber));
}

export interface Redaction {
  /** 04 ‖ X ‖ Y that stands for the subject's key. */
  readonly publicKey: Uint8Array;
  /** The certificate whose key's names are redacted too: an issuer that depends on firmware. */
  readonly issuer?: Uint8Array | undefined;
}

/**
 * A P-384 certificate or request without what depends on firmware: names and key of the subject, claims, signature.
 *
 * @see caliptra-sw:test/tests/caliptra_integration_tests/smoke_test.rs
 */
export function redact(
  provider: CryptoProvider,
  der: Uint8Array,
  kind: 'certificate' | 'request',
  { publicKey, issuer }: Redaction,
): Uint8Array {
  const { start } = contents(der, 0);
  const tbs = der.slice(start, contents(der, start).end);
  overwriteNames(tbs, provider, publicKeyOf(der));
  if (issuer !== undefined) overwriteNames(tbs, provider, publicKeyOf(issuer));
  tbs.set(publicKey, publicKeyAt(tbs));
  for (const oid of TCB_OIDS) {
    const at = indexOf(tbs, oid);
    if (at < 0) continue;
    const claims = contents(tbs, at + oid.length);
    tbs.fill(FILL, claims.start, claims.end);
  }
  const signature = new Uint8Array(96).fill(FILL);
  return kind === 'certificate'
    ? assembleCertificate('ecdsa-p384', tbs, signature)
    : assembleCsr('ecdsa-p384', tbs, signature);
}
