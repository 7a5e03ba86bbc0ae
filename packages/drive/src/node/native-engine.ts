import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto';
import { BLOCK_SIZE, type UnitCipher, type UnitCipherEngine } from '@rootcap/drive';
import { instantiateXtsMasks } from './xts-masks.ts';

/** Units at a time: data, masks and what OpenSSL returns stay in the processor's second cache. */
const UNITS = 16;
const DATA = 0;
const MASKS = UNITS * BLOCK_SIZE;
const TWEAKS = 2 * MASKS;

/**
 * Engine on OpenSSL. Setting up `aes-256-xts` for each block costs more than the block, so the block cipher runs by
 * itself with long-lived contexts, many blocks a call, and a SIMD module applies the masks. All ciphers share its memory.
 */
export function nativeEngine(): UnitCipherEngine {
  const { mask, xor, memory: bytes } = instantiateXtsMasks(TWEAKS + UNITS * 16);
  const buffer = bytes.subarray(DATA, MASKS);

  const create = (key: Uint8Array): UnitCipher => {
    const dataKey = key.subarray(0, 32);
    const encryption = createCipheriv('aes-256-ecb', dataKey, null).setAutoPadding(false);
    const decryption = createDecipheriv('aes-256-ecb', dataKey, null).setAutoPadding(false);
    const tweakCipher = createCipheriv('aes-256-ecb', key.subarray(32), null).setAutoPadding(false);
    const crypt = (cipher: Cipher | Decipher, tweaks: Uint8Array): void => {
      const units = tweaks.length / 16;
      const size = units * BLOCK_SIZE;
      bytes.set(tweakCipher.update(tweaks), TWEAKS);
      mask(TWEAKS, units, DATA, MASKS);
      bytes.set(cipher.update(size === MASKS ? buffer : buffer.subarray(0, size)), DATA);
      xor(DATA, MASKS, size);
    };
    return {
      buffer,
      encrypt: (tweaks) => crypt(encryption, tweaks),
      decrypt: (tweaks) => crypt(decryption, tweaks),
      destroy() {
        // The end of a cipher frees its context, which OpenSSL clears.
        for (const cipher of [encryption, decryption, tweakCipher]) cipher.final();
        bytes.fill(0);
      },
    };
  };
  return { name: 'native', create };
}
