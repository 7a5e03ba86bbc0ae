import type { CryptoProvider, Hash } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters, KV_SUCCESS, kvControl, SAVED_SLOT } from './engine.ts';
import type { Reference } from './hw-config.ts';
import { PCR_SIZE, type PcrBank } from './pcr-bank.ts';
import { SHA512_REG } from './registers/sha512.ts';
import { type Sha2Mode, sha2Compress, sha2InitialState } from './sha2-compress.ts';
import { checkState } from './state.ts';

type Registers = (typeof SHA512_REG)['registers'];

export type Sha512Mode = 'sha384' | 'sha512';

export interface Sha512Options {
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  readonly pcrBank: PcrBank;
  /** Whose byte order the nonce of {@link Sha512.generatePcrHash} has. Default `emulator`. */
  readonly reference?: Reference;
}

export interface Sha512State extends RegisterFileState {
  readonly state: Uint8Array;
  readonly pcrHash: Uint8Array;
  /** PCR whose extension is under way, or -1. */
  readonly extending: number;
}

const READY = 1;
const VALID = 2;
const BLOCK_SIZE = 128;
const MODES: readonly Sha2Mode[] = ['sha512-224', 'sha512-256', 'sha384', 'sha512'];
const DIGEST_SIZE: Readonly<Record<Sha512Mode, number>> = { sha384: 48, sha512: 64 };

/**
 * SHA-384/SHA-512 engine with the hash over all PCRs.
 *
 * The typed face hashes messages and, for contexts that firmware exports, whole blocks from one chaining value to the
 * next. The register face takes padded 128-byte blocks (`init`, then `next`); a PCR read into the block by
 * `SHA512_VAULT_RD_CTRL` makes the operation with `last` an extension of that PCR.
 *
 * @see caliptra-rtl:src/sha512
 */
export class Sha512 extends EngineRegisters<Registers> {
  readonly #provider: Pick<CryptoProvider, 'hashes'>;
  readonly #pcrBank: PcrBank;
  readonly #reference: Reference;
  /** Chaining value of the register face. */
  #state: Uint8Array = sha2InitialState('sha512');
  #pcrHash: Uint8Array = new Uint8Array(64);
  #extending = -1;

  constructor({ provider, pcrBank, reference = 'emulator' }: Sha512Options) {
    super(SHA512_REG, {
      SHA512_NAME: [0x6132_7368, 0x3132_2d35],
      SHA512_VERSION: [0x3830_302e, 0],
      SHA512_STATUS: [READY],
      SHA512_VAULT_RD_STATUS: [READY],
      SHA512_KV_WR_STATUS: [READY],
      SHA512_GEN_PCR_HASH_STATUS: [READY],
    });
    this.#provider = provider;
    this.#pcrBank = pcrBank;
    this.#reference = reference;
  }

  digest(name: Sha512Mode, ...parts: readonly Uint8Array[]): Uint8Array {
    return this.#provider.hashes.digest(name, ...parts);
  }

  create(name: Sha512Mode): Hash {
    return this.#provider.hashes.create(name);
  }

  /**
   * The chaining value after whole blocks, as the digest register shows it between two blocks.
   *
   * @param blocks - a multiple of 128 bytes
   * @param state - chaining value to start from, 64 bytes; default the mode's initial one
   * @returns 64 bytes, in mode `sha384` too
   */
  hashBlocks(name: Sha512Mode, blocks: Uint8Array, state: Uint8Array = sha2InitialState(name)): Uint8Array {
    if (blocks.length % BLOCK_SIZE !== 0)
      throw new RangeError(`blocks: ${blocks.length} bytes are not a multiple of ${BLOCK_SIZE}`);
    let chaining: Uint8Array = state.slice();
    for (let at = 0; at < blocks.length; at += BLOCK_SIZE)
      chaining = sha2Compress(chaining, blocks.subarray(at, at + BLOCK_SIZE));
    return chaining;
  }

