import type { CryptoProvider } from '@rootcap/crypto';
import {
  type BusAccess,
  RegisterFile,
  type RegisterFileState,
  type RegisterWrite,
  type ResetKind,
  type Side,
  UC_ACCESS,
} from './block.ts';
import { SHA512_ACC_CSR } from './registers/sha512-acc.ts';
import { checkState, copyState } from './state.ts';

type Registers = typeof SHA512_ACC_CSR.registers;
type Name = keyof Registers & string;

export type ShaAcceleratorHash = 'sha384' | 'sha512';

export interface ShaAcceleratorOptions {
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  /** The mailbox SRAM, for mailbox mode. */
  readonly sram: Uint8Array;
}

export interface ShaAcceleratorState extends RegisterFileState {
  readonly socHasLock: boolean;
  readonly done: boolean;
  readonly stream: Uint8Array;
  readonly streamLength: number;
}

/** Bits of `MODE`. */
const SHA512_MODE = 1;
const MAILBOX_MODE = 2;
const ENDIAN_TOGGLE = 4;

/**
 * SHA-384/512 of a stream of words or of mailbox SRAM, for the SoC or the core, whoever holds the lock. The SoC only
 * streams. After reset the core holds the lock. caliptra-rtl:src/soc_ifc/rtl/sha512_acc_top.sv
 *
 * The digest is of the first DLEN bytes, or of all that was streamed if that is less.
 */
export class ShaAccelerator extends RegisterFile<Registers> {
  readonly #hashes: CryptoProvider['hashes'];
  readonly #sram: Uint8Array;
  #socHasLock = false;
  #done = false;
  #stream = new Uint8Array(128);
  #length = 0;

  constructor({ provider, sram }: ShaAcceleratorOptions) {
    super(SHA512_ACC_CSR);
    this.#hashes = provider.hashes;
    this.#sram = sram;
  }

  /** Who holds the lock. */
  get owner(): 'uc' | 'soc' | 'none' {
    if (this.stored('LOCK') === 0) return 'none';
    return this.#socHasLock ? 'soc' : 'uc';
  }

  /** Takes the lock if it is free, as reading `LOCK` does. */
  tryLock(side: Side, axiUser: number): boolean {
    return this.readRegister(SHA512_ACC_CSR.registers.LOCK.offset, { side, axiUser }) === 0;
  }

  /** Gives the lock back, as its owner. */
  unlock(side: Side = 'uc', axiUser: number = UC_ACCESS.axiUser): void {
    this.writeRegister(SHA512_ACC_CSR.registers.LOCK.offset, 1, { side, axiUser });
  }

  /** Hash of `length` bytes of mailbox SRAM from `start`, by the core, which must hold the lock. */
  digestMailbox(name: ShaAcceleratorHash, start: number, length: number): Uint8Array {
    if (this.owner !== 'uc') throw new TypeError(`lock: held by ${this.owner}, not by the core`);
    this.set('MODE', MAILBOX_MODE | (name === 'sha512' ? SHA512_MODE : 0));
    this.set('START_ADDRESS', start);
    this.set('DLEN', length);
    this.set('EXECUTE', 1);
    return this.#digest(name);
  }

  /** Hash of data that whoever holds the lock streams: the core, or its DMA as a user of the SoC's bus. */
  digestStream(name: ShaAcceleratorHash, data: Uint8Array, access: BusAccess = UC_ACCESS): Uint8Array {
    if (!this.#isOwner(access)) throw new TypeError(`lock: held by ${this.owner}, not by the streaming ${access.side}`);
    const { MODE, DLEN, EXECUTE } = SHA512_ACC_CSR.registers;
    this.writeRegister(MODE.offset, name === 'sha512' ? SHA512_MODE : 0, access);
    this.writeRegister(DLEN.offset, data.length, access);
    this.#append(data);
    this.writeRegister(EXECUTE.offset, 1, access);
    return this.#digest(name);
  }

  #digest(name: ShaAcceleratorHash): Uint8Array {
    return this.bytes('DIGEST').subarray(0, name === 'sha512' ? 64 : 48);
  }

