import { Certificate as PkijsCertificate, CertificationRequest as PkijsRequest } from 'pkijs';
import type { DiceAlgorithm } from '../algorithm.ts';
import { compareBytes } from '../der.ts';
import { OID } from '../oids.ts';
import {
  type DerNode,
  dottedOid,
  elements,
  Fields,
  latin1,
  readAllDer,
  readDer,
  requireTag,
  smallInteger,
  TAG,
  utcYear,
  wholeBytes,
} from './der-reader.ts';
import { X509Error } from './error.ts';
import { type CertificateExtension, type DecodedExtensions, extensionsOf } from './extensions.ts';
import { type DistinguishedName, nameOf } from './name.ts';

export interface AlgorithmIdentifier {
  /** Dotted. */
  readonly oid: string;
  /** DER of the parameters, if there are any. */
  readonly parameters?: Uint8Array;
  readonly der: Uint8Array;
}

/** A public key this package can name, and whatever else a certificate may hold. */
export interface PublicKey {
  readonly algorithm: DiceAlgorithm | 'ecdsa-p256' | 'unknown';
  /** Contents of the BIT STRING: 04 ‖ X ‖ Y, or the raw ML-DSA key. */
  readonly bytes: Uint8Array;
  readonly identifier: AlgorithmIdentifier;
  /** SubjectPublicKeyInfo. */
  readonly der: Uint8Array;
}

/** Fields that certificates and requests share. */
interface Signed {
  /** The whole encoding. */
  readonly der: Uint8Array;
  /** The bytes that are signed. */
  readonly tbs: Uint8Array;
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKey;
  readonly extensions: readonly CertificateExtension[];
  /** The known extensions, decoded. */
  readonly decoded: DecodedExtensions;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** Contents of the BIT STRING: SEQUENCE { r, s }, or the raw ML-DSA signature. */
  readonly signature: Uint8Array;
}

export interface Certificate extends Signed {
  readonly kind: 'certificate';
  readonly version: 1 | 2 | 3;
  /** Content bytes of the INTEGER: two's complement, big-endian. */
  readonly serialNumber: Uint8Array;
  /** The algorithm that the signed part names. */
  readonly tbsSignatureAlgorithm: AlgorithmIdentifier;
  readonly issuer: DistinguishedName;
  /** `YYYYMMDDHHMMSSZ`, whichever type the certificate uses. */
  readonly validity: { readonly notBefore: string; readonly notAfter: string };
}

export interface CertificateRequest extends Signed {
  readonly kind: 'request';
}

function algorithmOf(node: DerNode, path: string): AlgorithmIdentifier {
  const fields = new Fields(requireTag(node, TAG.sequence, path), path);
  const oid = dottedOid(fields.take(TAG.objectIdentifier, 'algorithm').contents);
  const parameters = node.children.length > 1 ? fields.any('parameters').der : undefined;
  fields.end();
  return { oid, ...(parameters === undefined ? {} : { parameters }), der: node.der };
}

function keyAlgorithm({ oid, parameters }: AlgorithmIdentifier, size: number): PublicKey['algorithm'] {
  if (oid === OID.mlDsa87 && parameters === undefined && size === 2592) return 'mldsa87';
  if (oid !== OID.ecPublicKey || parameters?.[0] !== TAG.objectIdentifier) return 'unknown';
  const curve = dottedOid(parameters.subarray(2));
  if (curve === OID.secp384r1 && size === 97) return 'ecdsa-p384';
  return curve === OID.secp256r1 && size === 65 ? 'ecdsa-p256' : 'unknown';
}

function publicKeyOf(node: DerNode, path: string): PublicKey {
  const fields = new Fields(node, path);
  const identifier = algorithmOf(fields.take(TAG.sequence, 'algorithm'), `${path}.algorithm`);
  const bytes = wholeBytes(fields.take(TAG.bitString, 'subjectPublicKey'), `${path}.subjectPublicKey`);
  fields.end();
  return { algorithm: keyAlgorithm(identifier, bytes.length), bytes, identifier, der: node.der };
}

