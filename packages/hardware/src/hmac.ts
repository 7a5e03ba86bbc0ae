import type { CryptoProvider } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters, KV_SUCCESS, kvControl, SAVED_SLOT } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type KeyDestination, KeyUsage, type KeyVault, type SlotRef } from './key-vault.ts';
import { HMAC_REG } from './registers/hmac.ts';
import { sha2Compress, sha2InitialState } from './sha2-compress.ts';
import { checkState } from './state.ts';

type Registers = (typeof HMAC_REG)['registers'];

export type HmacMode = 'sha384' | 'sha512';

/** A message: bytes, or parts that are hashed one after the other. */
export type HmacData = Uint8Array | readonly Uint8Array[];

export interface HmacOptions {
  readonly provider: Pick<CryptoProvider, 'hmac'>;
  readonly keyVault: KeyVault;
  /** The integrator's key for CSR envelopes, 64 bytes. */
  readonly csrHmacKey: Uint8Array;
}

export interface HmacState extends RegisterFileState {
  readonly inner: Uint8Array;
  /** Slot whose key is in the key register, or -1. */
  readonly keySlot: number;
  /** Slot whose contents are in the block register, or -1. */
  readonly blockSlot: number;
  readonly failed: boolean;
}

const READY = 1;
const VALID = 2;
const KEY_SIZE: Readonly<Record<HmacMode, number>> = { sha384: 48, sha512: 64 };
const BLOCK_SIZE = 128;
const IPAD = 0x36;
const OPAD = 0x5c;

/**
 * HMAC-SHA-384/512 engine.
 *
 * A tag made from a key-vault slot never reaches the core: it goes into the vault, or nowhere. A vault key counts as
 * 64 bytes (48 in mode `sha384`); one that is all zero, or has nothing after byte 48 in mode `sha512`, is refused.
 *
 * The register face takes blocks that the core has padded for the inner hash (`init`, then `next`), and makes a tag
 * after each of them.
 *
 * @see caliptra-rtl:src/hmac
 */
export class Hmac extends EngineRegisters<Registers> {
  readonly #provider: Pick<CryptoProvider, 'hmac'>;
  readonly #keyVault: KeyVault;
  readonly #csrHmacKey: Uint8Array;
  /** Chaining value of the inner hash of the register face. */
  #inner: Uint8Array = new Uint8Array(64);
  #keySlot = -1;
  #blockSlot = -1;
  /** A refused key stops the engine until it is zeroized. */
  #failed = false;

  constructor({ provider, keyVault, csrHmacKey }: HmacOptions) {
    super(HMAC_REG, {
      HMAC512_NAME: [0x6163_686d, 0x6132_7368],
      HMAC512_VERSION: [0x3030_322e, 0],
      HMAC512_STATUS: [READY],
      HMAC512_KV_RD_KEY_STATUS: [READY],
      HMAC512_KV_RD_BLOCK_STATUS: [READY],
      HMAC512_KV_WR_STATUS: [READY],
    });
    if (csrHmacKey.length !== 64) throw new RangeError(`csrHmacKey: expected 64 bytes, got ${csrHmacKey.length}`);
    this.#provider = provider;
    this.#keyVault = keyVault;
    this.#csrHmacKey = csrHmacKey.slice();
  }

  /** Seed of the masking generator; it never changes a tag. 48 bytes. */
  set lfsrSeed(seed: Uint8Array) {
    this.storeBytes('HMAC512_LFSR_SEED', seed.subarray(0, this.declaration.registers.HMAC512_LFSR_SEED.count * 4));
  }

  /**
   * A tag that the core may read: 48 or 64 bytes.
   *
   * @param o.key - at most as long as the tag (a shorter one is zero filled), or the integrator's CSR key
   */
  mac(o: { readonly mode: HmacMode; readonly key: Uint8Array | 'csr'; readonly data: HmacData }): Uint8Array {
    const { mode, key, data } = o;
    if (key !== 'csr' && !(key instanceof Uint8Array))
      throw new TypeError('key: a tag under a key-vault key can only go to a slot, see macToSlot');
    return this.#mac(mode, this.#key(mode, key), data);
  }