  protected override onRead(name: Name, _index: number, stored: number, { side, axiUser }: BusAccess): number {
    if (name === 'STATUS') return Number(this.#done) | (this.#socHasLock ? 2 : 0);
    if (name !== 'LOCK' || stored === 1) return stored;
    this.store('LOCK', 1);
    this.store('USER', axiUser);
    this.#socHasLock = side === 'soc';
    return 0;
  }

  protected override onWrite(name: Name, _index: number, next: number, write: RegisterWrite): number {
    const { access, written, previous } = write;
    if (name === 'CONTROL') {
      if (written & 1) this.storeBytes('DIGEST', new Uint8Array(64));
      return next;
    }
    if (name.startsWith('INTR_')) return next;
    if (!this.#isOwner(access)) return previous;
    switch (name) {
      case 'LOCK':
        if (next === 0) this.#release();
        return next;
      case 'DATAIN':
        if (!this.#mailboxMode()) this.#streamWord(written);
        return next;
      case 'EXECUTE':
        if (written & 1 && !this.#done) this.#execute();
        return next;
      default:
        return next;
    }
  }

  #isOwner({ side, axiUser }: BusAccess): boolean {
    if (this.stored('LOCK') === 0) return false;
    return this.#socHasLock ? side === 'soc' && axiUser === this.stored('USER') : side === 'uc';
  }

  #mailboxMode(): boolean {
    return (this.stored('MODE') & MAILBOX_MODE) !== 0 && !this.#socHasLock;
  }

  /** Data is little-endian unless the toggle says that words are already big-endian. */
  #streamWord(word: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, word, (this.stored('MODE') & ENDIAN_TOGGLE) === 0);
    this.#append(bytes);
  }

  #append(data: Uint8Array): void {
    const end = this.#length + data.length;
    if (end > this.#stream.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#stream.length));
      larger.set(this.#stream.subarray(0, this.#length));
      this.#stream = larger;
    }
    this.#stream.set(data, this.#length);
    this.#length = end;
  }

  #execute(): void {
    const mode = this.stored('MODE');
    const digest = this.#hashes.digest(mode & SHA512_MODE ? 'sha512' : 'sha384', this.#message(mode));
    const whole = new Uint8Array(64);
    whole.set(digest);
    this.storeBytes('DIGEST', whole);
    this.#done = true;
    if (!this.#socHasLock) this.raise('notif_cmd_done');
  }

  #message(mode: number): Uint8Array {
    const dlen = this.stored('DLEN');
    if (!this.#mailboxMode()) return this.#stream.subarray(0, Math.min(dlen, this.#length));
    const start = this.stored('START_ADDRESS') & (this.#sram.length - 1) & ~3;
    const end = Math.min(start + dlen, this.#sram.length);
    if ((mode & ENDIAN_TOGGLE) === 0) return this.#sram.subarray(start, end);
    const words = this.#sram.slice(start, (end + 3) & ~3);
    for (let i = 0; i < words.length; i += 4) words.subarray(i, i + 4).reverse();
    return words.subarray(0, end - start);
  }

  #release(): void {
    this.#socHasLock = false;
    this.#done = false;
    this.#length = 0;
    this.#stream.fill(0);
    this.store('EXECUTE', 0);
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind === 'update') return;
    this.#release();
  }

  override save(): ShaAcceleratorState {
    return {
      ...super.save(),
      socHasLock: this.#socHasLock,
      done: this.#done,
      stream: this.#stream.slice(0, this.#length),
      streamLength: this.#length,
    };
  }

  override restore(state: ShaAcceleratorState): void {
    checkState(state, { fields: { streamLength: { below: 2 ** 32 } } }, 'sha-accelerator');
    checkState(
      state,
      {
        fields: {
          words: { words: this.words.length },
          socHasLock: 'boolean',
          done: 'boolean',
          stream: { bytes: state.streamLength },
        },
      },
      'sha-accelerator',
    );
    const saved = copyState(state);
    super.restore(saved);
    this.#socHasLock = saved.socHasLock;
    this.#done = saved.done;
    this.#stream = Uint8Array.from(saved.stream);
    this.#length = saved.streamLength;
  }
}
