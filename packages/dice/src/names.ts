import * as der from './der.ts';
import { OID } from './oids.ts';

const COMMON_NAMES = new Map<string, Uint8Array>();

function commonName(text: string): Uint8Array {
  let rdn = COMMON_NAMES.get(text);
  if (rdn === undefined) {
    rdn = der.setOf(der.sequence(der.oid(OID.commonName), der.utf8String(text)));
    // Sixteen names exist in all templates; a caller's own names must not pile up.
    if (COMMON_NAMES.size < 64) COMMON_NAMES.set(text, rdn);
  }
  return rdn;
}

function serialNumberRdn(serialNumber: string): Uint8Array {
  return der.setOf(der.sequence(der.oid(OID.serialNumber), der.printableString(serialNumber)));
}

/**
 * Name of two RDNs: commonName (UTF8String), then serialNumber (PrintableString) if there is one.
 *
 * @see caliptra-sw:x509/gen/src/cert.rs
 */
export function name(text: string, serialNumber?: string): Uint8Array {
  if (serialNumber === undefined) return der.sequence(commonName(text));
  return der.sequence(commonName(text), serialNumberRdn(serialNumber));
}

/** @internal The same two RDNs the other way round. */
export function serialNumberFirst(text: string, serialNumber: string): Uint8Array {
  return der.sequence(serialNumberRdn(serialNumber), commonName(text));
}
