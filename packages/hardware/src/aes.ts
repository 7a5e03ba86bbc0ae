import { aesCmac, type CryptoProvider, hexToBytes } from '@rootcap/crypto';
import { pack, swapWords, unpack } from '@rootcap/struct';
import { AesClp, type AesClpOptions } from './aes-clp.ts';
import { RegisterFile, type RegisterFileState, type RegisterWrite, type ResetKind } from './block.ts';
import { EngineError } from './engine-error.ts';
import { ghashUpdate } from './ghash.ts';
import { type KeyDestination, KeyUsage, type KeyVault, type SlotRef } from './key-vault.ts';
import { AES_REG } from './registers/aes.ts';
import { checkState } from './state.ts';

type Registers = (typeof AES_REG)['registers'];

/** An AES key: its bytes, two shares that XOR to it, or a slot that allows `AES_KEY` (its first 32 bytes). */
export type AesKey = Uint8Array | readonly [share0: Uint8Array, share1: Uint8Array] | SlotRef;

export interface AesOptions extends AesClpOptions {
  readonly provider: Pick<CryptoProvider, 'blockCipher' | 'aead'>;
  /** `SS_OCP_LOCK_CTRL.LOCK_IN_PROGRESS`. Default false. */
  readonly ocpLockInProgress?: () => boolean;
}

export interface AesState extends RegisterFileState {
  /** First of the two writes that a shadowed register wants, by register, or -1. */
  readonly staged: readonly number[];
  /** Which DATA_IN words have come, which DATA_OUT words wait to be read: one bit each. */
  readonly inputs: number;
  readonly outputs: number;
  readonly started: boolean;
  /** `STATUS.output_lost`. */
  readonly outputLost: boolean;
  readonly ghash: Uint8Array;
}

const MODE = { ecb: 1, cbc: 2, cfb: 4, ofb: 8, ctr: 16, gcm: 32 } as const;
const PHASE = { init: 1, restore: 2, aad: 4, text: 8, save: 16, tag: 32 } as const;
const DECRYPT = 2;
const KEY_BYTES: Readonly<Record<number, number>> = { 1: 16, 2: 24, 4: 32 };
const SHADOWED = ['CTRL_SHADOWED', 'CTRL_GCM_SHADOWED', 'CTRL_AUX_SHADOWED'] as const;
const BLOCK = 16;
const ALL_WORDS = 0xf;
/** caliptra-sw:sw-emulator/lib/periph/src/aes.rs */
const SPOILT_GHASH = hexToBytes('feedfacedeadbeef0badc0decafebabe');
const MEK_DECRYPTION_KEY_SLOT = 16;

/**
 * AES engine. The typed face works on whole messages; the register face is OpenTitan's, a block at a time, with
 * Caliptra's wrapper beside it as {@link clp}.
 *
 * @see caliptra-rtl:src/aes, OpenTitan AES theory of operation
 */
export class Aes extends RegisterFile<Registers> {
  /** The register block of the wrapper, at 0x800 after this one. */
  readonly clp: AesClp;
  readonly #provider: AesOptions['provider'];
  readonly #keyVault: KeyVault;
  readonly #ocpLockInProgress: () => boolean;
  #staged: number[] = SHADOWED.map(() => -1);
  #inputs = 0;
  #outputs = 0;
  #started = false;
  #outputLost = false;
  #ghash: Uint8Array = new Uint8Array(BLOCK);

  constructor({ provider, ocpLockInProgress = () => false, ...clp }: AesOptions) {
    super(AES_REG);
    this.clp = new AesClp(clp);
    this.#provider = provider;
    this.#keyVault = clp.keyVault;
    this.#ocpLockInProgress = ocpLockInProgress;
  }

  ecbEncrypt(key: AesKey, data: Uint8Array): Uint8Array {
    return this.#provider.blockCipher.ecbEncrypt(this.#key(key), data);
  }