  /**
   * Ends a hash that {@link hashBlocks} began.
   *
   * @param state - chaining value over everything before `tail`
   * @param tail - the last bytes, any length
   * @param length - bytes of the whole message, `tail` included
   */
  finishBlocks(name: Sha512Mode, state: Uint8Array, tail: Uint8Array, length: number): Uint8Array {
    const padded = new Uint8Array(Math.ceil((tail.length + 17) / BLOCK_SIZE) * BLOCK_SIZE);
    padded.set(tail);
    padded[tail.length] = 0x80;
    new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(length) * 8n);
    return this.hashBlocks(name, padded, state).slice(0, DIGEST_SIZE[name]);
  }

  /**
   * `Hash(PCR0 ‖ … ‖ PCR31 ‖ nonce)`, also kept in the engine for the PCR-signing flows of ECC and ML-DSA. Hardware of
   * generation 2 does this with SHA-512 only.
   *
   * The RTL takes the nonce as it is. The emulator, and so every recorded quote, takes each of its 32-bit words with the
   * bytes reversed.
   *
   * @param nonce - 32 bytes, as the requester sent them
   */
  generatePcrHash(name: Sha512Mode, nonce: Uint8Array): Uint8Array {
    if (nonce.length !== 32) throw new RangeError(`nonce: expected 32 bytes, got ${nonce.length}`);
    const taken = this.#reference === 'rtl' ? nonce : nonce.map((_, i) => nonce[i ^ 3] as number);
    const digest = this.digest(name, this.#pcrBank.readAll(), taken);
    this.#pcrHash.fill(0);
    this.#pcrHash.set(digest);
    return digest;
  }

  /** What the PCR-signing wires carry: the last PCR hash, 64 bytes (zero filled); zeros before the first. */
  get pcrHash(): Uint8Array {
    return this.#pcrHash.slice();
  }

  /** Forgets block, digest and PCR hash. */
  zeroize(): void {
    this.clearWords('SHA512_BLOCK', 'SHA512_DIGEST', 'SHA512_GEN_PCR_HASH_DIGEST');
    this.store('SHA512_STATUS', READY);
    this.kvZeroize('SHA512_VAULT_RD_STATUS');
    this.#forget();
  }

  #forget(): void {
    this.#state = sha2InitialState('sha512');
    this.#pcrHash.fill(0);
    this.#extending = -1;
  }

  protected override onWrite(name: keyof Registers, index: number, next: number, write: RegisterWrite): number {
    if (name === 'SHA512_CTRL') return this.#control(write.written);
    if (name === 'SHA512_VAULT_RD_CTRL') return this.#readVault(next);
    if (name === 'SHA512_BLOCK') return this.#isPcrWord(index) ? write.previous : next;
    if (name === 'SHA512_GEN_PCR_HASH_CTRL' && (write.written & 1) !== 0) this.#generate();
    return next;
  }

  /** The first words of the block hold the PCR from its read until the next operation; the core cannot change them. */
  #isPcrWord(index: number): boolean {
    return this.#extending >= 0 && index < PCR_SIZE / 4;
  }

  #readVault(word: number): number {
    const { enable, slot } = kvControl(word);
    if (!enable) return word;
    const extend = (word & 0x40) !== 0;
    this.kvRead('SHA512_VAULT_RD_STATUS', 0, () => {
      if (extend) this.storeBytes('SHA512_BLOCK', this.#pcrBank.read(slot));
      return new Uint8Array(0);
    });
    this.#extending = extend ? slot : -1;
    return (word & ~1) >>> 0;
  }

  #control(word: number): number {
    const { init, next, mode, zeroize, last, restore } = unpack(SHA512_REG.registers.SHA512_CTRL, word);
    if (init + next > 0 && this.kvError('SHA512_VAULT_RD_STATUS') === KV_SUCCESS) {
      const before = restore === 1 ? this.storedBytes('SHA512_DIGEST') : this.#state;
      const start = init === 1 ? sha2InitialState(MODES[mode] as Sha2Mode) : before;
      this.#state = sha2Compress(start, this.storedBytes('SHA512_BLOCK'));
      this.#publish(last === 1);
    }
    if (zeroize === 1) this.zeroize();
    // init, next, zeroize, last and restore fall by themselves.
    return word & 0xc;
  }

  /** The chaining value goes to the digest register; at the end of a hash-extend it goes to the PCR instead. */
  #publish(last: boolean): void {
    const toVault = (this.stored('SHA512_KV_WR_CTRL') & 1) !== 0;
    const extending = this.#extending;
    if (!toVault && extending < 0) this.storeBytes('SHA512_DIGEST', this.#state);
    if (last && (toVault || extending >= 0)) {
      // Only PCRs have a write port here: a key-vault destination gets nothing.
      this.kvWrite('SHA512_KV_WR_CTRL', 'SHA512_KV_WR_STATUS', () => {
        if (extending >= 0) this.#pcrBank.replace(extending, this.#state.subarray(0, PCR_SIZE));
      });
      this.#extending = -1;
    }
    this.store('SHA512_STATUS', READY | VALID);
    this.raise('notif_cmd_done');
  }

  #generate(): void {
    const digest = this.generatePcrHash('sha512', this.storedBytes('SHA512_GEN_PCR_HASH_NONCE'));
    this.storeBytes('SHA512_GEN_PCR_HASH_DIGEST', digest);
    this.storeBytes('SHA512_DIGEST', digest);
    this.#state = digest;
    this.store('SHA512_GEN_PCR_HASH_STATUS', READY | VALID);
    this.store('SHA512_STATUS', READY | VALID);
    this.raise('notif_cmd_done');
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.#forget();
  }

  override save(): Sha512State {
    return {
      ...super.save(),
      state: this.#state.slice(),
      pcrHash: this.#pcrHash.slice(),
      extending: this.#extending,
    };
  }

  override restore(state: Sha512State): void {
    const fields = { state: { bytes: 64 }, pcrHash: { bytes: 64 }, extending: SAVED_SLOT };
    checkState(state, { fields }, 'sha512');
    super.restore(state);
    this.#state = state.state.slice();
    this.#pcrHash = state.pcrHash.slice();
    this.#extending = state.extending;
  }
}
