import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import type { Chip, KeyDestination, SlotRef } from '@rootcap/hardware';
import { type FaultCodes, guarded } from './engine-fault.ts';

const FAULTS: FaultCodes = {
  'key-read': 'DRIVER_HMAC_READ_KEY_KV_READ',
  // An erased key, by reading the RTL, which refuses to read such a slot; no recording shows the code.
  'invalid-input': 'DRIVER_HMAC_READ_KEY_KV_READ',
  'block-read': 'DRIVER_HMAC_READ_DATA_KV_READ',
  'key-write': 'DRIVER_HMAC_WRITE_TAG_KV_WRITE',
};

const COUNTER_ONE = Uint8Array.of(0, 0, 0, 1);
const HKDF_FIRST_BLOCK = Uint8Array.of(1);
const SEPARATOR = Uint8Array.of(0);

export type HmacMode = 'sha384' | 'sha512';

/** HMAC driver. Each operation first takes one TRNG response as the engine's masking seed. */
export class HmacDriver {
  readonly #chip: Chip;

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  mac(mode: HmacMode, key: Uint8Array | 'csr', data: Uint8Array): Uint8Array {
    this.#chip.trng.generate();
    return guarded(FAULTS, () => this.#chip.hmac.mac({ mode, key, data }));
  }

  /** A tag into a key-vault slot, HMAC-SHA-512 unless another mode is given. */
  macToSlot(
    key: Uint8Array | SlotRef,
    data: Uint8Array | SlotRef,
    tag: KeyDestination,
    mode: HmacMode = 'sha512',
  ): void {
    this.#chip.trng.generate();
    guarded(FAULTS, () => this.#chip.hmac.macToSlot({ mode, key, data, tag }));
  }

  /**
   * One block of the counter-mode KDF into a slot: `HMAC-SHA-512(key, 00000001 ‖ label ‖ [00 ‖ context])`.
   *
   * @see caliptra-sw:drivers/src/hmac_kdf.rs
   */
  kdf(key: Uint8Array | SlotRef, label: string, output: KeyDestination, context?: Uint8Array): void {
    this.macToSlot(key, kdfInput(utf8ToBytes(label), context), output);
  }

  /** The same with HMAC-SHA-384, which takes the first 48 bytes of a slot as its key. */
  kdf384(key: SlotRef, label: Uint8Array, output: KeyDestination, context: Uint8Array): void {
    this.macToSlot(key, kdfInput(label, context), output, 'sha384');
  }

  /** The same KDF with key and result as bytes. */
  kdfBytes(mode: HmacMode, key: Uint8Array, label: Uint8Array): Uint8Array {
    return this.mac(mode, key, kdfInput(label));
  }

  /** One block of HKDF-Expand: `HMAC(prk, info ‖ 01)`. @see caliptra-sw:drivers/src/hkdf.rs */
  hkdfExpand(mode: HmacMode, prk: Uint8Array, info: Uint8Array): Uint8Array {
    return this.mac(mode, prk, concatBytes(info, HKDF_FIRST_BLOCK));
  }
}

function kdfInput(label: Uint8Array, context?: Uint8Array): Uint8Array {
  return context === undefined ? concatBytes(COUNTER_ONE, label) : concatBytes(COUNTER_ONE, label, SEPARATOR, context);
}
