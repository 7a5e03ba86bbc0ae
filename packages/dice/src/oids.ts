/** Object identifiers of Caliptra's certificates, dotted. Sources: RFC 5280, RFC 5480, RFC 9881, TCG DICE Attestation Architecture, TCG storage MEK-MPA. */
export const OID = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',

  ecPublicKey: '1.2.840.10045.2.1',
  secp256r1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  mlDsa87: '2.16.840.1.101.3.4.3.19',
  mlKem1024: '2.16.840.1.101.3.4.4.3',
  /** Of draft-ietf-lamps-pq-composite-kem, as caliptra-sw:x509/gen/src/x509.rs has it. */
  mlKem1024EcdhP384: '1.3.6.1.5.5.7.6.63',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',

  extensionRequest: '1.2.840.113549.1.9.14',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  anyExtendedKeyUsage: '2.5.29.37.0',

  tcgDiceTcbInfo: '2.23.133.5.4.1',
  tcgDiceUeid: '2.23.133.5.4.4',
  tcgDiceMultiTcbInfo: '2.23.133.5.4.5',
  tcgDiceKpIdentityInit: '2.23.133.5.4.100.6',
  tcgDiceKpIdentityLoc: '2.23.133.5.4.100.7',
  tcgDiceKpAttestInit: '2.23.133.5.4.100.8',
  tcgDiceKpAttestLoc: '2.23.133.5.4.100.9',
  tcgDiceKpEca: '2.23.133.5.4.100.12',

  tcgStorageHpkeIdentifiers: '2.23.133.21.1.1',
} as const;

const NAMES = new Map<string, string>(Object.entries(OID).map(([name, dotted]) => [dotted, name]));

/** Name that {@link OID} gives to a dotted identifier; the identifier itself if it has none. */
export function oidName(dotted: string): string {
  return NAMES.get(dotted) ?? dotted;
}
