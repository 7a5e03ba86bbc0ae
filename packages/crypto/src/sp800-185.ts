import {
  kmac256xof,
  cshake128 as nobleCshake128,
  cshake256 as nobleCshake256,
  kmac256 as nobleKmac256,
} from '@noble/hashes/sha3-addons.js';
import { checkBytes, checkInteger } from './checks.ts';

const EMPTY = new Uint8Array(0);

export interface CshakeOptions {
  /** Bytes of output. */
  readonly length: number;
  /** N, reserved for names that NIST defines. */
  readonly functionName?: Uint8Array;
  /** S. */
  readonly customization?: Uint8Array;
}

export interface KmacOptions {
  /** Bytes of output. */
  readonly length: number;
  /** S. */
  readonly customization?: Uint8Array;
  /** KMACXOF: the length does not go into the hash. */
  readonly xof?: boolean;
}

function cshake(library: typeof nobleCshake128, data: Uint8Array, options: CshakeOptions): Uint8Array {
  const { length, functionName = EMPTY, customization = EMPTY } = options;
  checkBytes('data', data);
  checkBytes('functionName', functionName);
  checkBytes('customization', customization);
  checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
  if (length === 0) return new Uint8Array(0);
  return library(data, { dkLen: length, NISTfn: functionName, personalization: customization });
}

/** cSHAKE128 (SP 800-185 §3) from @noble/hashes. */
export function cshake128(data: Uint8Array, options: CshakeOptions): Uint8Array {
  return cshake(nobleCshake128, data, options);
}

/** cSHAKE256 (SP 800-185 §3) from @noble/hashes. */
export function cshake256(data: Uint8Array, options: CshakeOptions): Uint8Array {
  return cshake(nobleCshake256, data, options);
}

/** KMAC256 or KMACXOF256 (SP 800-185 §4) from @noble/hashes. */
export function kmac256(key: Uint8Array, data: Uint8Array, options: KmacOptions): Uint8Array {
  const { length, customization = EMPTY, xof = false } = options;
  checkBytes('key', key);
  checkBytes('data', data);
  checkBytes('customization', customization);
  checkInteger('length', length, 1, Number.MAX_SAFE_INTEGER);
  return (xof ? kmac256xof : nobleKmac256)(key, data, { dkLen: length, personalization: customization });
}
