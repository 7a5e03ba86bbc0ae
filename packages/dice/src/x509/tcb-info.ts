import type { BitString } from '../der.ts';
import type { FirmwareId, IntegrityRegister, TcbInfo } from '../tcb-info.ts';
import {
  bitsOf,
  checkContents,
  type DerNode,
  decodeUtf8,
  dottedOid,
  elements,
  Fields,
  latin1,
  readDer,
  smallInteger,
  TAG,
} from './der-reader.ts';
import { X509Error } from './error.ts';

const primitive = (n: number): number => 0x80 | n;
const constructed = (n: number): number => 0xa0 | n;

function utf8(node: DerNode, path: string): string {
  const text = decodeUtf8(node.contents);
  if (text === undefined) throw new X509Error(path, node.offset, 'not UTF-8');
  return text;
}

function fwidList(node: DerNode, path: string): readonly FirmwareId[] {
  return elements(node, node.tag, path).map((element, i) => {
    const at = `${path}[${i}]`;
    const fields = new Fields(elementsOf(element, at), at);
    const hashAlgorithm = dottedOid(fields.take(TAG.objectIdentifier, 'hashAlg').contents);
    const digest = fields.take(TAG.octetString, 'digest').contents;
    fields.end();
    return { hashAlgorithm, digest };
  });
}

/** `node` once it is known to be a SEQUENCE. */
function elementsOf(node: DerNode, path: string): DerNode {
  elements(node, TAG.sequence, path);
  return node;
}

function integrityRegister(node: DerNode, path: string): IntegrityRegister {
  const fields = new Fields(elementsOf(node, path), path);
  const registerName = fields.optional(primitive(0));
  const registerNum = fields.optional(primitive(1));
  const registerDigests = fwidList(fields.take(constructed(2), 'registerDigests'), `${path}.registerDigests`);
  fields.end();
  if (registerName !== undefined) checkContents(TAG.ia5String, registerName, `${path}.registerName`);
  return {
    ...(registerName === undefined ? {} : { registerName: latin1(registerName.contents) }),
    ...(registerNum === undefined ? {} : { registerNum: smallInteger(registerNum, `${path}.registerNum`) }),
    registerDigests,
  };
}

/** Decoders of the fields, by tag number. */
const FIELDS = [
  ['vendor', primitive(0), utf8],
  ['model', primitive(1), utf8],
  ['version', primitive(2), utf8],
  ['svn', primitive(3), smallInteger],
  ['layer', primitive(4), smallInteger],
  ['index', primitive(5), smallInteger],
  ['fwids', constructed(6), fwidList],
  ['flags', primitive(7), (node: DerNode, path: string): BitString => bitsOf(node, path)],
  ['vendorInfo', primitive(8), (node: DerNode): Uint8Array => node.contents],
  ['type', primitive(9), (node: DerNode): Uint8Array => node.contents],
  ['flagsMask', primitive(10), (node: DerNode, path: string): BitString => bitsOf(node, path)],
  [
    'integrityRegisters',
    constructed(11),
    (node: DerNode, path: string): readonly IntegrityRegister[] =>
      elements(node, node.tag, path).map((register, i) => integrityRegister(register, `${path}[${i}]`)),
  ],
] as const;

/** @internal */
export function tcbInfoOf(node: DerNode, path: string): TcbInfo {
  if (node.tag !== TAG.sequence) throw new X509Error(path, node.offset, 'not a SEQUENCE');
  const fields = new Fields(node, path);
  const decoded: Record<string, unknown> = {};
  for (const [name, tag, decode] of FIELDS) {
    const field = fields.optional(tag);
    if (field !== undefined) decoded[name] = decode(field, `${path}.${name}`);
  }
  // Only known fields, each at most once and in order, leave nothing behind.
  fields.end();
  return decoded as TcbInfo;
}

/** @internal */
export function multiTcbInfoOf(node: DerNode, path: string): readonly TcbInfo[] {
  return elements(node, TAG.sequence, path).map((element, i) => tcbInfoOf(element, `${path}[${i}]`));
}

/** Decodes the value of tcg-dice-TcbInfo. @throws X509Error */
export function decodeTcbInfo(der: Uint8Array): TcbInfo {
  return tcbInfoOf(readDer(der.slice(), 'TcbInfo'), 'TcbInfo');
}

/** Decodes the value of tcg-dice-MultiTcbInfo. @throws X509Error */
export function decodeMultiTcbInfo(der: Uint8Array): readonly TcbInfo[] {
  return multiTcbInfoOf(readDer(der.slice(), 'MultiTcbInfo'), 'MultiTcbInfo');
}
