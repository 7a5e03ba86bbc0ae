import { ecb } from '@noble/ciphers/aes.js';
import { checkXts } from '../checks.ts';
import type { Xts } from '../provider.ts';

const RAW = { disablePadding: true };

/**
 * Tweaks of `count` blocks: `E(key2, tweak) · α^j` in GF(2^128) modulo x^128 + x^7 + x^2 + x + 1, byte 0 holding the
 * lowest powers. IEEE 1619-2018 §5.2
 */
function tweaks(key2: Uint8Array, tweak: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(16 * count);
  const view = new DataView(out.buffer);
  out.set(ecb(key2, RAW).encrypt(tweak));
  for (let at = 16; at < out.length; at += 16) {
    let carry = 0;
    for (let word = 0; word < 16; word += 4) {
      const value = view.getUint32(at - 16 + word, true);
      view.setUint32(at + word, (value << 1) | carry, true);
      carry = value >>> 31;
    }
    if (carry === 1) view.setUint8(at, view.getUint8(at) ^ 0x87);
  }
  return out;
}

function xor(target: Uint8Array, source: Uint8Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) ^ (source[i] ?? 0);
}

type Direction = 'encrypt' | 'decrypt';

/** XEX over whole blocks: every block masked with its tweak before and after the block cipher. */
function xex(direction: Direction, key1: Uint8Array, blocks: Uint8Array, masks: Uint8Array): Uint8Array {
  const masked = blocks.slice();
  xor(masked, masks);
  const out = ecb(key1, RAW)[direction](masked);
  xor(out, masks);
  return out;
}

/**
 * A data unit with a partial last block steals from the block before it (IEEE 1619-2018 §5.3.2): the full block is
 * processed first, its head becomes the partial output, its tail completes the partial input. Decryption uses the last
 * two tweaks in exchanged order.
 */
function steal(
  direction: Direction,
  key1: Uint8Array,
  tail: Uint8Array,
  penultimate: Uint8Array,
  last: Uint8Array,
): Uint8Array {
  const partial = tail.subarray(16);
  const [first, second] = direction === 'encrypt' ? [penultimate, last] : [last, penultimate];
  const whole = xex(direction, key1, tail.subarray(0, 16), first);
  const completed = whole.slice();
  completed.set(partial);
  const out = new Uint8Array(tail.length);
  out.set(xex(direction, key1, completed, second));
  out.set(whole.subarray(0, partial.length), 16);
  return out;
}

function crypt(direction: Direction, key: Uint8Array, tweak: Uint8Array, data: Uint8Array): Uint8Array {
  checkXts(key, tweak, data);
  const half = key.length / 2;
  const key1 = key.subarray(0, half);
  const blocks = Math.ceil(data.length / 16);
  const masks = tweaks(key.subarray(half), tweak, blocks);
  if (data.length % 16 === 0) return xex(direction, key1, data, masks);
  const head = 16 * (blocks - 2);
  const out = new Uint8Array(data.length);
  if (head > 0) out.set(xex(direction, key1, data.subarray(0, head), masks.subarray(0, head)));
  const penultimate = masks.subarray(head, head + 16);
  out.set(steal(direction, key1, data.subarray(head), penultimate, masks.subarray(head + 16)), head);
  return out;
}

/**
 * AES-XTS with ciphertext stealing on the block cipher of @noble/ciphers, which has no XTS of its own. Equal key halves
 * are accepted: whether to refuse them is the policy of the caller.
 */
export const xts: Xts = {
  encrypt: (key, tweak, data) => crypt('encrypt', key, tweak, data),
  decrypt: (key, tweak, data) => crypt('decrypt', key, tweak, data),
};
