import { type CryptoProvider, ecc384KeyFromSeed } from '@rootcap/crypto';
import { ALGORITHMS, type DiceAlgorithm, subjectPublicKeyInfo } from '../algorithm.ts';
import { assembleCertificate } from '../assemble.ts';
import { requireLength } from '../checks.ts';
import { type CsrEnvelope, parseCsrEnvelope, verifyCsrEnvelope } from '../csr-envelope.ts';
import * as der from '../der.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraints,
  keyUsage,
  subjectKeyIdentifierExtension,
} from '../extensions.ts';
import { IDEVID_CERT_ATTR_WORDS, idevidKeyIdentifier, keyIdentity, ueid } from '../identity.ts';
import { name } from '../names.ts';
import { OID, oidName } from '../oids.ts';
import { DEFAULT_VALIDITY, encodeValidity, type Validity } from '../validity.ts';
import { type CertificateRequest, parseCsr } from './certificate.ts';
import { X509Error } from './error.ts';
import { attributeOf } from './name.ts';
import { verifySignature } from './signature.ts';

type CaProvider = Pick<CryptoProvider, 'hashes' | 'hmac' | 'ecdsa384' | 'mldsa87'>;

/** How to make a vendor CA. The same options give the same certificate. */
export interface VendorCaOptions {
  readonly provider: CaProvider;
  readonly algorithm: DiceAlgorithm;
  /** Common name. */
  readonly name: string;
  /** Secret the key is made from: 48 bytes for P-384 (Caliptra's key generation), 32 for ML-DSA-87 (xi of FIPS 204). */
  readonly seed?: Uint8Array;
  /** The key itself instead: P-384 scalar (48 bytes) or expanded ML-DSA secret key (4896 bytes). */
  readonly privateKey?: Uint8Array;
  /** Default {@link DEFAULT_VALIDITY}. */
  readonly validity?: Validity;
  /** CAs allowed below; default: any number. IDevID of Caliptra 2.1 asks for 7 below itself, so at least 8. */
  readonly pathLen?: number;
}

/** A vendor's root: it issues IDevID certificates. */
export interface VendorCa {
  readonly algorithm: DiceAlgorithm;
  /** DER, self-signed. */
  readonly certificate: Uint8Array;
  /** 04 ‖ X ‖ Y (97 bytes) or the raw ML-DSA key (2592 bytes). */
  readonly publicKey: Uint8Array;
  /** DER of its name. */
  readonly subject: Uint8Array;
  /** 20 bytes. */
  readonly keyIdentifier: Uint8Array;
  readonly provider: CaProvider;
  /** Signs a TBSCertificate: r ‖ s (96 bytes) or the ML-DSA signature (4627 bytes). */
  sign(tbs: Uint8Array): Uint8Array;
}

interface CaKey {
  readonly publicKey: Uint8Array;
  sign(tbs: Uint8Array): Uint8Array;
}

function exactlyOne({ seed, privateKey }: VendorCaOptions): void {
  if ((seed === undefined) === (privateKey === undefined))
    throw new TypeError('seed: exactly one of seed and privateKey expected');
}

function eccKey({ provider, seed, privateKey }: VendorCaOptions): CaKey {
  const scalar =
    seed === undefined
      ? requireLength(privateKey as Uint8Array, 48, 'privateKey').slice()
      : ecc384KeyFromSeed(provider, requireLength(seed, 48, 'seed')).privateKey;
  const publicKey = new Uint8Array(97);
  publicKey[0] = 4;
  publicKey.set(provider.ecdsa384.publicKey(scalar), 1);
  return { publicKey, sign: (tbs) => provider.ecdsa384.sign(scalar, provider.hashes.digest('sha384', tbs)) };
}

