import { type DiceAlgorithm, requirePublicKey } from '../algorithm.ts';
import { compareBytes } from '../der.ts';
import { type Certificate, type CertificateRequest, parseCertificate } from './certificate.ts';
import {
  certificateRemarks,
  isSelfIssued,
  issuerRemarks,
  linkRemarks,
  type Remark,
  signatureRemarks,
} from './checks.ts';
import { X509Error } from './error.ts';
import type { VerifyKey, VerifyProvider } from './signature.ts';
import { timeText } from './time.ts';

/** A key that is trusted without a certificate. */
export interface TrustedKey {
  readonly algorithm: DiceAlgorithm;
  /** 04 ‖ X ‖ Y (97 bytes) or the raw ML-DSA key (2592 bytes). */
  readonly publicKey: Uint8Array;
  /** DER of the name it must be known by; any name if left out. */
  readonly subject?: Uint8Array;
}

/** A certificate (parsed or DER), the request of a device, or a bare key. */
export type TrustAnchor = Uint8Array | Certificate | CertificateRequest | TrustedKey;

export interface ChainOptions {
  readonly provider: VerifyProvider;
  /** Who is believed. Left out: a chain is only checked in itself, up to its self-signed root. */
  readonly trustAnchors?: readonly TrustAnchor[];
  /** `YYYYMMDDHHMMSSZ` or ISO 8601 in UTC. Left out: validity periods are not compared with any time. */
  readonly at?: string;
}

export interface Finding extends Remark {
  /** Index in the given order; -1 for the chain as a whole. */
  readonly certificate: number;
}

export interface ChainResult {
  /** No finding is an error. */
  readonly valid: boolean;
  /** Who vouches for the first certificate: a trust anchor, only itself, or nobody. */
  readonly anchor: 'trusted' | 'self-signed' | 'none';
  /** Root first; empty if one certificate could not be read. */
  readonly chain: readonly Certificate[];
  readonly findings: readonly Finding[];
}

interface Anchor {
  readonly key: VerifyKey;
  readonly subject?: Uint8Array;
  readonly certificate?: Certificate;
}