function timeOf(fields: Fields, name: string): string {
  const node = fields.any(name);
  const text = latin1(node.contents);
  if (node.tag === TAG.utcTime) return `${utcYear(Number(text.slice(0, 2)))}${text.slice(2)}`;
  requireTag(node, TAG.generalizedTime, name);
  return text;
}

/** `SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }`, the form of everything signed. */
function outerOf(root: DerNode, path: string, tbsName: string) {
  const fields = new Fields(requireTag(root, TAG.sequence, path), path);
  const tbs = fields.take(TAG.sequence, tbsName);
  const signatureAlgorithm = algorithmOf(fields.take(TAG.sequence, 'signatureAlgorithm'), `${path}.signatureAlgorithm`);
  const signature = wholeBytes(fields.take(TAG.bitString, 'signature'), `${path}.signature`);
  fields.end();
  return { tbs, signatureAlgorithm, signature };
}

function certificateOf(root: DerNode): Certificate {
  const { tbs, signatureAlgorithm, signature } = outerOf(root, 'certificate', 'tbsCertificate');
  const path = 'certificate.tbsCertificate';
  const fields = new Fields(tbs, path);
  const version = versionOf(fields.optional(0xa0), `${path}.version`);
  const serialNumber = fields.take(TAG.integer, 'serialNumber').contents;
  const tbsSignatureAlgorithm = algorithmOf(fields.take(TAG.sequence, 'signature'), `${path}.signature`);
  const issuer = nameOf(fields.take(TAG.sequence, 'issuer'), `${path}.issuer`);
  const dates = new Fields(fields.take(TAG.sequence, 'validity'), `${path}.validity`);
  const validity = { notBefore: timeOf(dates, 'notBefore'), notAfter: timeOf(dates, 'notAfter') };
  dates.end();
  const subject = nameOf(fields.take(TAG.sequence, 'subject'), `${path}.subject`);
  const publicKey = publicKeyOf(fields.take(TAG.sequence, 'subjectPublicKeyInfo'), `${path}.subjectPublicKeyInfo`);
  const identifiers = [fields.optional(0x81), fields.optional(0x82)].filter((node) => node !== undefined);
  const wrapped = fields.optional(0xa3);
  fields.end();
  if (identifiers.length > 0 && version === 1) throw new X509Error(path, tbs.offset, 'unique identifier in version 1');
  if (wrapped !== undefined && version !== 3)
    throw new X509Error(path, wrapped.offset, `extensions in version ${version}`);
  return {
    kind: 'certificate',
    der: root.der,
    tbs: tbs.der,
    version,
    serialNumber,
    tbsSignatureAlgorithm,
    issuer,
    validity,
    subject,
    publicKey,
    ...(wrapped === undefined ? NO_EXTENSIONS : wrappedExtensions(wrapped, `${path}.extensions`)),
    signatureAlgorithm,
    signature,
  };
}

const NO_EXTENSIONS = { extensions: [], decoded: {} };

function wrappedExtensions(node: DerNode, path: string) {
  const fields = new Fields(node, path);
  const extensions = fields.take(TAG.sequence, 'value');
  fields.end();
  return extensionsOf(extensions, path);
}

function versionOf(node: DerNode | undefined, path: string): 1 | 2 | 3 {
  if (node === undefined) return 1;
  const fields = new Fields(node, path);
  const number = smallInteger(fields.take(TAG.integer, 'value'), path);
  fields.end();
  if (number !== 1 && number !== 2) throw new X509Error(path, node.offset, `${number} is not 1 or 2`);
  return number === 1 ? 2 : 3;
}

