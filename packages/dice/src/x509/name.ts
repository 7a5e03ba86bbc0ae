import { oidName } from '../oids.ts';
import { type DerNode, decodeUtf8, dottedOid, elements, Fields, latin1, TAG } from './der-reader.ts';

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Dotted. */
  readonly type: string;
  /** Text of the value; its hexadecimal encoding after `#` if it is no text. */
  readonly value: string;
}

/** A distinguished name. Two names are the same if their `der` is. */
export interface DistinguishedName {
  readonly der: Uint8Array;
  /** Attributes in order, RDNs after one another. */
  readonly attributes: readonly NameAttribute[];
  /** As in `CN=Caliptra 2.1 Ecc384 LDevID, serialNumber=DE96…`. */
  readonly text: string;
}

const SHORT: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function textOf(node: DerNode): string {
  if (node.tag === TAG.utf8String) return decodeUtf8(node.contents) ?? '';
  const ascii: readonly number[] = [TAG.printableString, TAG.ia5String, TAG.numericString, TAG.visibleString];
  if (ascii.includes(node.tag)) return latin1(node.contents);
  if (node.tag === TAG.bmpString) return new TextDecoder('utf-16be').decode(node.contents);
  return `#${hex(node.der)}`;
}

/** @internal */
export function nameOf(node: DerNode, path: string): DistinguishedName {
  const attributes: NameAttribute[] = [];
  // An empty name is allowed: the subject may stand in an extension.
  node.children.forEach((rdn, i) => {
    for (const attribute of elements(rdn, TAG.set, `${path}[${i}]`)) {
      const fields = new Fields(attribute, `${path}[${i}]`);
      const type = dottedOid(fields.take(TAG.objectIdentifier, 'type').contents);
      const value = textOf(fields.any('value'));
      fields.end();
      attributes.push({ type, value });
    }
  });
  const text = attributes.map(({ type, value }) => `${SHORT[type] ?? oidName(type)}=${value}`).join(', ');
  return { der: node.der, attributes, text };
}

/** First value of an attribute, by dotted type. */
export function attributeOf(name: DistinguishedName, type: string): string | undefined {
  return name.attributes.find((attribute) => attribute.type === type)?.value;
}
