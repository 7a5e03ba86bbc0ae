import { _SHA1 } from '@noble/hashes/legacy.js';
import { _SHA224, _SHA256, _SHA384, _SHA512, _SHA512_224, _SHA512_256 } from '@noble/hashes/sha2.js';
import { Keccak } from '@noble/hashes/sha3.js';
import { concatBytes, type HashName, type XofName } from '@rootcap/crypto';
import { type Bits, byteLength, keccakTail } from './bits.ts';

/**
 * Hashes of messages that are not whole bytes. A provider takes bytes only, and no silicon interface takes bits; ACVP
 * has such messages because FIPS 180-4 and FIPS 202 define them. The compression functions are those of the portable
 * provider, only the padding is done here.
 */

/** A SHA-1 or SHA-2 of the library that takes padded blocks and lets its state be read. */
interface Compression {
  readonly blockLen: number;
  readonly outputLen: number;
  update(data: Uint8Array): unknown;
  /** State as 32-bit words. */
  words(): readonly number[];
}

class Sha1 extends _SHA1 {
  readonly words = (): readonly number[] => this.get();
}
class Sha224 extends _SHA224 {
  readonly words = (): readonly number[] => this.get();
}
class Sha256 extends _SHA256 {
  readonly words = (): readonly number[] => this.get();
}
class Sha384 extends _SHA384 {
  readonly words = (): readonly number[] => this.get();
}
class Sha512 extends _SHA512 {
  readonly words = (): readonly number[] => this.get();
}
class Sha512t224 extends _SHA512_224 {
  readonly words = (): readonly number[] => this.get();
}
class Sha512t256 extends _SHA512_256 {
  readonly words = (): readonly number[] => this.get();
}

const MERKLE_DAMGARD: Partial<Record<HashName, () => Compression>> = {
  sha1: () => new Sha1(),
  sha224: () => new Sha224(),
  sha256: () => new Sha256(),
  sha384: () => new Sha384(),
  sha512: () => new Sha512(),
  'sha512-224': () => new Sha512t224(),
  'sha512-256': () => new Sha512t256(),
};

/** `message ‖ 1 ‖ 0… ‖ length`: the length is 64 bits in blocks of 64 bytes, 128 bits in blocks of 128. FIPS 180-4 §5.1 */
function padded({ bytes, length }: Bits, blockLen: number): Uint8Array {
  const lengthSize = blockLen / 8;
  const used = length >> 3;
  const out = new Uint8Array(blockLen * Math.ceil((used + 1 + lengthSize) / blockLen));
  out.set(bytes.subarray(0, byteLength(length)));
  out[used] = (out[used] ?? 0) | (0x80 >> (length & 7));
  new DataView(out.buffer).setBigUint64(out.length - 8, BigInt(length));
  return out;
}

function merkleDamgard(create: () => Compression, message: Bits): Uint8Array {
  const state = create();
  state.update(padded(message, state.blockLen));
  const words = state.words();
  const out = new Uint8Array(4 * words.length);
  const view = new DataView(out.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word >>> 0);
  });
  return out.subarray(0, state.outputLen);
}

/** Domain bits that follow the message and the first bit of the padding, in Keccak's bit order. FIPS 202 §6, §B.2 */
const DOMAIN = {
  sha3: { value: 0b110, bits: 3 },
  shake: { value: 0b11111, bits: 5 },
  cshake: { value: 0b100, bits: 3 },
};

function sponge(
  rate: number,
  domain: { value: number; bits: number },
  prefix: Uint8Array,
  message: Bits,
  size: number,
): Uint8Array {
  const used = message.length % 8;
  const tail = keccakTail(message) | (domain.value << used);
  // The library appends one byte; if message bits and domain bits need more than that, the first is part of the message.
  const overflows = used + domain.bits > 8;
  const state = new Keccak(rate, overflows ? tail >> 8 : tail, size, true);
  state.update(prefix).update(message.bytes.subarray(0, message.length >> 3));
  if (overflows) state.update(Uint8Array.of(tail & 0xff));
  return state.xof(size);
}

const SHA3_SIZE: Partial<Record<HashName, number>> = { 'sha3-224': 28, 'sha3-256': 32, 'sha3-384': 48, 'sha3-512': 64 };
const XOF_RATE: Record<XofName, number> = { shake128: 168, shake256: 136 };
const EMPTY = new Uint8Array(0);

/** Digest of a message of any number of bits. @returns undefined for a hash that is not known here */
export function bitDigest(name: HashName, message: Bits): Uint8Array | undefined {
  const create = MERKLE_DAMGARD[name];
  if (create !== undefined) return merkleDamgard(create, message);
  const size = SHA3_SIZE[name];
  return size === undefined ? undefined : sponge(200 - 2 * size, DOMAIN.sha3, EMPTY, message, size);
}

/** `size` bytes of SHAKE of a message of any number of bits. */
export function bitShake(name: XofName, message: Bits, size: number): Uint8Array {
  return sponge(XOF_RATE[name], DOMAIN.shake, EMPTY, message, size);
}

/** `left_encode` of SP 800-185 §2.3.1 for a value below 2^32. */
function leftEncode(value: number): Uint8Array {
  const bytes = [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 0xff);
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = bytes.slice(first < 0 ? 3 : first);
  return Uint8Array.of(significant.length, ...significant);
}

const encodeString = (text: Uint8Array): Uint8Array => concatBytes(leftEncode(8 * text.length), text);

/** `size` bytes of cSHAKE of a message of any number of bits. SP 800-185 §3.3 */
export function bitCshake(
  name: XofName,
  message: Bits,
  size: number,
  functionName: Uint8Array,
  customization: Uint8Array,
): Uint8Array {
  if (functionName.length === 0 && customization.length === 0) return bitShake(name, message, size);
  const rate = XOF_RATE[name];
  const strings = concatBytes(leftEncode(rate), encodeString(functionName), encodeString(customization));
  const prefix = new Uint8Array(rate * Math.ceil(strings.length / rate));
  prefix.set(strings);
  return sponge(rate, DOMAIN.cshake, prefix, message, size);
}
