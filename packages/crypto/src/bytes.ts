import { equalBytes as nobleEqual } from '@noble/ciphers/utils.js';

export { bytesToUtf8 } from '@noble/ciphers/utils.js';

export { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** Whether both hold the same bytes. Takes the same time wherever they differ; a different length is `false` at once. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return nobleEqual(a, b);
}

/** `value` as 4 bytes, most significant first. */
export function u32be(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}
