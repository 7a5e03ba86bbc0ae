import type { CryptoProvider, Hash } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters } from './engine.ts';
import { SHA256_REG } from './registers/sha256.ts';
import { sha2Compress, sha2InitialState } from './sha2-compress.ts';
import { checkState } from './state.ts';

type Registers = (typeof SHA256_REG)['registers'];

const READY = 1;
const VALID = 2;

/** Last chain index of a Winternitz chain by its width: 2^w - 2. Other widths are an error. */
const LAST_INDEX: Readonly<Record<number, number>> = { 1: 0, 2: 2, 4: 14, 8: 254 };

/** Where an LMS chain keeps its index: I (16) ‖ q (4) ‖ i (2) ‖ j (1) ‖ tmp. RFC 8554 §4.3 */
const INDEX_OFFSET = 22;

export interface Sha256State extends RegisterFileState {
  readonly state: Uint8Array;
}

/**
 * SHA-256 engine. The typed face hashes messages; the register face takes padded 64-byte blocks (`init`, then `next`)
 * and runs the chains of Winternitz signatures by itself (`wntz_mode`).
 *
 * @see caliptra-rtl:src/sha256
 */
export class Sha256 extends EngineRegisters<Registers> {
  readonly #provider: Pick<CryptoProvider, 'hashes'>;
  /** Chaining value of the register face. */
  #state: Uint8Array = sha2InitialState('sha256');

  constructor({ provider }: { readonly provider: Pick<CryptoProvider, 'hashes'> }) {
    super(SHA256_REG, {
      SHA256_NAME: [0x6132_7368, 0x3536_2d32],
      SHA256_VERSION: [0x3830_312e, 0],
      SHA256_STATUS: [READY],
    });
    this.#provider = provider;
  }

  digest(...parts: readonly Uint8Array[]): Uint8Array {
    return this.#provider.hashes.digest('sha256', ...parts);
  }

  create(): Hash {
    return this.#provider.hashes.create('sha256');
  }

  /** Forgets block and digest. */
  zeroize(): void {
    this.clearWords('SHA256_BLOCK', 'SHA256_DIGEST');
    this.store('SHA256_STATUS', READY);
    this.#state = sha2InitialState('sha256');
  }

  protected override onWrite(name: keyof Registers, _index: number, next: number, { written }: RegisterWrite): number {
    if (name !== 'SHA256_CTRL') return next;
    const {
      init,
      next: following,
      mode,
      zeroize,
      wntz_mode,
      wntz_w,
      wntz_n_mode,
    } = unpack(SHA256_REG.registers.SHA256_CTRL, written);
    if (init + following === 2) this.raise('error1');
    if (init + following > 0) {
      const variant = mode === 1 ? 'sha256' : 'sha224';
      const block = this.storedBytes('SHA256_BLOCK');
      this.#state = sha2Compress(init === 1 ? sha2InitialState(variant) : this.#state, block);
      let words = mode === 1 ? 8 : 7;
      if (init === 1 && wntz_mode === 1 && this.#chain(block, wntz_w, wntz_n_mode === 1, mode === 1))
        words = wntz_n_mode === 1 ? 8 : 6;
      this.clearWords('SHA256_DIGEST');
      this.storeBytes('SHA256_DIGEST', this.#state.subarray(0, words * 4));
      this.store('SHA256_STATUS', READY | VALID);
      this.raise('notif_cmd_done');
    }
    if (zeroize === 1) this.zeroize();
    // init, next and zeroize are pulses.
    return written & ~0xb;
  }

  /**
   * The rest of a Winternitz chain after its first step, which is in `#state`.
   *
   * @param wide - 32-byte links, else 24
   * @returns false if the chain is not entered because its index is out of range
   */
  #chain(block: Uint8Array, width: number, wide: boolean, sha256: boolean): boolean {
    const last = LAST_INDEX[width];
    const index = block[INDEX_OFFSET] as number;
    if (index > (last ?? 0)) {
      this.raise('error0');
      return false;
    }
    if (last === undefined || !sha256) this.raise('error0');
    const size = wide ? 32 : 24;
    const link = new Uint8Array(64);
    link.set(block.subarray(0, INDEX_OFFSET));
    link[INDEX_OFFSET + 1 + size] = 0x80;
    new DataView(link.buffer).setUint16(62, (INDEX_OFFSET + 1 + size) * 8);
    for (let j = index + 1; j <= (last ?? 0); j++) {
      link[INDEX_OFFSET] = j;
      link.set(this.#state.subarray(0, size), INDEX_OFFSET + 1);
      this.#state = sha2Compress(sha2InitialState('sha256'), link);
    }
    return true;
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.#state = sha2InitialState('sha256');
  }

  override save(): Sha256State {
    return { ...super.save(), state: this.#state.slice() };
  }

  override restore(state: Sha256State): void {
    checkState(state, { fields: { state: { bytes: 32 } } }, 'sha256');
    super.restore(state);
    this.#state = state.state.slice();
  }
}