function mldsaKey({ provider, seed, privateKey }: VendorCaOptions): CaKey {
  const secret =
    seed === undefined
      ? requireLength(privateKey as Uint8Array, provider.mldsa87.secretKeySize, 'privateKey').slice()
      : provider.mldsa87.keygenFromSeed(requireLength(seed, 32, 'seed')).secretKey;
  return { publicKey: provider.mldsa87.publicKeyOf(secret), sign: (tbs) => provider.mldsa87.sign(secret, tbs) };
}

/** `SEQUENCE` of a version 3 TBSCertificate. */
function tbsCertificate(fields: {
  readonly serialNumber: Uint8Array;
  readonly algorithm: DiceAlgorithm;
  readonly issuer: Uint8Array;
  readonly validity: Validity;
  readonly subject: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}): Uint8Array {
  return der.sequence(
    der.constructed(0, der.integer(2)),
    der.integer(fields.serialNumber),
    ALGORITHMS[fields.algorithm].signatureAlgorithm,
    fields.issuer,
    encodeValidity(fields.validity),
    fields.subject,
    fields.publicKeyInfo,
    der.constructed(3, der.sequence(...fields.extensions)),
  );
}

/**
 * Makes a self-signed root: basicConstraints (CA), keyUsage keyCertSign and cRLSign, subjectKeyIdentifier; serial number
 * and key identifier from the SHA-256 of the key, as in Caliptra's own certificates. Deterministic.
 *
 * @throws TypeError without or with both of seed and privateKey, RangeError for a wrong length
 */
export function createVendorCa(options: VendorCaOptions): VendorCa {
  exactlyOne(options);
  const { provider, algorithm, validity = DEFAULT_VALIDITY, pathLen } = options;
  const key = algorithm === 'mldsa87' ? mldsaKey(options) : eccKey(options);
  const { certificateSerialNumber, subjectKeyIdentifier } = keyIdentity(provider, key.publicKey);
  const subject = name(options.name);
  const tbs = tbsCertificate({
    serialNumber: certificateSerialNumber,
    algorithm,
    issuer: subject,
    validity,
    subject,
    publicKeyInfo: subjectPublicKeyInfo(algorithm, key.publicKey),
    extensions: [
      basicConstraints(pathLen),
      keyUsage(['keyCertSign', 'cRLSign']),
      subjectKeyIdentifierExtension(subjectKeyIdentifier),
    ],
  });
  return {
    provider,
    algorithm,
    certificate: assembleCertificate(algorithm, tbs, key.sign(tbs)),
    publicKey: key.publicKey,
    subject,
    keyIdentifier: subjectKeyIdentifier,
    sign: key.sign,
  };
}

/** A request by itself (DER), or one of the two in an envelope whose MAC is to be verified. */
export type IdevidRequest =
  | Uint8Array
  | {
      /** 8784 bytes. */
      readonly envelope: Uint8Array;
      /** 64 bytes: the integrator's key in the hardware. */
      readonly csrHmacKey: Uint8Array;
      readonly algorithm: DiceAlgorithm;
    };

export interface IssueOptions {
  /**
   * Fuse words IDEVID_CERT_ATTR of the device (24): they fix the key identifier that its LDevID certificate will name.
   * Default all zero, which means SHA-1.
   */
  readonly idevidCertAttr?: ArrayLike<number>;
  /** Default {@link DEFAULT_VALIDITY}. */
  readonly validity?: Validity;
  /** 1 to 20 bytes, unsigned; default: from the SHA-256 of the key. */
  readonly serialNumber?: Uint8Array;
}

function requestDer(provider: CaProvider, request: IdevidRequest): Uint8Array {
  if (request instanceof Uint8Array) return request;
  const { envelope, csrHmacKey, algorithm } = request;
  const csrs: CsrEnvelope = parseCsrEnvelope(envelope);
  if (!verifyCsrEnvelope(provider, csrHmacKey, envelope)) throw new X509Error('envelope.mac', undefined, 'wrong');
  const csr = algorithm === 'mldsa87' ? csrs.mldsaCsr : csrs.eccCsr;
  if (csr === undefined) throw new X509Error('envelope', undefined, `holds no request of ${algorithm}`);
  return csr;
}

