import { compareBytes } from '../der.ts';
import { keyIdentity } from '../identity.ts';
import { OID, oidName } from '../oids.ts';
import type { Certificate } from './certificate.ts';
import { isKnownExtension } from './extensions.ts';
import { guessLayer, type LayerGuess } from './layer.ts';
import { attributeOf } from './name.ts';
import { type VerifyKey, type VerifyProvider, verifySignature } from './signature.ts';
import { readableTime } from './time.ts';

export type CheckName =
  | 'encoding'
  | 'version'
  | 'serial-number'
  | 'algorithm'
  | 'signature'
  | 'issuer'
  | 'key-identifier'
  | 'validity'
  | 'basic-constraints'
  | 'path-length'
  | 'key-usage'
  | 'extended-key-usage'
  | 'critical-extension'
  | 'trust-anchor'
  | 'dice';

/** One result of a check, without the certificate it belongs to. */
export interface Remark {
  readonly check: CheckName;
  /** An error makes the chain invalid; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

const error = (check: CheckName, text: string): Remark => ({ check, severity: 'error', text });
const warning = (check: CheckName, text: string): Remark => ({ check, severity: 'warning', text });

const equal = (a: Uint8Array, b: Uint8Array): boolean => compareBytes(a, b) === 0;

/** Whether subject and issuer are the same name. */
export const isSelfIssued = ({ subject, issuer }: Certificate): boolean => equal(subject.der, issuer.der);

function serialNumberRemarks({ serialNumber }: Certificate): Remark[] {
  const [first] = serialNumber;
  if ((first as number) >= 0x80 || serialNumber.every((byte) => byte === 0))
    return [error('serial-number', 'the serial number is not positive')];
  return serialNumber.length > 20
    ? [warning('serial-number', `the serial number has ${serialNumber.length} bytes`)]
    : [];
}

function algorithmRemarks({ signatureAlgorithm, tbsSignatureAlgorithm }: Certificate): Remark[] {
  if (equal(signatureAlgorithm.der, tbsSignatureAlgorithm.der)) return [];
  const [outer, inner] = [signatureAlgorithm, tbsSignatureAlgorithm].map(({ oid }) => oidName(oid));
  return [error('algorithm', `signed with ${outer}, but the signed part names ${inner} or other parameters`)];
}

function validityRemarks({ validity }: Certificate, at: string | undefined): Remark[] {
  const { notBefore, notAfter } = validity;
  if (notBefore > notAfter) return [error('validity', 'ends before it begins')];
  if (at !== undefined && at < notBefore) return [error('validity', `not valid before ${readableTime(notBefore)}`)];
  return at !== undefined && at > notAfter ? [error('validity', `not valid after ${readableTime(notAfter)}`)] : [];
}

function constraintRemarks({ decoded, extensions }: Certificate): Remark[] {
  const { basicConstraints, keyUsage } = decoded;
  const remarks: Remark[] = [];
  if (basicConstraints?.pathLen !== undefined && !basicConstraints.ca) {
    // The templates of caliptra-sw write it into endorsements of HPKE keys; it allows nothing.
    const remark = decoded.hpkeIdentifiers === undefined ? error : warning;
    remarks.push(remark('basic-constraints', 'a path length, but no CA'));
  }
  if (keyUsage?.includes('keyCertSign') && !basicConstraints?.ca)
    remarks.push(error('key-usage', 'keyCertSign, but no CA'));
  const marked = extensions.find(({ oid }) => oid === OID.basicConstraints);
  if (basicConstraints?.ca && marked?.critical === false)
    remarks.push(warning('basic-constraints', 'a CA whose basicConstraints are not critical'));
  return remarks;
}

function criticalRemarks({ extensions }: Certificate): Remark[] {
  return extensions
    .filter(({ oid, critical }) => critical && !isKnownExtension(oid))
    .map(({ oid }) => error('critical-extension', `critical extension ${oidName(oid)} is not understood`));
}

const CALIPTRA_LAYERS: readonly LayerGuess[] = ['idevid', 'ldevid', 'fmc-alias', 'rt-alias'];

function identityRemarks(provider: Pick<VerifyProvider, 'hashes'>, certificate: Certificate): Remark[] {
  const { layer, basis } = guessLayer(certificate);
  const serialNumber = attributeOf(certificate.subject, OID.serialNumber);
  if (basis !== 'common name' || !CALIPTRA_LAYERS.includes(layer) || serialNumber === undefined) return [];
  if (keyIdentity(provider, certificate.publicKey.bytes).subjectSerialNumber === serialNumber) return [];
  return [warning('dice', 'the serialNumber of the subject is not the SHA-256 of its key')];
}

/** Checks of one certificate by itself. @param at - `YYYYMMDDHHMMSSZ` */
export function certificateRemarks(
  provider: Pick<VerifyProvider, 'hashes'>,
  certificate: Certificate,
  at: string | undefined,
): Remark[] {
  return [
    ...(certificate.version === 3
      ? []
      : [warning('version', `version ${certificate.version}, which has no extensions`)]),
    ...serialNumberRemarks(certificate),
    ...algorithmRemarks(certificate),
    ...validityRemarks(certificate, at),
    ...constraintRemarks(certificate),
    ...criticalRemarks(certificate),
    ...identityRemarks(provider, certificate),
  ];
}

/** Checks whether a certificate may issue others. @param below - CAs, not self-issued, between it and the last certificate */
export function issuerRemarks({ decoded }: Certificate, below: number): Remark[] {
  const { basicConstraints, keyUsage, extendedKeyUsage } = decoded;
  const remarks: Remark[] = [];
  if (!basicConstraints?.ca) remarks.push(error('basic-constraints', 'issues a certificate, but is no CA'));
  const { pathLen } = basicConstraints ?? {};
  if (pathLen !== undefined && below > pathLen)
    remarks.push(error('path-length', `${below} CAs below it, at most ${pathLen} allowed`));
  if (keyUsage === undefined) remarks.push(warning('key-usage', 'issues a certificate without a keyUsage extension'));
  else if (!keyUsage.includes('keyCertSign'))
    remarks.push(error('key-usage', 'issues a certificate, but its key may not sign certificates'));
  const mayIssue: readonly string[] = [OID.tcgDiceKpEca, OID.anyExtendedKeyUsage];
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((purpose) => mayIssue.includes(purpose)))
    remarks.push(error('extended-key-usage', 'issues a certificate, but embedded CA is not among its purposes'));
  return remarks;
}

