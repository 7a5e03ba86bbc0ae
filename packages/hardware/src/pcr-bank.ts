import type { CryptoProvider } from '@rootcap/crypto';
import { bytesOfWords, RegisterFile, type RegisterWrite, wordsOfBytes } from './block.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { PV_REG } from './registers/pcr-vault.ts';

const PCR_COUNT = 32;
/** Bytes of a PCR. */
export const PCR_SIZE = 48;
const PCR_WORDS = PCR_SIZE / 4;

type Registers = (typeof PV_REG)['registers'];

export interface PcrBankOptions {
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  readonly emit?: Emit;
}

/**
 * 32 platform configuration registers of 48 bytes, readable by the core. They change by {@link extend} only, or by
 * {@link clear} until locked. A lock lasts until any reset, the contents until a cold one.
 *
 * @see caliptra-rtl:src/pcrvault/rtl/pv.sv
 */
export class PcrBank extends RegisterFile<Registers> {
  readonly #provider: Pick<CryptoProvider, 'hashes'>;
  readonly #emit: Emit;
  readonly #firstControl: number;
  readonly #firstEntry: number;

  constructor({ provider, emit = ignoreEvents }: PcrBankOptions) {
    super(PV_REG);
    this.#provider = provider;
    this.#emit = emit;
    this.#firstControl = this.wordIndex('PCR_CTRL');
    this.#firstEntry = this.wordIndex('PCR_ENTRY');
  }

  /** A PCR, 48 bytes. */
  read(index: number): Uint8Array {
    return bytesOfWords(this.#entry(index));
  }

  /** PCR0 ‖ … ‖ PCR31, 1536 bytes. */
  readAll(): Uint8Array {
    return bytesOfWords(this.words.subarray(this.#firstEntry, this.#firstEntry + PCR_COUNT * PCR_WORDS));
  }

  /** `PCR = SHA-384(PCR ‖ data)`; a lock does not hinder it. */
  extend(index: number, data: Uint8Array): void {
    this.replace(index, this.#provider.hashes.digest('sha384', this.read(index), data));
  }

  /** @internal The hash engine's write port: the result of a hash-extend, 48 bytes. */
  replace(index: number, value: Uint8Array): void {
    this.#entry(index).set(wordsOfBytes(value));
    this.#emit({ kind: 'pcr', operation: 'extend', index });
  }

  /** Sets a PCR to zero. @returns false, and nothing changes, if it is locked */
  clear(index: number): boolean {
    if (this.isLocked(index)) return false;
    this.#zero(index);
    return true;
  }

  /** Forbids {@link clear} until the next reset. */
  lock(index: number): void {
    if (this.isLocked(index)) return;
    const word = this.#firstControl + index;
    this.words[word] = (this.words[word] as number) | 1;
    this.#emit({ kind: 'pcr', operation: 'lock', index });
  }

  isLocked(index: number): boolean {
    this.#entry(index);
    return ((this.words[this.#firstControl + index] as number) & 1) !== 0;
  }

  protected override onWrite(name: keyof Registers, index: number, next: number, write: RegisterWrite): number {
    if (name === 'PCR_ENTRY') return write.previous;
    const wasLocked = this.isLocked(index);
    // Lock and clear in one word both act: the lock guards later words only.
    if (!wasLocked && (write.written & 2) !== 0) this.#zero(index);
    if ((write.written & 1) !== 0) this.lock(index);
    return (next & ~3) | (this.isLocked(index) ? 1 : 0);
  }

  #zero(index: number): void {
    this.#entry(index).fill(0);
    this.#emit({ kind: 'pcr', operation: 'clear', index });
  }

  #entry(index: number): Uint32Array {
    if (!(Number.isInteger(index) && index >= 0 && index < PCR_COUNT))
      throw new RangeError(`index: ${index} is not in 0..${PCR_COUNT - 1}`);
    const first = this.#firstEntry + index * PCR_WORDS;
    return this.words.subarray(first, first + PCR_WORDS);
  }
}
