import { bytesToHex } from '@rootcap/crypto';
import {
  authorityKeyIdentifierExtension,
  der,
  extension,
  keyUsage,
  OID,
  subjectKeyIdentifierExtension,
  type Validity,
} from '@rootcap/dice';
import { type ClaimedTlv, claimedTlv, exact } from './claimed-der.ts';
import type { OtherName } from './port.ts';
import type { DpeProfile } from './profiles.ts';

/** What a certificate or request certifies. */
export interface Subject {
  readonly profile: DpeProfile;
  /** A leaf, or the issuer of whatever the holder of an exported CDI signs. */
  readonly kind: 'leaf' | 'exported';
  /** X ‖ Y, or the raw ML-DSA key. */
  readonly publicKey: Uint8Array;
  /** Hash of 04 ‖ X ‖ Y, or of the raw ML-DSA key. */
  readonly publicKeyHash: Uint8Array;
  readonly multiTcbInfo: ClaimedTlv;
  /** Whether the signed part's own length counts what MultiTcbInfo claims. */
  readonly claimedTbs: boolean;
  readonly ueid: Uint8Array;
  readonly criticalDice: boolean;
  readonly subjectAltName?: OtherName | undefined;
}

/** Who certifies. */
export interface Issuer {
  readonly name: Uint8Array;
  readonly keyIdentifier: Uint8Array;
  readonly validity: Validity;
}

const POINT = Uint8Array.of(4);

/** Bytes of a public key as they are hashed and stand in a SubjectPublicKeyInfo: ECC with 04 in front. */
export function encodedPublicKey({ algorithm }: DpeProfile, publicKey: Uint8Array): Uint8Array[] {
  return algorithm === 'mldsa87' ? [publicKey] : [POINT, publicKey];
}

/** The 64 upper-case hexadecimal digits that a subject and its certificate take their serial numbers from. */
function serialDigits(publicKeyHash: Uint8Array): string {
  return bytesToHex(publicKeyHash.subarray(0, 32)).toUpperCase();
}

const COMMON_NAME = { leaf: 'DPE Leaf', exported: 'DPE Exported CDI' } as const;

export function subjectName({ kind, publicKeyHash }: Subject): Uint8Array {
  const rdn = (oid: string, text: string): Uint8Array =>
    der.setOf(der.sequence(der.oid(oid), der.printableString(text)));
  return der.sequence(rdn(OID.commonName, COMMON_NAME[kind]), rdn(OID.serialNumber, serialDigits(publicKeyHash)));
}

export function subjectPublicKeyInfo({ profile, publicKey }: Subject): Uint8Array {
  return der.sequence(profile.keyAlgorithm, der.bitString(...encodedPublicKey(profile, publicKey)));
}

const BASIC_CONSTRAINTS = {
  leaf: extension(OID.basicConstraints, true, der.sequence()),
  exported: extension(OID.basicConstraints, true, der.sequence(der.boolean(true))),
} as const;

const KEY_USAGE = {
  leaf: keyUsage(['digitalSignature']),
  exported: keyUsage(['digitalSignature', 'keyCertSign']),
} as const;

const EXTENDED_KEY_USAGE = {
  leaf: extension(OID.extendedKeyUsage, true, der.sequence(der.oid(OID.tcgDiceKpAttestLoc))),
  exported: extension(OID.extendedKeyUsage, true, der.sequence(der.oid(OID.tcgDiceKpEca))),
} as const;

function subjectAltNameExtension({ oid, value }: OtherName): Uint8Array {
  const otherName = der.constructed(0, der.oid(oid), der.constructed(0, der.tlv(0x0c, value)));
  return extension(OID.subjectAltName, false, der.sequence(otherName));
}

/** Extensions in their order. @param issuerKeyIdentifier - left out of a request */
export function extensions(subject: Subject, issuerKeyIdentifier?: Uint8Array): ClaimedTlv {
  const { kind, criticalDice, multiTcbInfo, ueid, subjectAltName, publicKeyHash } = subject;
  const list: ClaimedTlv[] = [
    claimedTlv(
      0x30,
      exact(der.oid(OID.tcgDiceMultiTcbInfo)),
      ...(criticalDice ? [exact(der.boolean(true))] : []),
      claimedTlv(0x04, multiTcbInfo),
    ),
    exact(extension(OID.tcgDiceUeid, criticalDice, der.sequence(der.octetString(ueid)))),
    exact(BASIC_CONSTRAINTS[kind]),
    exact(KEY_USAGE[kind]),
    exact(EXTENDED_KEY_USAGE[kind]),
  ];
  if (issuerKeyIdentifier !== undefined) {
    if (kind === 'exported') list.push(exact(subjectKeyIdentifierExtension(publicKeyHash.subarray(0, 20))));
    list.push(exact(authorityKeyIdentifierExtension(issuerKeyIdentifier)));
  }
  if (subjectAltName !== undefined) list.push(exact(subjectAltNameExtension(subjectAltName)));
  return claimedTlv(0x30, ...list);
}

/** The SEQUENCE that is signed: fields, and the extensions last. */
export function signedPart(
  { claimedTbs }: Subject,
  fields: readonly Uint8Array[],
  extensionField: ClaimedTlv,
): Uint8Array {
  if (!claimedTbs) return der.sequence(...fields, extensionField.bytes);
  return claimedTlv(0x30, ...fields.map(exact), extensionField).bytes;
}

const VERSION_3 = der.constructed(0, der.integer(2));

/**
 * TBSCertificate of a DPE leaf or of an exported CDI.
 *
 * @see caliptra-dpe:dpe/src/x509.rs encode_tbs
 */
export function certificateTbs(subject: Subject, issuer: Issuer): Uint8Array {
  const serial = der.ascii(serialDigits(subject.publicKeyHash).slice(0, 20));
  const { notBefore, notAfter } = issuer.validity;
  return signedPart(
    subject,
    [
      VERSION_3,
      der.tlv(0x02, serial),
      subject.profile.signatureAlgorithm,
      issuer.name,
      der.sequence(der.generalizedTime(notBefore), der.generalizedTime(notAfter)),
      subjectName(subject),
      subjectPublicKeyInfo(subject),
    ],
    claimedTlv(0xa3, extensions(subject, issuer.keyIdentifier)),
  );
}

/** Contents of a signature's BIT STRING or OCTET STRING: SEQUENCE { r, s }, or the raw ML-DSA signature. */
export function signatureValue({ algorithm, signatureSize }: DpeProfile, signature: Uint8Array): Uint8Array {
  if (algorithm === 'mldsa87') return signature;
  const half = signatureSize / 2;
  return der.sequence(der.integer(signature.subarray(0, half)), der.integer(signature.subarray(half)));
}

/** Certificate or PKCS#10 request from its signed part. @param signature - r ‖ s, or the raw ML-DSA signature */
export function signed(profile: DpeProfile, tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  return der.sequence(tbs, profile.signatureAlgorithm, der.bitString(signatureValue(profile, signature)));
}