function requestOf(root: DerNode): CertificateRequest {
  const { tbs, signatureAlgorithm, signature } = outerOf(root, 'request', 'certificationRequestInfo');
  const path = 'request.certificationRequestInfo';
  const fields = new Fields(tbs, path);
  const version = fields.take(TAG.integer, 'version');
  if (smallInteger(version, `${path}.version`) !== 0) throw new X509Error(`${path}.version`, version.offset, 'not 0');
  const subject = nameOf(fields.take(TAG.sequence, 'subject'), `${path}.subject`);
  const publicKey = publicKeyOf(fields.take(TAG.sequence, 'subjectPKInfo'), `${path}.subjectPKInfo`);
  const attributes = fields.take(0xa0, 'attributes');
  fields.end();
  return {
    kind: 'request',
    der: root.der,
    tbs: tbs.der,
    subject,
    publicKey,
    ...requestedExtensions(attributes, `${path}.attributes`),
    signatureAlgorithm,
    signature,
  };
}

function requestedExtensions(attributes: DerNode, path: string) {
  let found: ReturnType<typeof extensionsOf> | undefined;
  for (const [i, attribute] of attributes.children.entries()) {
    const previous = attributes.children[i - 1];
    if (previous !== undefined && compareBytes(previous.der, attribute.der) > 0)
      throw new X509Error(path, attribute.offset, 'SET OF out of order');
    const fields = new Fields(requireTag(attribute, TAG.sequence, `${path}[${i}]`), `${path}[${i}]`);
    const type = dottedOid(fields.take(TAG.objectIdentifier, 'type').contents);
    const values = elements(fields.take(TAG.set, 'values'), TAG.set, `${path}[${i}].values`);
    fields.end();
    if (type !== OID.extensionRequest) continue;
    if (found !== undefined || values.length !== 1)
      throw new X509Error(`${path}[${i}]`, attribute.offset, 'more than one extensionRequest');
    found = extensionsOf(values[0] as DerNode, `${path}[${i}].extensionRequest`);
  }
  return found ?? NO_EXTENSIONS;
}

/** A second, independent parser must read the same bytes, and its own encoding of what it read must give them again. */
function requireSameInPkijs(kind: 'certificate' | 'request', der: Uint8Array): void {
  let encoded: Uint8Array;
  try {
    const copy = der.slice();
    const parsed = kind === 'certificate' ? PkijsCertificate.fromBER(copy) : PkijsRequest.fromBER(copy);
    encoded = new Uint8Array(parsed.toSchema(true).toBER());
  } catch (cause) {
    throw new X509Error(kind, undefined, 'pkijs cannot read it', { cause });
  }
  if (compareBytes(encoded, der) !== 0) throw new X509Error(kind, undefined, 'pkijs encodes it differently');
}

/**
 * Reads one certificate. Accepts DER only: whatever is read encodes to the very same bytes.
 *
 * @param der - belongs to the caller; the result holds a copy
 * @throws X509Error naming field and offset
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const certificate = certificateOf(readDer(der.slice(), 'certificate'));
  requireSameInPkijs('certificate', certificate.der);
  return certificate;
}

/** Reads one PKCS#10 request, its signature unverified. Rules and errors of {@link parseCertificate}. */
export function parseCsr(der: Uint8Array): CertificateRequest {
  const request = requestOf(readDer(der.slice(), 'request'));
  requireSameInPkijs('request', request.der);
  return request;
}

/** Reads a SubjectPublicKeyInfo. @throws X509Error */
export function parsePublicKey(der: Uint8Array): PublicKey {
  const path = 'publicKey';
  return publicKeyOf(requireTag(readDer(der.slice(), path), TAG.sequence, path), path);
}

/** @internal */
export function parseAlgorithm(der: Uint8Array): AlgorithmIdentifier {
  return algorithmOf(readDer(der, 'algorithm'), 'algorithm');
}

/** Splits certificates that stand one behind the other, as DPE returns its chain. @throws X509Error */
export function parseCertificates(concatenated: Uint8Array): Certificate[] {
  return readAllDer(concatenated, 'certificates').map(({ der }) => parseCertificate(der));
}
