import { requireLength } from './checks.ts';
import * as der from './der.ts';
import { OID } from './oids.ts';

/** Extension: the criticality is written only if it is TRUE (DEFAULT FALSE). @param value - DER of the extension's type */
export function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return critical
    ? der.sequence(der.oid(oid), der.boolean(true), der.octetString(value))
    : der.sequence(der.oid(oid), der.octetString(value));
}

/** basicConstraints, critical: a CA with this path length, or with none. */
export function basicConstraints(pathLen?: number): Uint8Array {
  const ca = der.boolean(true);
  return extension(
    OID.basicConstraints,
    true,
    pathLen === undefined ? der.sequence(ca) : der.sequence(ca, der.integer(pathLen)),
  );
}

/** Bits of KeyUsage, first bit first. RFC 5280 section 4.2.1.3 */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

/** keyUsage, critical. A named bit list ends with its last set bit. @throws RangeError without any usage */
export function keyUsage(usages: readonly KeyUsage[]): Uint8Array {
  if (usages.length === 0) throw new RangeError('usages: none, at least 1 expected');
  const last = Math.max(...usages.map((usage) => KEY_USAGES.indexOf(usage)));
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const usage of usages) {
    const bit = KEY_USAGES.indexOf(usage);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  }
  const contents = der.bitStringContents({ bytes, unusedBits: 7 - (last & 7) });
  return extension(OID.keyUsage, true, der.tlv(0x03, contents));
}

/** tcg-dice-Ueid: SEQUENCE { OCTET STRING }. @param ueid - 17 bytes, the first one the type */
export function ueidExtension(ueid: Uint8Array): Uint8Array {
  return extension(OID.tcgDiceUeid, false, der.sequence(der.octetString(requireLength(ueid, 17, 'ueid'))));
}

/** extKeyUsage, not critical: ordinary libraries do not know the DICE purposes. */
export function extendedKeyUsage(purposes: readonly string[]): Uint8Array {
  return extension(OID.extendedKeyUsage, false, der.sequence(...purposes.map(der.oid)));
}

/** subjectKeyIdentifier. @param keyIdentifier - 20 bytes */
export function subjectKeyIdentifierExtension(keyIdentifier: Uint8Array): Uint8Array {
  return extension(
    OID.subjectKeyIdentifier,
    false,
    der.octetString(requireLength(keyIdentifier, 20, 'subjectKeyIdentifier')),
  );
}

/** authorityKeyIdentifier with the key identifier only. @param keyIdentifier - 20 bytes */
export function authorityKeyIdentifierExtension(keyIdentifier: Uint8Array): Uint8Array {
  return extension(
    OID.authorityKeyIdentifier,
    false,
    der.sequence(der.primitive(0, requireLength(keyIdentifier, 20, 'authorityKeyIdentifier'))),
  );
}