/** Layers that may follow a layer. */
const NEXT: Readonly<Partial<Record<LayerGuess, readonly LayerGuess[]>>> = {
  idevid: ['ldevid'],
  ldevid: ['fmc-alias'],
  'fmc-alias': ['rt-alias'],
};

function diceRemarks(issuer: Certificate, certificate: Certificate): Remark[] {
  const [above, below] = [guessLayer(issuer).layer, guessLayer(certificate).layer];
  const remarks: Remark[] = [];
  const expected = NEXT[above];
  if (expected !== undefined && !expected.includes(below))
    remarks.push(warning('dice', `layer ${below} under ${above}, where ${expected.join(' or ')} belongs`));
  const [first, second] = [issuer.decoded.ueid, certificate.decoded.ueid];
  const both = CALIPTRA_LAYERS.includes(above) && CALIPTRA_LAYERS.includes(below);
  if (both && first !== undefined && second !== undefined && !equal(first, second))
    remarks.push(warning('dice', 'its UEID differs from that of its issuer'));
  return remarks;
}

/** Checks whether the names and key identifiers of `certificate` point to `issuer`. */
export function linkRemarks(issuer: Certificate, certificate: Certificate): Remark[] {
  const remarks: Remark[] = [];
  if (!equal(certificate.issuer.der, issuer.subject.der))
    remarks.push(error('issuer', `names the issuer ${certificate.issuer.text}, not ${issuer.subject.text}`));
  const authority = certificate.decoded.authorityKeyIdentifier?.keyIdentifier;
  const subject = issuer.decoded.subjectKeyIdentifier;
  if (authority === undefined || subject === undefined)
    remarks.push(warning('key-identifier', 'no key identifiers connect it to its issuer'));
  else if (!equal(authority, subject))
    remarks.push(error('key-identifier', 'names another key identifier than that of its issuer'));
  return [...remarks, ...diceRemarks(issuer, certificate)];
}

/** Checks the signature of `certificate` by a key. */
export function signatureRemarks(
  provider: VerifyProvider,
  key: VerifyKey,
  { signatureAlgorithm, tbs, signature }: Certificate,
): Remark[] {
  const verdict = verifySignature(provider, key, signatureAlgorithm, tbs, signature);
  if (verdict.result === 'valid') return [];
  return verdict.result === 'invalid'
    ? [error('signature', verdict.reason)]
    : [error('algorithm', `cannot be verified, unsupported: ${verdict.reason}`)];
}
