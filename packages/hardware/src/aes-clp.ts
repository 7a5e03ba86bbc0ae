import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters, kvControl, SAVED_SLOT } from './engine.ts';
import { KEY_SIZE, KeyUsage, type KeyVault } from './key-vault.ts';
import { AES_CLP_REG } from './registers/aes-clp.ts';
import { checkState } from './state.ts';

type Registers = (typeof AES_CLP_REG)['registers'];

export interface AesClpState extends RegisterFileState {
  /** Key of the key-vault port, 32 bytes. */
  readonly key?: Uint8Array;
  readonly keySlot: number;
  /** Result bytes on their way into the vault. */
  readonly collected: readonly number[];
}

const READY = 1;
const BLOCK = 16;

export interface AesClpOptions {
  readonly keyVault: KeyVault;
  /** `SS_KEY_RELEASE_SIZE`: bytes of a result that goes into the vault. Default 64. */
  readonly keyReleaseSize?: () => number;
}

/**
 * Caliptra's wrapper around the AES engine: the key-vault ports, entropy seed, endianness of the data registers.
 *
 * @see caliptra-rtl:src/aes/rtl/aes_clp_wrapper.sv
 */
export class AesClp extends EngineRegisters<Registers> {
  readonly #keyVault: KeyVault;
  readonly #keyReleaseSize: () => number;
  #key: Uint8Array | undefined;
  #keySlot = -1;
  #collected = new Uint8Array(0);

  constructor({ keyVault, keyReleaseSize = () => 64 }: AesClpOptions) {
    super(AES_CLP_REG, {
      AES_NAME: [0x0006_1657, 0],
      AES_VERSION: [0x0031_2e30, 0],
      AES_KV_RD_KEY_STATUS: [READY],
      AES_KV_WR_STATUS: [READY],
    });
    this.#keyVault = keyVault;
    this.#keyReleaseSize = keyReleaseSize;
  }

  /** The key that a sideloading operation uses. 32 bytes. */
  get key(): Uint8Array | undefined {
    return this.#key;
  }

  /** Slot of that key, or -1. */
  get keySlot(): number {
    return this.#keySlot;
  }

  /** Whether results go into the key vault instead of the data registers. */
  get toVault(): boolean {
    return (this.stored('AES_KV_WR_CTRL') & 1) !== 0;
  }

  /** Whether DATA_IN and DATA_OUT are big-endian words. */
  get swapsData(): boolean {
    return (this.stored('CTRL0') & 1) !== 0;
  }

  /** Bytes of a released key. A strap that names no possible size releases a block at least and a slot at most. */
  get releaseSize(): number {
    return Math.min(KEY_SIZE, Math.max(BLOCK, this.#keyReleaseSize() & ~3));
  }

  /** Takes a block of results; the vault gets them when all have come. */
  collect(block: Uint8Array, source: { readonly slots: readonly number[]; readonly ecbDecrypt: boolean }): void {
    const collected = new Uint8Array(this.#collected.length + block.length);
    collected.set(this.#collected);
    collected.set(block, this.#collected.length);
    this.#collected = collected;
    const size = this.releaseSize;
    if (collected.length < size) return;
    this.kvWrite('AES_KV_WR_CTRL', 'AES_KV_WR_STATUS', (slot, usage) =>
      this.#keyVault.write(slot, collected.subarray(0, size), usage, { engine: 'aes', ...source }),
    );
    this.dropCollected();
  }

  dropCollected(): void {
    this.#collected.fill(0);
    this.#collected = new Uint8Array(0);
  }

  protected override onWrite(name: keyof Registers, _index: number, next: number, _write: RegisterWrite): number {
    if (name === 'AES_KV_RD_KEY_CTRL') {
      const { enable, slot } = kvControl(next);
      if (enable) this.#load(slot);
      return (next & ~1) >>> 0;
    }
    if (name === 'AES_KV_WR_CTRL' && (next & 1) !== 0) {
      this.dropCollected();
      this.store('AES_KV_WR_STATUS', READY);
    }
    return next;
  }

  #load(slot: number): void {
    const key = this.kvRead('AES_KV_RD_KEY_STATUS', slot, () =>
      this.#keyVault.read(slot, KeyUsage.AES_KEY, 'key-read').subarray(0, 32),
    );
    // Unlike the other engines' ports, this one stays ready after a refusal.
    this.store('AES_KV_RD_KEY_STATUS', this.stored('AES_KV_RD_KEY_STATUS') | READY);
    this.#forgetKey();
    if (key === undefined) return;
    this.#key = key;
    this.#keySlot = slot;
  }

  #forgetKey(): void {
    this.#key?.fill(0);
    this.#key = undefined;
    this.#keySlot = -1;
  }

  /** Debug got unlocked: forgets the vault's key and results. */
  zeroize(): void {
    this.#forgetKey();
    this.dropCollected();
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.zeroize();
  }

  override save(): AesClpState {
    return {
      ...super.save(),
      ...(this.#key === undefined ? {} : { key: this.#key.slice() }),
      keySlot: this.#keySlot,
      collected: [...this.#collected],
    };
  }

  override restore(state: AesClpState): void {
    const fields = { key: { optional: { bytes: 32 } }, keySlot: SAVED_SLOT, collected: { list: 'number' } } as const;
    checkState(state, { fields }, 'aes-clp');
    super.restore(state);
    this.zeroize();
    this.#key = state.key?.slice();
    this.#keySlot = state.keySlot;
    this.#collected = Uint8Array.from(state.collected);
  }
}