const COPIED: readonly string[] = [OID.basicConstraints, OID.keyUsage, OID.tcgDiceUeid, OID.extendedKeyUsage];

/** Refuses what is not the request of an IDevID key whose owner has that key. */
function checkRequest(provider: CaProvider, csr: CertificateRequest): DiceAlgorithm {
  const refuse = (path: string, reason: string): never => {
    throw new X509Error(`request.${path}`, undefined, reason);
  };
  const { publicKey, signatureAlgorithm, tbs, signature, decoded, extensions } = csr;
  const verdict = verifySignature(provider, publicKey, signatureAlgorithm, tbs, signature);
  if (verdict.result !== 'valid') refuse('signature', `no proof of possession: ${verdict.reason}`);
  const { algorithm } = publicKey;
  if (algorithm !== 'ecdsa-p384' && algorithm !== 'mldsa87') return refuse('publicKey', `algorithm ${algorithm}`);
  const { subjectSerialNumber } = keyIdentity(provider, publicKey.bytes);
  if (attributeOf(csr.subject, OID.serialNumber) !== subjectSerialNumber)
    refuse('subject', 'its serialNumber is not the SHA-256 of the key');
  for (const { oid } of extensions)
    if (!COPIED.includes(oid)) refuse(oidName(oid), 'no extension of an IDevID request');
  if (!decoded.basicConstraints?.ca) refuse('basicConstraints', 'no CA');
  if (!decoded.keyUsage?.includes('keyCertSign')) refuse('keyUsage', 'no keyCertSign');
  if (decoded.ueid === undefined) refuse('tcgDiceUeid', 'missing');
  return algorithm;
}

/**
 * Issues the IDevID certificate that a device's LDevID certificate chains to: subject, key and extensions of the request,
 * the subjectKeyIdentifier by the device's fuses, the CA as authority. Deterministic.
 *
 * The request must prove possession of its key, and an envelope must have the right MAC.
 *
 * @returns DER
 * @throws X509Error if the request is refused, StructError if the envelope cannot be taken apart, RangeError for wrong options
 */
export function issueIdevidCertificate(ca: VendorCa, request: IdevidRequest, options: IssueOptions = {}): Uint8Array {
  const { provider } = ca;
  const { idevidCertAttr = new Uint32Array(IDEVID_CERT_ATTR_WORDS), validity = DEFAULT_VALIDITY } = options;
  const csr = parseCsr(requestDer(provider, request));
  const algorithm = checkRequest(provider, csr);
  if (
    options.idevidCertAttr !== undefined &&
    der.compareBytes(ueid(idevidCertAttr), csr.decoded.ueid as Uint8Array) !== 0
  )
    throw new X509Error('request.tcgDiceUeid', undefined, 'differs from the UEID in the fuses');
  const { bytes } = csr.publicKey;
  const tbs = tbsCertificate({
    serialNumber: serialNumberOf(options.serialNumber) ?? keyIdentity(provider, bytes).certificateSerialNumber,
    algorithm: ca.algorithm,
    issuer: ca.subject,
    validity,
    subject: csr.subject.der,
    publicKeyInfo: csr.publicKey.der,
    extensions: [
      ...csr.extensions.map((extension) => extension.der),
      subjectKeyIdentifierExtension(idevidKeyIdentifier(provider, algorithm, bytes, idevidCertAttr)),
      authorityKeyIdentifierExtension(ca.keyIdentifier),
    ],
  });
  return assembleCertificate(ca.algorithm, tbs, ca.sign(tbs));
}

function serialNumberOf(serialNumber: Uint8Array | undefined): Uint8Array | undefined {
  if (serialNumber === undefined) return undefined;
  const { length } = serialNumber;
  if (length < 1 || length > 20 || serialNumber.every((byte) => byte === 0))
    throw new RangeError(`serialNumber: ${length} bytes, 1 to 20 that are not all zero expected`);
  return serialNumber;
}
