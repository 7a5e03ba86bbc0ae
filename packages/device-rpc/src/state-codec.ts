import { bytesToHex, hexToBytes, utf8ToBytes } from '@rootcap/crypto';

/** Bytes of a piece of memory that is kept if it is not zero. */
const CHUNK = 64;

interface EncodedMemory {
  /** Type, length in elements, and where its bytes differ from zero. */
  readonly $: 'Uint8Array' | 'Uint32Array';
  readonly length: number;
  readonly at: readonly (readonly [offset: number, hex: string])[];
}

function encodeMemory(value: Uint8Array | Uint32Array): EncodedMemory {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const at: [number, string][] = [];
  for (let offset = 0; offset < bytes.length; offset += CHUNK) {
    const chunk = bytes.subarray(offset, offset + CHUNK);
    if (chunk.some((byte) => byte !== 0)) at.push([offset, bytesToHex(chunk)]);
  }
  return { $: value instanceof Uint8Array ? 'Uint8Array' : 'Uint32Array', length: value.length, at };
}

function decodeMemory({ $, length, at }: EncodedMemory): Uint8Array | Uint32Array {
  const value = $ === 'Uint8Array' ? new Uint8Array(length) : new Uint32Array(length);
  const bytes = new Uint8Array(value.buffer);
  for (const [offset, hex] of at) bytes.set(hexToBytes(hex), offset);
  return value;
}

/** Plain data with byte and word arrays as bytes: JSON in which memory is written down where it is not zero. */
export function encodeState(state: unknown): Uint8Array {
  return utf8ToBytes(
    JSON.stringify(state, function replace(this: Record<string, unknown>, key, value: unknown) {
      // Not `value`: what a Buffer makes of itself is no array of bytes any more.
      const raw = this[key];
      return raw instanceof Uint8Array || raw instanceof Uint32Array ? encodeMemory(raw) : value;
    }),
  );
}

/** @throws SyntaxError, RangeError or TypeError if these are not the bytes of a state */
export function decodeState(bytes: Uint8Array): unknown {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return JSON.parse(text, (_, value: unknown) => (isMemory(value) ? decodeMemory(value) : value));
}

/** No memory of a chip is larger. */
const MAX_ELEMENTS = 2 ** 24;

function isMemory(value: unknown): value is EncodedMemory {
  if (typeof value !== 'object' || value === null || !('$' in value)) return false;
  const { $, length, at } = value as Partial<EncodedMemory>;
  if (($ !== 'Uint8Array' && $ !== 'Uint32Array') || !Array.isArray(at)) throw new TypeError('state: no memory');
  if (!(Number.isInteger(length) && (length as number) >= 0 && (length as number) <= MAX_ELEMENTS))
    throw new RangeError('state: length of a memory');
  return true;
}
