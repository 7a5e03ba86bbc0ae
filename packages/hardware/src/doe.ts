import type { CryptoProvider } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { KEY_SLOTS, KeyUsage, type KeyVault } from './key-vault.ts';
import { DOE_REG } from './registers/doe.ts';
import { checkState } from './state.ts';

type Registers = (typeof DOE_REG)['registers'];

/** The obfuscated secrets and their key, as the SoC interface holds them, in natural byte order. */
export interface DoeSecrets {
  /** 32 bytes. */
  obfuscationKey(): Uint8Array;
  /** 64 bytes. */
  udsSeed(): Uint8Array;
  /** 32 bytes. */
  fieldEntropy(): Uint8Array;
  /** 32 bytes. */
  hekSeed(): Uint8Array;
  /** Zeroes all of them. */
  clear(): void;
}

export interface DoeOptions {
  readonly provider: Pick<CryptoProvider, 'blockCipher'>;
  readonly keyVault: KeyVault;
  readonly secrets: DoeSecrets;
  readonly emit?: Emit;
}

export type DoeSecret = 'UDS' | 'FE' | 'HEK';

/** What each command's flow is called in `DOE_STATUS`, and for what the decrypted secret may be used. */
const FLOWS = {
  UDS: { done: 'uds_flow_done', usage: KeyUsage.HMAC_KEY | KeyUsage.HMAC_BLOCK },
  FE: { done: 'fe_flow_done', usage: KeyUsage.HMAC_KEY | KeyUsage.HMAC_BLOCK },
  HEK: { done: 'hek_flow_done', usage: KeyUsage.HMAC_BLOCK },
} as const;

const READY = 1;
const COMMANDS: readonly (DoeSecret | 'CLEAR' | undefined)[] = [undefined, 'UDS', 'FE', 'CLEAR', 'HEK'];

/** What every ROM programs before each command. caliptra-sw:rom/dev/src/flow/cold_reset/idev_id.rs */
const ROM_IV = Uint8Array.of(
  0xfb,
  0x10,
  0x36,
  0x5b,
  0xa1,
  0x17,
  0x97,
  0x41,
  0xfb,
  0xa1,
  0x93,
  0xa1,
  0x0f,
  0x40,
  0x6d,
  0x7e,
);

export interface DoeState extends RegisterFileState {
  readonly chain: Uint8Array;
}

/**
 * Deobfuscation engine: AES-256-CBC decryption without padding of the obfuscated secrets, under the obfuscation key,
 * into the key vault. Each secret can be taken once per power cycle; a later command ends at once and changes nothing.
 *
 * @see caliptra-rtl:src/doe
 */
export class Doe extends EngineRegisters<Registers> {
  readonly #provider: Pick<CryptoProvider, 'blockCipher'>;
  readonly #keyVault: KeyVault;
  readonly #secrets: DoeSecrets;
  readonly #emit: Emit;
  /** What the next block is XORed with: `DOE_IV` as written, then the last block of ciphertext. */
  #chain: Uint8Array = new Uint8Array(16);

  constructor({ provider, keyVault, secrets, emit = ignoreEvents }: DoeOptions) {
    super(DOE_REG, {});
    this.store('DOE_STATUS', READY);
    this.#provider = provider;
    this.#keyVault = keyVault;
    this.#secrets = secrets;
    this.#emit = emit;
  }

  /** The initialization vector of the typed face: the ROM's. 16 bytes. */
  get iv(): Uint8Array {
    return ROM_IV.slice();
  }

  /**
   * Decrypts a secret with the ROM's initialization vector: UDS 64 bytes, FE and HEK 32 bytes.
   *
   * @throws EngineError if the slot is locked
   */
  decrypt(what: DoeSecret, slot: number): void {
    this.#chain = ROM_IV.slice();
    this.#run(what, slot);
  }

  /** Zeroes the obfuscation key and all obfuscated secrets until the next power cycle. */
  clearSecrets(): void {
    this.#secrets.clear();
    this.clearWords('DOE_IV');
    this.#chain = new Uint8Array(16);
    this.storeField('DOE_STATUS', 'deobf_secrets_cleared', 1);
    this.storeField('DOE_STATUS', 'error', 0);
    this.#emit({ kind: 'doe', operation: 'CLEAR_SECRETS' });
  }

  #run(what: DoeSecret, slot: number): void {
    const { done } = FLOWS[what];
    const { usage } = FLOWS[this.#keyVault.reference === 'rtl' ? what : 'UDS'];
    if (this.storedField('DOE_STATUS', done) === 1) return;
    const input = this.#obfuscated(what);
    const plain = this.#provider.blockCipher.cbcDecrypt(this.#secrets.obfuscationKey(), this.#chain, input);
    this.#chain = input.slice(-16);
    this.storeField('DOE_STATUS', done, 1);
    try {
      if (slot < KEY_SLOTS) this.#keyVault.write(slot, plain, usage, { engine: 'doe', slots: [] });
    } finally {
      plain.fill(0);
    }
    this.#emit({ kind: 'doe', operation: what, slot });
  }

  #obfuscated(what: DoeSecret): Uint8Array {
    if (what === 'UDS') return this.#secrets.udsSeed();
    return what === 'FE' ? this.#secrets.fieldEntropy() : this.#secrets.hekSeed();
  }

  protected override onWrite(name: keyof Registers, index: number, next: number, write: RegisterWrite): number {
    if (name === 'DOE_IV') {
      this.store(name, next, index);
      this.#chain = this.storedBytes(name);
    }
    return name === 'DOE_CTRL' ? this.#command(write.written) : next;
  }

  #command(word: number): number {
    const { cmd, cmd_ext, dest } = unpack(DOE_REG.registers.DOE_CTRL, word);
    const what = COMMANDS[cmd | (cmd_ext << 2)];
    this.storeField('DOE_STATUS', 'valid', 0);
    this.storeField('DOE_STATUS', 'error', 0);
    if (what === undefined) return word;
    if (what === 'CLEAR') this.clearSecrets();
    else this.#runByRegister(what, dest);
    this.storeField('DOE_STATUS', 'valid', 1);
    if (what !== 'CLEAR') this.raise('notif_cmd_done');
    // The command bits fall when the flow ends; the destination stays.
    return dest << 2;
  }

  #runByRegister(what: DoeSecret, slot: number): void {
    try {
      this.#run(what, slot);
    } catch (error) {
      // A locked destination takes nothing, and the engine does not notice.
      if (!(error instanceof EngineError)) throw error;
    }
  }

  override reset(kind: ResetKind): void {
    const status = this.stored('DOE_STATUS');
    super.reset(kind);
    if (kind === 'update') return;
    // What was done in this power cycle stays done.
    this.store('DOE_STATUS', kind === 'cold' ? READY : READY | (status & 0x3c));
    this.#chain = new Uint8Array(16);
  }

  override save(): DoeState {
    return { ...super.save(), chain: this.#chain.slice() };
  }

  override restore(state: DoeState): void {
    checkState(state, { fields: { chain: { bytes: 16 } } }, 'doe');
    super.restore(state);
    this.#chain = state.chain.slice();
  }
}