function anchorOf(anchor: TrustAnchor): Anchor {
  if (anchor instanceof Uint8Array) return anchorOf(parseCertificate(anchor));
  if ('kind' in anchor)
    return {
      key: anchor.publicKey,
      subject: anchor.subject.der,
      ...(anchor.kind === 'certificate' ? { certificate: anchor } : {}),
    };
  const { algorithm, publicKey, subject } = anchor;
  const key = { algorithm, bytes: requirePublicKey(algorithm, publicKey) };
  return { key, ...(subject === undefined ? {} : { subject }) };
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => compareBytes(a, b) === 0;

const isError = ({ severity }: Remark): boolean => severity === 'error';

/** Certificates with their place in the input. */
type Placed = readonly { readonly certificate: Certificate; readonly index: number }[];

/** Root first: the order in which more certificates name the one before as their issuer. */
function rootFirst(placed: Placed): Placed {
  const links = (order: Placed): number =>
    order.filter(({ certificate }, i) => {
      const issuer = order[i - 1]?.certificate;
      return issuer !== undefined && equal(certificate.issuer.der, issuer.subject.der);
    }).length;
  const reversed = [...placed].reverse();
  return links(reversed) > links(placed) ? reversed : placed;
}

function read(certificates: readonly (Uint8Array | Certificate)[]): { placed: Placed; findings: Finding[] } {
  const findings: Finding[] = [];
  const placed = certificates.flatMap((input, index) => {
    try {
      return [{ certificate: input instanceof Uint8Array ? parseCertificate(input) : input, index }];
    } catch (reason) {
      if (!(reason instanceof X509Error)) throw reason;
      findings.push({ certificate: index, check: 'encoding', severity: 'error', text: reason.message });
      return [];
    }
  });
  return { placed, findings };
}

/** CAs behind position `from`, self-issued ones and the last certificate aside. */
function intermediates(chain: readonly Certificate[], from: number): number {
  return chain.slice(from + 1, -1).filter((certificate) => !isSelfIssued(certificate)).length;
}

/** What speaks against `anchor` as the issuer of the first certificate. */
function anchorRemarks(
  provider: VerifyProvider,
  anchor: Anchor,
  chain: readonly Certificate[],
  at: string | undefined,
): Remark[] {
  const first = chain[0] as Certificate;
  const { certificate: issuer } = anchor;
  const signature = signatureRemarks(provider, anchor.key, first);
  if (issuer === undefined) return signature;
  return [
    ...certificateRemarks(provider, issuer, at),
    ...issuerRemarks(issuer, intermediates([issuer, ...chain], 0)),
    ...linkRemarks(issuer, first),
    ...signature,
  ];
}

function checkAnchor(
  { provider, trustAnchors }: ChainOptions,
  chain: readonly Certificate[],
  at: string | undefined,
): { anchor: ChainResult['anchor']; remarks: readonly Remark[] } {
  const first = chain[0] as Certificate;
  if (trustAnchors === undefined) {
    const text = 'no trust anchor was given, and it names another issuer: nobody vouches for it';
    if (!isSelfIssued(first)) return { anchor: 'none', remarks: [{ check: 'trust-anchor', severity: 'error', text }] };
    const remarks = signatureRemarks(provider, first.publicKey, first);
    if (remarks.length > 0) return { anchor: 'none', remarks };
    const self = 'no trust anchor was given: only itself vouches for this root';
    return { anchor: 'self-signed', remarks: [{ check: 'trust-anchor', severity: 'warning', text: self }] };
  }
  const anchors = trustAnchors.map(anchorOf);
  if (anchors.some(({ certificate }) => certificate !== undefined && equal(certificate.der, first.der)))
    return { anchor: 'trusted', remarks: [] };
  const candidates = anchors.filter(({ subject }) => subject === undefined || equal(subject, first.issuer.der));
  const verdicts = candidates.map((anchor) => anchorRemarks(provider, anchor, chain, at));
  const accepted = verdicts.find((remarks) => !remarks.some(isError));
  if (accepted !== undefined) return { anchor: 'trusted', remarks: accepted };
  const text = verdicts.length === 0 ? 'no trust anchor has the name of its issuer' : 'no trust anchor has issued it';
  return { anchor: 'none', remarks: [...(verdicts[0] ?? []), { check: 'trust-anchor', severity: 'error', text }] };
}

/**
 * Checks a chain: encoding, signatures, names, key identifiers, basic constraints and path lengths, key usage, purposes,
 * validity, critical extensions, algorithm identifiers, serial numbers, and whether a trust anchor stands above it.
 *
 * RFC 5280 section 6 without policies, name constraints and revocation: an extension that asks for one of them is
 * refused if it is critical.
 *
 * @param certificates - in either direction, root first or leaf first
 * @throws X509Error if a trust anchor cannot be read, RangeError for a wrong `at`. Whatever is wrong with the chain is a finding.
 */
export function validateChain(certificates: readonly (Uint8Array | Certificate)[], options: ChainOptions): ChainResult {
  const at = options.at === undefined ? undefined : timeText(options.at);
  const { placed, findings } = read(certificates);
  if (certificates.length === 0)
    findings.push({ certificate: -1, check: 'encoding', severity: 'error', text: 'no certificate' });
  if (findings.length > 0) return { valid: false, anchor: 'none', chain: [], findings };

  const order = rootFirst(placed);
  const chain = order.map(({ certificate }) => certificate);
  const report = (position: number, remarks: readonly Remark[]): void => {
    const { index } = order[position] as Placed[number];
    findings.push(...remarks.map((remark) => ({ certificate: index, ...remark })));
  };
  const top = checkAnchor(options, chain, at);
  report(0, top.remarks);
  chain.forEach((certificate, i) => {
    report(i, certificateRemarks(options.provider, certificate, at));
    if (i < chain.length - 1) report(i, issuerRemarks(certificate, intermediates(chain, i)));
    const issuer = chain[i - 1];
    if (issuer === undefined) return;
    report(i, linkRemarks(issuer, certificate));
    report(i, signatureRemarks(options.provider, issuer.publicKey, certificate));
  });
  return { valid: !findings.some(isError), anchor: top.anchor, chain, findings };
}
