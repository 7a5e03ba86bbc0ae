import { scrypt } from '@noble/hashes/scrypt.js';
import { type Aead, bytesToHex, type Entropy, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import { DriveError } from '../errors.ts';
import type { PinProtector } from './flash.ts';

/** RFC 7914: memory is 128·N·r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Text that a person types, or bytes that a host sends. */
type Pin = string | Uint8Array;

const DEFAULT_COST: ScryptCost = { N: 2 ** 15, r: 8, p: 1 };
const SALT_SIZE = 16;
/** A key is used for one message: the salt makes it new each time. */
const IV = new Uint8Array(12);

function keyOf(pin: Pin, salt: Uint8Array, { N, r, p }: ScryptCost): Uint8Array {
  const bytes = typeof pin === 'string' ? utf8ToBytes(pin.normalize('NFC')) : pin;
  return scrypt(bytes, salt, { N, r, p, dkLen: 32 });
}

/** Seals a DPK under a PIN. @param context - what it is for: a DPK of another range does not open */
export function protectByPin(
  { aead, entropy }: { readonly aead: Aead; readonly entropy: Entropy },
  dpk: Uint8Array,
  pin: Pin,
  context: string,
  cost: ScryptCost = DEFAULT_COST,
): PinProtector {
  if (pin.length === 0) throw new RangeError('pin: empty');
  const salt = entropy.bytes(SALT_SIZE);
  const sealed = aead.gcmSeal(keyOf(pin, salt, cost), IV, dpk, utf8ToBytes(context));
  return { kind: 'pin', salt: bytesToHex(salt), cost, sealed: bytesToHex(sealed) };
}

/** @throws DriveError ACCESS_DENIED for a wrong PIN */
export function openByPin(aead: Aead, { salt, cost, sealed }: PinProtector, pin: Pin, context: string): Uint8Array {
  const key = keyOf(pin, hexToBytes(salt), cost);
  const dpk = aead.gcmOpen(key, IV, hexToBytes(sealed), utf8ToBytes(context));
  if (dpk === undefined) throw new DriveError('ACCESS_DENIED', `${context}: wrong PIN`);
  return dpk;
}
