import type { Xts } from '@rootcap/crypto';
import { BLOCK_SIZE } from '../block.ts';

/** AES-XTS over data units of one logical block, a few units at a time and in place. */
export interface UnitCipher {
  /** Where data is put and the result comes out: whole units, from the start. All ciphers of an engine may share it. */
  readonly buffer: Uint8Array;
  /** Encrypts the first units of the buffer. @param tweaks - 16 bytes a unit */
  encrypt(tweaks: Uint8Array): void;
  decrypt(tweaks: Uint8Array): void;
  /** Forgets the key. The cipher cannot be used afterwards. */
  destroy(): void;
}

/** Makes ciphers of keys of 64 bytes: data key ‖ tweak key. The key's bytes are the caller's, who clears them. */
export interface UnitCipherEngine {
  readonly name: string;
  create(key: Uint8Array): UnitCipher;
}

const PORTABLE_UNITS = 16;

/** Engine on the XTS of a cryptographic provider: for every runtime, one call a unit. */
export function portableEngine(xts: Xts): UnitCipherEngine {
  const buffer = new Uint8Array(PORTABLE_UNITS * BLOCK_SIZE);
  const each = (tweaks: Uint8Array, crypt: (tweak: Uint8Array, unit: Uint8Array) => Uint8Array): void => {
    for (let at = 0, unit = 0; at < tweaks.length; at += 16, unit += BLOCK_SIZE) {
      const block = buffer.subarray(unit, unit + BLOCK_SIZE);
      block.set(crypt(tweaks.subarray(at, at + 16), block));
    }
  };
  return {
    name: 'portable',
    create(key) {
      const own = key.slice();
      return {
        buffer,
        encrypt: (tweaks) => each(tweaks, (tweak, unit) => xts.encrypt(own, tweak, unit)),
        decrypt: (tweaks) => each(tweaks, (tweak, unit) => xts.decrypt(own, tweak, unit)),
        destroy: () => {
          own.fill(0);
          buffer.fill(0);
        },
      };
    },
  };
}
