import { requireLength } from './checks.ts';
import * as der from './der.ts';

/** Validity of a certificate: twice 15 bytes, normally `YYYYMMDDHHMMSSZ`. */
export interface Validity {
  readonly notBefore: Uint8Array;
  readonly notAfter: Uint8Array;
}

/** 2023-01-01 00:00:00 to 9999-12-31 23:59:59 (no well-defined end). caliptra-sw:x509/src/lib.rs */
export const DEFAULT_VALIDITY: Validity = {
  notBefore: der.ascii('20230101000000Z'),
  notAfter: der.ascii('99991231235959Z'),
};

/** Dates in the header of a firmware image, 15 bytes each; all zero means "not set". */
export interface HeaderDates {
  readonly vendorNotBefore: Uint8Array;
  readonly vendorNotAfter: Uint8Array;
  readonly ownerNotBefore: Uint8Array;
  readonly ownerNotAfter: Uint8Array;
}

const isSet = (date: Uint8Array): boolean => date.some((byte) => byte !== 0);

/**
 * Validity of the FMC and RT alias certificates: the owner's dates if both are set, else the vendor's if both are set,
 * else {@link DEFAULT_VALIDITY}. The bytes are taken as they are.
 *
 * @see caliptra-sw:fmc/src/flow/rt_alias.rs
 */
export function aliasValidity(dates: HeaderDates): Validity {
  if (isSet(dates.ownerNotBefore) && isSet(dates.ownerNotAfter))
    return { notBefore: dates.ownerNotBefore, notAfter: dates.ownerNotAfter };
  if (isSet(dates.vendorNotBefore) && isSet(dates.vendorNotAfter))
    return { notBefore: dates.vendorNotBefore, notAfter: dates.vendorNotAfter };
  return DEFAULT_VALIDITY;
}

/** @internal Validity of a TBS: two GeneralizedTimes. */
export function encodeValidity({ notBefore, notAfter }: Validity): Uint8Array {
  return der.sequence(
    der.generalizedTime(requireLength(notBefore, 15, 'notBefore')),
    der.generalizedTime(requireLength(notAfter, 15, 'notAfter')),
  );
}
