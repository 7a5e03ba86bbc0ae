import { KEY_USAGES, type KeyUsage } from '../extensions.ts';
import { OID, oidName } from '../oids.ts';
import type { TcbInfo } from '../tcb-info.ts';
import {
  bitsOf,
  type DerNode,
  dottedOid,
  elements,
  Fields,
  readDer,
  requireTag,
  smallInteger,
  TAG,
} from './der-reader.ts';
import { X509Error } from './error.ts';
import { multiTcbInfoOf, tcbInfoOf } from './tcb-info.ts';

/** One extension as it stands in the certificate. */
export interface CertificateExtension {
  /** Dotted. */
  readonly oid: string;
  readonly critical: boolean;
  /** DER of the value. */
  readonly value: Uint8Array;
  /** The whole Extension. */
  readonly der: Uint8Array;
}

/** HPKEIdentifiers of the TCG storage profile MEK-MPA: the suite that an endorsed key is for. */
export interface HpkeIdentifiers {
  readonly kemId: number;
  readonly kdfId: number;
  readonly aeadId: number;
}

/** What the known extensions say. */
export interface DecodedExtensions {
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLen?: number };
  readonly keyUsage?: readonly KeyUsage[];
  /** Dotted purposes. */
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectKeyIdentifier?: Uint8Array;
  readonly authorityKeyIdentifier?: { readonly keyIdentifier?: Uint8Array };
  readonly ueid?: Uint8Array;
  readonly tcbInfo?: TcbInfo;
  readonly multiTcbInfo?: readonly TcbInfo[];
  readonly hpkeIdentifiers?: HpkeIdentifiers;
}

function basicConstraintsOf(node: DerNode, path: string): { ca: boolean; pathLen?: number } {
  requireTag(node, TAG.sequence, path);
  const fields = new Fields(node, path);
  const ca = fields.optional(TAG.boolean);
  const pathLen = fields.optional(TAG.integer);
  fields.end();
  if (ca?.contents[0] === 0) throw new X509Error(`${path}.cA`, ca.offset, 'default value written out');
  return {
    ca: ca !== undefined,
    ...(pathLen === undefined ? {} : { pathLen: smallInteger(pathLen, `${path}.pathLenConstraint`) }),
  };
}

function keyUsageOf(node: DerNode, path: string): readonly KeyUsage[] {
  const { bytes, unusedBits } = bitsOf(requireTag(node, TAG.bitString, path), path);
  const usages = KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  // A named bit list ends with its last set bit, and says something.
  const last = usages.at(-1);
  const lastBit = bytes.length * 8 - unusedBits - 1;
  if (last === undefined || KEY_USAGES.indexOf(last) !== lastBit)
    throw new X509Error(path, node.offset, 'named bit list does not end with a known set bit');
  return usages;
}

function purposesOf(node: DerNode, path: string): readonly string[] {
  return elements(node, TAG.sequence, path).map((purpose) =>
    dottedOid(requireTag(purpose, TAG.objectIdentifier, path).contents),
  );
}

function authorityOf(node: DerNode, path: string): { keyIdentifier?: Uint8Array } {
  requireTag(node, TAG.sequence, path);
  const fields = new Fields(node, path);
  const keyIdentifier = fields.optional(0x80);
  fields.optional(0xa1);
  fields.optional(0x82);
  fields.end();
  return keyIdentifier === undefined ? {} : { keyIdentifier: keyIdentifier.contents };
}

function ueidOf(node: DerNode, path: string): Uint8Array {
  requireTag(node, TAG.sequence, path);
  const fields = new Fields(node, path);
  const ueid = fields.take(TAG.octetString, 'ueid').contents;
  fields.end();
  return ueid;
}

function hpkeIdentifiersOf(node: DerNode, path: string): HpkeIdentifiers {
  const fields = new Fields(requireTag(node, TAG.sequence, path), path);
  const id = (field: string) => smallInteger(fields.take(TAG.integer, field), `${path}.${field}`);
  const identifiers = { kemId: id('kemId'), kdfId: id('kdfId'), aeadId: id('aeadId') };
  fields.end();
  return identifiers;
}

type Decoders = { readonly [K in keyof Required<DecodedExtensions>]: (node: DerNode, path: string) => unknown };

const DECODERS: Decoders = {
  basicConstraints: basicConstraintsOf,
  keyUsage: keyUsageOf,
  extendedKeyUsage: purposesOf,
  subjectKeyIdentifier: (node, path) => requireTag(node, TAG.octetString, path).contents,
  authorityKeyIdentifier: authorityOf,
  ueid: ueidOf,
  tcbInfo: tcbInfoOf,
  multiTcbInfo: multiTcbInfoOf,
  hpkeIdentifiers: hpkeIdentifiersOf,
};

const FIELD_OF: ReadonlyMap<string, keyof DecodedExtensions> = new Map([
  [OID.basicConstraints, 'basicConstraints'],
  [OID.keyUsage, 'keyUsage'],
  [OID.extendedKeyUsage, 'extendedKeyUsage'],
  [OID.subjectKeyIdentifier, 'subjectKeyIdentifier'],
  [OID.authorityKeyIdentifier, 'authorityKeyIdentifier'],
  [OID.tcgDiceUeid, 'ueid'],
  [OID.tcgDiceTcbInfo, 'tcbInfo'],
  [OID.tcgDiceMultiTcbInfo, 'multiTcbInfo'],
  [OID.tcgStorageHpkeIdentifiers, 'hpkeIdentifiers'],
]);

/** @internal Whether this package understands an extension, so that it may be critical. */
export const isKnownExtension = (oid: string): boolean => FIELD_OF.has(oid);

function extensionOf(node: DerNode, path: string): { extension: CertificateExtension; valueOffset: number } {
  requireTag(node, TAG.sequence, path);
  const fields = new Fields(node, path);
  const oid = dottedOid(fields.take(TAG.objectIdentifier, 'extnID').contents);
  const critical = fields.optional(TAG.boolean);
  const value = fields.take(TAG.octetString, 'extnValue');
  fields.end();
  if (critical?.contents[0] === 0)
    throw new X509Error(`${path}.critical`, critical.offset, 'default value written out');
  return {
    extension: { oid, critical: critical !== undefined, value: value.contents, der: node.der },
    valueOffset: value.contentsOffset,
  };
}

/** @internal Reads Extensions (SEQUENCE OF), decodes the known ones. */
export function extensionsOf(
  node: DerNode,
  path: string,
): { extensions: readonly CertificateExtension[]; decoded: DecodedExtensions } {
  const decoded: Record<string, unknown> = {};
  const seen = new Set<string>();
  const extensions = elements(node, TAG.sequence, path).map((element, i) => {
    const { extension, valueOffset } = extensionOf(element, `${path}[${i}]`);
    const at = `${path}[${i}].${oidName(extension.oid)}`;
    if (seen.has(extension.oid)) throw new X509Error(at, element.offset, 'appears twice');
    seen.add(extension.oid);
    const field = FIELD_OF.get(extension.oid);
    if (field !== undefined) decoded[field] = DECODERS[field](readDer(extension.value, at, valueOffset), at);
    return extension;
  });
  return { extensions, decoded: decoded as DecodedExtensions };
}

/** All TcbInfos a certificate or request carries, of either extension. */
export function tcbInfosOf(decoded: DecodedExtensions): readonly TcbInfo[] {
  return [...(decoded.tcbInfo === undefined ? [] : [decoded.tcbInfo]), ...(decoded.multiTcbInfo ?? [])];
}