  /** @returns the plaintext; with the key of slot 16 and OCP LOCK in progress zeros, and `STATUS.output_lost` is set */
  ecbDecrypt(key: AesKey, data: Uint8Array): Uint8Array {
    const plain = this.#provider.blockCipher.ecbDecrypt(this.#key(key), data);
    const slot = key instanceof Uint8Array || !('slot' in key) ? -1 : key.slot;
    if (this.#blocksOutput(slot)) {
      this.#outputLost = true;
      plain.fill(0);
    }
    return plain;
  }

  /** The core never sees what the key that OCP LOCK keeps for MEKs decrypts. */
  #blocksOutput(slot: number): boolean {
    return slot === MEK_DECRYPTION_KEY_SLOT && this.#ocpLockInProgress();
  }

  /**
   * Decrypts a key into the vault: OCP LOCK's release of an MEK. What exceeds `SS_KEY_RELEASE_SIZE` is dropped.
   *
   * @throws EngineError `key-read`, or `key-write` for any other way than from slot 16 to slot 23 with OCP LOCK in
   * progress
   */
  ecbDecryptToSlot(key: SlotRef, data: Uint8Array, to: KeyDestination): void {
    const plain = this.#provider.blockCipher.ecbDecrypt(this.#key(key), data);
    try {
      const released = plain.subarray(0, this.clp.releaseSize);
      if (released.length < this.clp.releaseSize)
        throw new EngineError('key-write', `${plain.length} bytes are less than a key to release`);
      this.#keyVault.write(to.slot, released, to.usage, { engine: 'aes', slots: [key.slot], ecbDecrypt: true });
    } finally {
      plain.fill(0);
    }
  }

  cbcEncrypt(key: AesKey, iv: Uint8Array, data: Uint8Array): Uint8Array {
    return this.#provider.blockCipher.cbcEncrypt(this.#key(key), iv, data);
  }

  cbcDecrypt(key: AesKey, iv: Uint8Array, data: Uint8Array): Uint8Array {
    return this.#provider.blockCipher.cbcDecrypt(this.#key(key), iv, data);
  }

  /** @param counter - first counter block, 16 bytes, incremented big-endian over all of them */
  ctr(key: AesKey, counter: Uint8Array, data: Uint8Array): Uint8Array {
    return this.#provider.blockCipher.ctr(this.#key(key), counter, data);
  }

  /** AES-CMAC, 16 bytes. */
  cmac(key: AesKey, ...data: readonly Uint8Array[]): Uint8Array {
    return aesCmac(this.#provider, this.#key(key), ...data);
  }

  /** @param o.iv - 12 bytes. @returns ciphertext and tag of 16 bytes */
  gcmEncrypt(o: {
    readonly key: AesKey;
    readonly iv: Uint8Array;
    readonly plaintext: Uint8Array;
    readonly aad?: Uint8Array;
  }): { ciphertext: Uint8Array; tag: Uint8Array } {
    const sealed = this.#provider.aead.gcmSeal(this.#key(o.key), o.iv, o.plaintext, o.aad);
    return { ciphertext: sealed.slice(0, -BLOCK), tag: sealed.slice(-BLOCK) };
  }

  /** @param o.tag - 12 to 16 bytes. @returns undefined if the tag is wrong */
  gcmDecrypt(o: {
    readonly key: AesKey;
    readonly iv: Uint8Array;
    readonly ciphertext: Uint8Array;
    readonly tag: Uint8Array;
    readonly aad?: Uint8Array;
  }): Uint8Array | undefined {
    const sealed = new Uint8Array(o.ciphertext.length + o.tag.length);
    sealed.set(o.ciphertext);
    sealed.set(o.tag, o.ciphertext.length);
    return this.#provider.aead.gcmOpen(this.#key(o.key), o.iv, sealed, o.aad, o.tag.length);
  }

  /**
   * Carries a GHASH state on, for a GCM operation in parts (the text itself is {@link ctr} from counter 2).
   *
   * @param state - 16 bytes, zeros at the start
   * @param data - additional data or ciphertext; zero filled to whole blocks
   */
  gcmHash(key: AesKey, state: Uint8Array, data: Uint8Array): Uint8Array {
    return ghashUpdate(this.#encrypt(this.#key(key), new Uint8Array(BLOCK)), state, data);
  }

  /** Tag that ends a GCM operation in parts, 16 bytes. Lengths in bytes. */
  gcmTag(o: {
    readonly key: AesKey;
    readonly iv: Uint8Array;
    readonly ghash: Uint8Array;
    readonly aadLength: number;
    readonly textLength: number;
  }): Uint8Array {
    const lengths = new Uint8Array(BLOCK);
    const view = new DataView(lengths.buffer);
    view.setBigUint64(0, BigInt(o.aadLength) * 8n);
    view.setBigUint64(8, BigInt(o.textLength) * 8n);
    const key = this.#key(o.key);
    const state = ghashUpdate(this.#encrypt(key, new Uint8Array(BLOCK)), o.ghash, lengths);
    return xor(state, this.#encrypt(key, counterBlock(o.iv, 1)));
  }

  #key(key: AesKey): Uint8Array {
    if (key instanceof Uint8Array) return key;
    if ('slot' in key) return this.#keyVault.read(key.slot, KeyUsage.AES_KEY, 'key-read').subarray(0, 32);
    const [share0, share1] = key;
    if (share0.length !== share1.length)
      throw new RangeError(`key: shares of ${share0.length} and ${share1.length} bytes`);
    return xor(share0, share1);
  }

  #encrypt(key: Uint8Array, block: Uint8Array): Uint8Array {
    return this.#provider.blockCipher.ecbEncrypt(key, block);
  }

  /** Forgets keys, counters and data, of the wrapper too. */
  zeroize(): void {
    for (const name of ['KEY_SHARE0', 'KEY_SHARE1', 'IV', 'DATA_IN', 'DATA_OUT'] as const) this.#clear(name);
    this.#forget();
    this.clp.zeroize();
  }

  #forget(): void {
    this.#staged = SHADOWED.map(() => -1);
    this.#inputs = 0;
    this.#outputs = 0;
    this.#started = false;
    this.#outputLost = false;
    this.#ghash = new Uint8Array(BLOCK);
  }

  #clear(name: 'KEY_SHARE0' | 'KEY_SHARE1' | 'IV' | 'DATA_IN' | 'DATA_OUT'): void {
    const { count } = this.declaration.registers[name];
    this.storeBytes(name, new Uint8Array(count * 4));
  }

  // ---- register face ----

  protected override onRead(name: keyof Registers, index: number, stored: number): number {
    const shadow = (SHADOWED as readonly string[]).indexOf(name);
    // Reading a shadowed register makes the next write a first one.
    if (shadow >= 0) this.#staged[shadow] = -1;
    if (name === 'STATUS') return this.#status();
    if (name !== 'DATA_OUT') return stored;
    const word = this.clp.swapsData ? swapWord(stored) : stored;
    this.#outputs &= ~(1 << index);
    this.#proceed();
    return word;
  }

  protected override onWrite(name: keyof Registers, index: number, next: number, write: RegisterWrite): number {
    const shadow = (SHADOWED as readonly string[]).indexOf(name);
    if (shadow >= 0) return this.#shadowed(shadow, next, write.previous);
    if (name === 'TRIGGER') this.#trigger(next);
    if (name !== 'DATA_IN') return next;
    const word = this.clp.swapsData ? swapWord(next) : next;
    this.store('DATA_IN', word, index);
    this.#inputs |= 1 << index;
    this.#proceed();
    return this.stored('DATA_IN', index);
  }

  #status(): number {
    const waiting = this.#inputs === ALL_WORDS;
    const stalled = waiting && this.#outputs !== 0;
    const valid = this.#outputs !== 0;
    return pack(AES_REG.registers.STATUS, {
      idle: Number(!waiting),
      stall: Number(stalled),
      output_lost: Number(this.#outputLost),
      output_valid: Number(valid),
      input_ready: Number(!waiting),
    });
  }

  /** A shadowed register takes a value that is written twice in a row. */
  #shadowed(shadow: number, word: number, previous: number): number {
    if (this.#staged[shadow] !== word) {
      this.#staged[shadow] = this.#staged[shadow] === -1 ? word : -1;
      return previous;
    }
    this.#staged[shadow] = -1;
    if (SHADOWED[shadow] === 'CTRL_SHADOWED') {
      this.#inputs = 0;
      this.#outputs = 0;
      this.#outputLost = false;
    }
    if (SHADOWED[shadow] === 'CTRL_GCM_SHADOWED') this.#enterPhase(word);
    return word;
  }

  #enterPhase(word: number): void {
    const { phase } = unpack(AES_REG.registers.CTRL_GCM_SHADOWED, word);
    if (phase === PHASE.init) {
      this.#ghash = new Uint8Array(BLOCK);
      this.#clear('IV');
      this.#inputs = 0;
    }
    if (phase === PHASE.save) this.#output(this.#ghash);
  }

  #trigger(word: number): void {
    const { start, key_iv_data_in_clear, data_out_clear } = unpack(AES_REG.registers.TRIGGER, word);
    if (key_iv_data_in_clear === 1) {
      for (const name of ['KEY_SHARE0', 'KEY_SHARE1', 'IV', 'DATA_IN'] as const) this.#clear(name);
      this.#inputs = 0;
      this.#ghash = new Uint8Array(BLOCK);
    }
    if (data_out_clear === 1) {
      this.#clear('DATA_OUT');
      this.#outputs = 0;
    }
    if (start === 1) {
      this.#started = true;
      this.#proceed();
    }
  }

  /** Runs the waiting block unless the last result is still to be read or, in manual operation, start is missing. */
  #proceed(): void {
    if (this.#inputs !== ALL_WORDS || this.#outputs !== 0) return;
    const { mode, operation, sideload, key_len, manual_operation } = unpack(
      AES_REG.registers.CTRL_SHADOWED,
      this.stored('CTRL_SHADOWED'),
    );
    if (manual_operation === 1 && !this.#started) return;
    this.#started = false;
    this.#inputs = 0;
    const key = sideload === 1 ? this.clp.key : this.#registerKey(key_len);
    if (key === undefined) return;
    const decrypt = operation === DECRYPT;
    const result = this.#process(mode, decrypt, key, this.#little('DATA_IN'));
    if (result === undefined) return;
    const ecbDecrypt = mode === MODE.ecb && decrypt;
    const slots = sideload === 1 ? [this.clp.keySlot] : [];
    const blocked = ecbDecrypt && slots[0] !== undefined && this.#blocksOutput(slots[0]);
    if (blocked) this.#outputLost = true;
    if (this.clp.toVault) this.clp.collect(result, { slots, ecbDecrypt });
    else if (!blocked) this.#output(result);
  }

  #registerKey(keyLength: number): Uint8Array {
    return xor(this.#little('KEY_SHARE0'), this.#little('KEY_SHARE1')).subarray(0, KEY_BYTES[keyLength] ?? 32);
  }

  #output(block: Uint8Array): void {
    this.storeBytes('DATA_OUT', swapWords(block));
    this.#outputs = ALL_WORDS;
  }

  #process(mode: number, decrypt: boolean, key: Uint8Array, data: Uint8Array): Uint8Array | undefined {
    const iv = this.#little('IV');
    const decryptBlock = () => this.#provider.blockCipher.ecbDecrypt(key, data);
    switch (mode) {
      case MODE.ecb:
        return decrypt ? decryptBlock() : this.#encrypt(key, data);
      case MODE.cbc: {
        const out = decrypt ? xor(decryptBlock(), iv) : this.#encrypt(key, xor(data, iv));
        this.storeBytes('IV', swapWords(decrypt ? data : out));
        return out;
      }
      case MODE.cfb: {
        const out = xor(data, this.#encrypt(key, iv));
        this.storeBytes('IV', swapWords(decrypt ? data : out));
        return out;
      }
      case MODE.ofb: {
        const stream = this.#encrypt(key, iv);
        this.storeBytes('IV', swapWords(stream));
        return xor(data, stream);
      }
      case MODE.ctr:
        this.storeBytes('IV', swapWords(incremented(iv)));
        return xor(data, this.#encrypt(key, iv));
      case MODE.gcm:
        return this.#gcm(decrypt, key, iv, data);
      default:
        return undefined;
    }
  }

  #gcm(decrypt: boolean, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array | undefined {
    const { phase, num_valid_bytes } = unpack(AES_REG.registers.CTRL_GCM_SHADOWED, this.stored('CTRL_GCM_SHADOWED'));
    const valid = num_valid_bytes === 0 ? BLOCK : num_valid_bytes;
    const absorb = (block: Uint8Array, size: number) => {
      this.#ghash = ghashUpdate(this.#encrypt(key, new Uint8Array(BLOCK)), this.#ghash, block.subarray(0, size));
    };
    if (phase === PHASE.restore) this.#ghash = this.#restored(data);
    if (phase === PHASE.aad) absorb(data, valid);
    if (phase === PHASE.text) {
      // Software leaves the counter 0 at the start; the first block of text has 2.
      const counter = Math.max(new DataView(iv.buffer).getUint32(12), 2);
      const out = xor(data, this.#encrypt(key, counterBlock(iv, counter)));
      absorb(decrypt ? data : out, valid);
      this.storeBytes('IV', swapWords(counterBlock(iv, counter + 1)));
      return out;
    }
    if (phase !== PHASE.tag) return undefined;
    absorb(data, BLOCK);
    return xor(this.#ghash, this.#encrypt(key, counterBlock(iv, 1)));
  }

  /** A state of zeros, which is none to go on from, becomes another in the emulator, so that no right tag follows. */
  #restored(state: Uint8Array): Uint8Array {
    const spoilt = this.#keyVault.reference === 'emulator' && state.every((byte) => byte === 0);
    return spoilt ? SPOILT_GHASH.slice() : state;
  }

  /** A register array as natural bytes: its words are little-endian. */
  #little(name: keyof Registers): Uint8Array {
    return swapWords(this.storedBytes(name));
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.#forget();
  }

  override save(): AesState {
    return {
      ...super.save(),
      staged: [...this.#staged],
      inputs: this.#inputs,
      outputs: this.#outputs,
      started: this.#started,
      outputLost: this.#outputLost,
      ghash: this.#ghash.slice(),
    };
  }

  override restore(state: AesState): void {
    const mask = { oneOf: Array.from({ length: ALL_WORDS + 1 }, (_, i) => i) };
    const staged = { list: 'number', length: SHADOWED.length } as const;
    const flags = { started: 'boolean', outputLost: 'boolean' } as const;
    const fields = { staged, inputs: mask, outputs: mask, ...flags, ghash: { bytes: BLOCK } } as const;
    checkState(state, { fields }, 'aes');
    super.restore(state);
    this.#staged = [...state.staged];
    this.#inputs = state.inputs;
    this.#outputs = state.outputs;
    this.#started = state.started;
    this.#outputLost = state.outputLost;
    this.#ghash = state.ghash.slice();
  }
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] as number));
}

/** iv (its first 12 bytes) ‖ counter. SP 800-38D §7.1 */
function counterBlock(iv: Uint8Array, counter: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(iv.subarray(0, 12));
  new DataView(block.buffer).setUint32(12, counter);
  return block;
}

function incremented(counter: Uint8Array): Uint8Array {
  const out = counter.slice();
  for (let i = BLOCK - 1; i >= 0; i--) {
    out[i] = (out[i] as number) + 1;
    if (out[i] !== 0) break;
  }
  return out;
}

function swapWord(word: number): number {
  return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff_0000) | (word << 24)) >>> 0;
}
