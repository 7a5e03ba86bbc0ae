import { scrypt as nobleScrypt } from '@noble/hashes/scrypt.js';
import {
  bytesToHex,
  bytesToUtf8,
  type CryptoProvider,
  type Entropy,
  hexToBytes,
  SecretBytes,
  utf8ToBytes,
} from '@rootcap/crypto';
import { KmsError } from './error.ts';

/** Cost of scrypt, RFC 7914 §2. Memory: 128 × N × r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** scrypt. @returns 32 bytes */
export type Scrypt = (passphrase: Uint8Array, salt: Uint8Array, cost: ScryptCost) => Uint8Array;

/** From @noble/hashes. */
export const portableScrypt: Scrypt = (passphrase, salt, { N, r, p }) =>
  nobleScrypt(passphrase, salt, { N, r, p, dkLen: 32 });

/** 128 MiB and some tenths of a second: what OWASP asks for in 2023. */
export const DEFAULT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

/** Costs that a store may ask for; one with more would only keep its reader busy. */
const MAX_COST: ScryptCost = { N: 2 ** 20, r: 32, p: 16 };

const FORMAT = 'rootcap-kms-1';

/** Everything that is not secret, and bound to what is: the AAD. */
interface Header extends ScryptCost {
  readonly format: typeof FORMAT;
  readonly kdf: 'scrypt';
  readonly cipher: 'AES-256-GCM';
  /** 16 bytes. */
  readonly salt: string;
  /** 12 bytes, fresh for every text. */
  readonly nonce: string;
}

/** The key of a store, as long as it is open. */
export interface StoreKey {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly key: SecretBytes;
}

function stretch(scrypt: Scrypt, passphrase: string, salt: Uint8Array, cost: ScryptCost): SecretBytes {
  // One text typed on two keyboards is one passphrase.
  const bytes = utf8ToBytes(passphrase.normalize('NFKC'));
  const derived = scrypt(bytes, salt, cost);
  const key = new SecretBytes(derived);
  derived.fill(0);
  bytes.fill(0);
  return key;
}

/** @throws KmsError `invalid-argument` for an empty passphrase */
export function newStoreKey(
  entropy: Entropy,
  scrypt: Scrypt,
  passphrase: string,
  cost: ScryptCost = DEFAULT_COST,
): StoreKey {
  if (passphrase === '') throw new KmsError('invalid-argument', 'passphrase: empty');
  const salt = entropy.bytes(16);
  return { cost, salt, key: stretch(scrypt, passphrase, salt, cost) };
}

const isCost = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;

const isHex = (value: unknown, size: number): value is string =>
  typeof value === 'string' && new RegExp(`^[0-9a-f]{${2 * size}}$`).test(value);

function damaged(reason: string): KmsError {
  return new KmsError('store-damaged', reason);
}

/** Takes a text apart. @throws KmsError `store-damaged` */
function parse(text: string): { readonly header: Header; readonly data: Uint8Array } {
  let json: Partial<Header> & { readonly data?: unknown };
  try {
    json = JSON.parse(text) as typeof json;
  } catch {
    throw damaged('not JSON');
  }
  if (typeof json !== 'object' || json === null || json.format !== FORMAT) throw damaged(`expected format ${FORMAT}`);
  const { format, kdf, N, r, p, cipher, salt, nonce, data } = json;
  if (kdf !== 'scrypt' || cipher !== 'AES-256-GCM') throw damaged('kdf: expected scrypt, cipher: AES-256-GCM');
  if (!isCost(N, MAX_COST.N) || (N & (N - 1)) !== 0 || N < 2 || !isCost(r, MAX_COST.r) || !isCost(p, MAX_COST.p))
    throw damaged('N, r, p: out of bounds');
  if (!isHex(salt, 16) || !isHex(nonce, 12)) throw damaged('salt, nonce: expected 16 and 12 bytes');
  if (typeof data !== 'string' || data.length % 2 !== 0 || /[^0-9a-f]/.test(data))
    throw damaged('data: not hexadecimal');
  return { header: { format, kdf, N, r, p, cipher, salt, nonce }, data: hexToBytes(data) };
}

const aadOf = (header: Header): Uint8Array => utf8ToBytes(JSON.stringify(header));

/** Encrypts a text: one line of JSON, ciphertext and tag in hexadecimal. */
export function encryptText(
  { aead }: Pick<CryptoProvider, 'aead'>,
  entropy: Entropy,
  { cost, salt, key }: StoreKey,
  plain: string,
): string {
  const { N, r, p } = cost;
  const nonce = entropy.bytes(12);
  const header: Header = {
    format: FORMAT,
    kdf: 'scrypt',
    N,
    r,
    p,
    cipher: 'AES-256-GCM',
    salt: bytesToHex(salt),
    nonce: bytesToHex(nonce),
  };
  const bytes = utf8ToBytes(plain);
  const data = aead.gcmSeal(key.expose(), nonce, bytes, aadOf(header));
  bytes.fill(0);
  return `${JSON.stringify({ ...header, data: bytesToHex(data) })}\n`;
}

/**
 * Decrypts a text.
 *
 * @throws KmsError `store-damaged` for what is no such text, `wrong-passphrase` if the tag is wrong: then either the passphrase is, or
 *   the text was changed
 */
export function decryptText(
  { aead }: Pick<CryptoProvider, 'aead'>,
  scrypt: Scrypt,
  passphrase: string,
  text: string,
): { readonly plain: string; readonly storeKey: StoreKey } {
  const { header, data } = parse(text);
  const { N, r, p } = header;
  const salt = hexToBytes(header.salt);
  const key = stretch(scrypt, passphrase, salt, { N, r, p });
  const bytes =
    data.length < 16 ? undefined : aead.gcmOpen(key.expose(), hexToBytes(header.nonce), data, aadOf(header));
  if (bytes === undefined) {
    key.wipe();
    throw new KmsError('wrong-passphrase', 'the passphrase is wrong, or the store was changed');
  }
  const plain = bytesToUtf8(bytes);
  bytes.fill(0);
  return { plain, storeKey: { cost: { N, r, p }, salt, key } };
}
