import { ghash } from '@noble/ciphers/_polyval.js';
import { ecb, gcm, unsafe } from '@noble/ciphers/aes.js';
import { concatBytes, equalBytes } from '../bytes.ts';
import { checkBytes, checkGcm, checkTagLength } from '../checks.ts';
import type { Aead } from '../provider.ts';

const EMPTY = new Uint8Array(0);

/** The library refuses a shorter nonce, though SP 800-38D §5.2.1.1 allows any from one bit on. */
const SHORTEST_LIBRARY_IV = 8;

/** `[len(a)]64 ‖ [len(b)]64`, lengths in bits. */
function lengthBlock(a: number, b: number): Uint8Array {
  const block = new Uint8Array(16);
  const view = new DataView(block.buffer);
  view.setBigUint64(0, BigInt(a) * 8n);
  view.setBigUint64(8, BigInt(b) * 8n);
  return block;
}

/** Key schedule, hash subkey H and pre-counter block J0 for an IV that is not 12 bytes. SP 800-38D §7.1 steps 1, 2. */
function start(key: Uint8Array, iv: Uint8Array): { h: Uint8Array; j0: Uint8Array } {
  const h = ecb(key, { disablePadding: true }).encrypt(new Uint8Array(16));
  // Each update is padded to a block by itself, which is the 0^s of the formula.
  const j0 = ghash.create(h).update(iv).update(lengthBlock(0, iv.length)).digest();
  return { h, j0 };
}

/** GCTR from the counter after J0. The library's 32-bit counter mode advances `counter` in place, so it gets a copy. */
function gctr(key: Uint8Array, j0: Uint8Array, data: Uint8Array): { mask: Uint8Array; output: Uint8Array } {
  const schedule = unsafe.expandKeyLE(key);
  const counter = j0.slice();
  const mask = unsafe.ctr32(schedule, false, counter, new Uint8Array(16));
  const output = data.length === 0 ? EMPTY : unsafe.ctr32(schedule, false, counter, data.slice());
  schedule.fill(0);
  return { mask, output };
}

function tagOf(h: Uint8Array, mask: Uint8Array, ciphertext: Uint8Array, aad: Uint8Array): Uint8Array {
  const hash = ghash
    .create(h)
    .update(aad)
    .update(ciphertext)
    .update(lengthBlock(aad.length, ciphertext.length))
    .digest();
  return hash.map((byte, i) => byte ^ (mask[i] ?? 0));
}

function sealShortIv(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const { h, j0 } = start(key, iv);
  const { mask, output } = gctr(key, j0, plaintext);
  return concatBytes(output, tagOf(h, mask, output, aad));
}

function seal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  return iv.length < SHORTEST_LIBRARY_IV ? sealShortIv(key, iv, plaintext, aad) : gcm(key, iv, aad).encrypt(plaintext);
}

/** AES-GCM (SP 800-38D) from @noble/ciphers; IVs below 8 bytes are served on its GHASH and counter mode. */
export const aead: Aead = {
  gcmSeal(key, iv, plaintext, aad = EMPTY) {
    checkGcm(key, iv, plaintext, aad);
    return seal(key, iv, plaintext, aad);
  },
  gcmOpen(key, iv, sealed, aad = EMPTY, tagLength = 16) {
    checkGcm(key, iv, sealed, aad);
    checkTagLength(tagLength);
    checkBytes('sealed', sealed);
    if (sealed.length < tagLength) return undefined;
    if (tagLength === 16 && iv.length >= SHORTEST_LIBRARY_IV) {
      try {
        return gcm(key, iv, aad).decrypt(sealed);
      } catch {
        return undefined; // every argument has been checked: only the tag is left to be wrong
      }
    }
    const ciphertext = sealed.subarray(0, sealed.length - tagLength);
    // Counter mode is its own inverse: sealing the ciphertext gives the plaintext, sealing that gives the whole tag.
    const plaintext = seal(key, iv, ciphertext, aad).subarray(0, ciphertext.length);
    const tag = seal(key, iv, plaintext, aad).subarray(ciphertext.length);
    if (equalBytes(tag.subarray(0, tagLength), sealed.subarray(ciphertext.length))) return plaintext.slice();
    plaintext.fill(0);
    return undefined;
  },
};