  /**
   * A tag into the key vault.
   *
   * @throws EngineError `key-read`, `block-read` or `key-write` if the vault refuses, `invalid-input` for a zero or too
   * short vault key
   */
  macToSlot(o: {
    readonly mode: HmacMode;
    readonly key: Uint8Array | SlotRef | 'csr';
    readonly data: HmacData | SlotRef;
    readonly tag: KeyDestination;
  }): void {
    const { mode, key, data, tag } = o;
    const keyBytes = this.#key(mode, key);
    const message = 'slot' in data ? this.#keyVault.readBlock(data.slot, KeyUsage.HMAC_BLOCK, 'block-read') : data;
    const result = this.#mac(mode, keyBytes, message);
    try {
      this.#keyVault.write(tag.slot, result, tag.usage, { engine: 'hmac', slots: slotsOf(key, data) });
    } finally {
      result.fill(0);
      if (keyBytes !== key) keyBytes.fill(0);
      if (message !== data) (message as Uint8Array).fill(0);
    }
  }

  #mac(mode: HmacMode, key: Uint8Array, data: HmacData): Uint8Array {
    return data instanceof Uint8Array
      ? this.#provider.hmac.mac(mode, key, data)
      : this.#provider.hmac.mac(mode, key, ...data);
  }

  #key(mode: HmacMode, key: Uint8Array | SlotRef | 'csr'): Uint8Array {
    const size = KEY_SIZE[mode];
    if (key === 'csr') return this.#csrHmacKey.slice(0, size);
    if (key instanceof Uint8Array) {
      if (key.length > size) throw new RangeError(`key: expected at most ${size} bytes, got ${key.length}`);
      return key;
    }
    const secret = this.#keyVault.read(key.slot, KeyUsage.HMAC_KEY, 'key-read');
    if (isRefused(mode, secret))
      throw new EngineError('invalid-input', `the key in slot ${key.slot} is zero, or too short for ${mode}`);
    return secret.subarray(0, size);
  }

  /** Forgets key, block and tag. */
  zeroize(): void {
    this.clearWords('HMAC512_KEY', 'HMAC512_BLOCK', 'HMAC512_TAG');
    this.store('HMAC512_STATUS', READY);
    for (const port of ['HMAC512_KV_RD_KEY_STATUS', 'HMAC512_KV_RD_BLOCK_STATUS', 'HMAC512_KV_WR_STATUS'] as const)
      this.kvZeroize(port);
    this.#forget();
  }

  #forget(): void {
    this.#inner.fill(0);
    this.#keySlot = -1;
    this.#blockSlot = -1;
    this.#failed = false;
  }

  protected override onWrite(name: keyof Registers, _index: number, next: number, write: RegisterWrite): number {
    switch (name) {
      case 'HMAC512_CTRL':
        return this.#control(write.written);
      case 'HMAC512_KEY':
        return this.#keySlot >= 0 ? write.previous : next;
      case 'HMAC512_BLOCK':
        return this.#blockSlot >= 0 ? write.previous : next;
      case 'HMAC512_KV_RD_KEY_CTRL':
        return this.#keySlot >= 0 ? write.previous : this.#readKey(next);
      case 'HMAC512_KV_RD_BLOCK_CTRL':
        return this.#blockSlot >= 0 ? write.previous : this.#readBlock(next);
      default:
        return next;
    }
  }

  #readKey(word: number): number {
    const { enable, slot } = kvControl(word);
    if (!enable) return word;
    const key = this.kvRead('HMAC512_KV_RD_KEY_STATUS', slot, () =>
      this.#keyVault.read(slot, KeyUsage.HMAC_KEY, 'key-read'),
    );
    this.clearWords('HMAC512_KEY');
    if (key !== undefined) this.storeBytes('HMAC512_KEY', key);
    this.#keySlot = slot;
    return (word & ~1) >>> 0;
  }

  #readBlock(word: number): number {
    const { enable, slot } = kvControl(word);
    if (!enable) return word;
    const data = this.kvRead('HMAC512_KV_RD_BLOCK_STATUS', slot, () =>
      this.#keyVault.readBlock(slot, KeyUsage.HMAC_BLOCK, 'block-read'),
    );
    this.clearWords('HMAC512_BLOCK');
    if (data !== undefined) this.storeBytes('HMAC512_BLOCK', padded(data, BLOCK_SIZE + data.length));
    this.#blockSlot = slot;
    return (word & ~1) >>> 0;
  }

  #control(word: number): number {
    const { init, next, zeroize, mode, csr_mode } = unpack(HMAC_REG.registers.HMAC512_CTRL, word);
    const ready =
      this.kvError('HMAC512_KV_RD_KEY_STATUS') === KV_SUCCESS &&
      this.kvError('HMAC512_KV_RD_BLOCK_STATUS') === KV_SUCCESS;
    if (init + next > 0 && ready) this.#operate(init === 1, mode === 1 ? 'sha512' : 'sha384', csr_mode === 1);
    if (zeroize === 1) this.zeroize();
    // init, next and zeroize are pulses.
    return word & ~7;
  }

  #operate(first: boolean, mode: HmacMode, csr: boolean): void {
    const whole = csr ? this.#csrHmacKey : this.storedBytes('HMAC512_KEY');
    if (this.#keySlot >= 0 && isRefused(mode, whole)) {
      this.#failed = true;
      this.raise(isRefused('sha384', whole) ? 'key_zero_error' : 'key_mode_error');
    }
    this.store('HMAC512_STATUS', READY);
    const key = whole.subarray(0, KEY_SIZE[mode]);
    const start = first ? sha2Compress(sha2InitialState(mode), xorPad(key, IPAD)) : this.#inner;
    this.#inner = sha2Compress(start, this.storedBytes('HMAC512_BLOCK'));
    if (!this.#failed) this.#publish(mode, key);
  }

  #publish(mode: HmacMode, key: Uint8Array): void {
    const size = KEY_SIZE[mode];
    const outer = sha2Compress(sha2InitialState(mode), xorPad(key, OPAD));
    const tag = sha2Compress(outer, padded(this.#inner.subarray(0, size), BLOCK_SIZE + size)).subarray(0, size);
    const slots = [this.#keySlot, this.#blockSlot].filter((slot) => slot >= 0);
    const toVault = (this.stored('HMAC512_KV_WR_CTRL') & 1) !== 0;
    if (!toVault && slots.length === 0) {
      this.clearWords('HMAC512_TAG');
      this.storeBytes('HMAC512_TAG', tag);
    }
    if (toVault)
      this.kvWrite('HMAC512_KV_WR_CTRL', 'HMAC512_KV_WR_STATUS', (slot, usage) =>
        this.#keyVault.write(slot, tag, usage, { engine: 'hmac', slots }),
      );
    if (slots.length > 0) this.clearWords('HMAC512_KEY', 'HMAC512_BLOCK');
    this.#keySlot = -1;
    this.#blockSlot = -1;
    this.store('HMAC512_STATUS', READY | VALID);
    this.raise('notif_cmd_done');
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.#forget();
  }

  override save(): HmacState {
    return {
      ...super.save(),
      inner: this.#inner.slice(),
      keySlot: this.#keySlot,
      blockSlot: this.#blockSlot,
      failed: this.#failed,
    };
  }

  override restore(state: HmacState): void {
    const fields = { inner: { bytes: 64 }, keySlot: SAVED_SLOT, blockSlot: SAVED_SLOT, failed: 'boolean' } as const;
    checkState(state, { fields }, 'hmac');
    super.restore(state);
    this.#inner = state.inner.slice();
    this.#keySlot = state.keySlot;
    this.#blockSlot = state.blockSlot;
    this.#failed = state.failed;
  }
}

/** Whether the engine refuses a 64-byte vault key: zero where the mode looks for entropy. */
function isRefused(mode: HmacMode, key: Uint8Array): boolean {
  const tail = key.subarray(mode === 'sha512' ? 48 : 0);
  return tail.every((byte) => byte === 0);
}

function slotsOf(...inputs: readonly (HmacData | SlotRef | 'csr')[]): number[] {
  return inputs.flatMap((input) => (typeof input === 'object' && 'slot' in input ? [input.slot] : []));
}

function xorPad(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE).fill(pad);
  key.forEach((byte, i) => {
    block[i] = byte ^ pad;
  });
  return block;
}

/** One block of `data`, which ends a message of `length` bytes. FIPS 180-4 §5.1.2 */
function padded(data: Uint8Array, length: number): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE);
  block.set(data);
  block[data.length] = 0x80;
  new DataView(block.buffer).setUint32(BLOCK_SIZE - 4, length * 8);
  return block;
}
