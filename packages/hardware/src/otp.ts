import type { CryptoProvider } from '@rootcap/crypto';
import { type AxiDevice, wordDevice } from './axi.ts';
import { checkState, copyState } from './state.ts';

/** Bytes of the fuse bank: UDS 64 + digest 8 + marker 8, then four field-entropy partitions of 8 + 8 + 8. */
export const OTP_BANK_SIZE = 176;
/** Address range of the controller on the AXI bus. */
export const OTP_SIZE = 0x1000;
const UDS_SIZE = 64;
/** Direct-access commands. */
const WRITE = 0x2;
const DIGEST = 0x4;
const ZEROIZE = 0x8;
/** Offsets from the command register. */
const PORT = { CMD: 0x00, ADDRESS: 0x04, WDATA0: 0x08, WDATA1: 0x0c, RDATA0: 0x10, RDATA1: 0x14 } as const;
const ERROR_BIT = 7;
/** Where digests and zeroization markers are: always 64 bits. */
const WIDE = [64, 72, 88, 96, 112, 120, 136, 144, 160, 168];

export interface OtpOptions {
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  /** Offsets of status and command registers, and the idle bit: `SS_STRAP_GENERIC[0]` and `[1]`. */
  readonly statusOffset: number;
  readonly commandOffset: number;
  readonly idleBit: number;
  /** Low 12 bits of the address that firmware writes for the first byte of the bank. */
  readonly bankAddress: number;
  readonly fuseGranularity32: boolean;
}

export interface OtpState {
  readonly bank: Uint8Array;
  readonly port: Uint32Array;
  readonly error: boolean;
}

/**
 * Fuse controller of the subsystem: the direct-access interface through which firmware programs UDS and field entropy
 * and zeroizes them. What it programs shows in the fuse registers when the SoC reads it out at the next cold boot.
 *
 * The digest of the real controller is a secret cipher's; this one keeps the first 8 bytes of SHA-512 of the
 * partition's words. caliptra-sw:common/src/uds_fe_programming.rs
 */
export class OtpController {
  readonly #options: OtpOptions;
  /** The fuses, words little-endian. */
  readonly bank = new Uint8Array(OTP_BANK_SIZE);
  readonly #bank = new DataView(this.bank.buffer);
  /** ADDRESS, WDATA0, WDATA1, RDATA0, RDATA1. */
  readonly #port = new Uint32Array(5);
  #error = false;
  /** Injected: zeroization leaves some bits unburnt. */
  failsZeroization = false;
  readonly device: AxiDevice;

  constructor(options: OtpOptions) {
    this.#options = options;
    this.device = wordDevice({
      readWord: (offset) => this.#read(offset),
      writeWord: (offset, value) => this.#write(offset, value),
    });
  }

  /** UDS seed as programmed, 64 bytes as `FUSE_UDS_SEED` takes them (words big-endian). */
  get udsSeed(): Uint8Array {
    return this.#bigEndian(0, UDS_SIZE);
  }

  #bigEndian(start: number, length: number): Uint8Array {
    const bytes = this.bank.slice(start, start + length);
    for (let i = 0; i < length; i += 4) bytes.subarray(i, i + 4).reverse();
    return bytes;
  }

  #read(offset: number): number {
    const { statusOffset, commandOffset, idleBit } = this.#options;
    if (offset === statusOffset) return ((1 << idleBit) | (Number(this.#error) << ERROR_BIT)) >>> 0;
    if (offset === commandOffset + PORT.RDATA0) return this.#port[3] as number;
    if (offset === commandOffset + PORT.RDATA1) return this.#port[4] as number;
    return 0;
  }

  #write(offset: number, value: number): void {
    switch (offset - this.#options.commandOffset) {
      case PORT.CMD:
        this.#error = !this.#command(value);
        return;
      case PORT.ADDRESS:
        this.#port[0] = (value - this.#options.bankAddress) & 0xfff;
        return;
      case PORT.WDATA0:
        this.#port[1] = value;
        return;
      case PORT.WDATA1:
        this.#port[2] = value;
        return;
    }
  }

  /** @returns whether the command was valid */
  #command(command: number): boolean {
    const address = this.#port[0] as number;
    if (address + 4 > OTP_BANK_SIZE || address % 4 !== 0) return false;
    const wide = !this.#options.fuseGranularity32 || WIDE.includes(address);
    switch (command) {
      case WRITE:
        // Fuses only go from 0 to 1.
        this.#program(address, this.#port[1] as number, wide ? (this.#port[2] as number) : 0);
        return true;
      case ZEROIZE: {
        const burnt = this.failsZeroization ? 0xeeee_eeee : 0xffff_ffff;
        this.#program(address, burnt, wide ? burnt : 0);
        return true;
      }
      case DIGEST:
        return this.#digest(address);
      default:
        return false;
    }
  }

  #program(address: number, low: number, high: number): void {
    [low, high].forEach((value, i) => {
      const at = address + 4 * i;
      if (at >= OTP_BANK_SIZE) return;
      const word = (this.#bank.getUint32(at, true) | value) >>> 0;
      this.#bank.setUint32(at, word, true);
      this.#port[3 + i] = word;
    });
  }

  /** `address` is the first of a partition: the UDS, or one of the field-entropy partitions. */
  #digest(address: number): boolean {
    const isEntropy = address >= 80 && (address - 80) % 24 === 0;
    if (address !== 0 && !isEntropy) return false;
    const size = address === 0 ? UDS_SIZE : 8;
    const digest = this.#options.provider.hashes.digest('sha512', this.#bigEndian(address, size));
    this.bank.set(digest.subarray(0, 8), address + size);
    return true;
  }

  save(): OtpState {
    return { bank: this.bank.slice(), port: this.#port.slice(), error: this.#error };
  }

  restore(state: OtpState): void {
    checkState(state, { fields: { bank: { bytes: OTP_BANK_SIZE }, port: { words: 5 }, error: 'boolean' } }, 'otp');
    const saved = copyState(state);
    this.bank.set(saved.bank);
    this.#port.set(saved.port);
    this.#error = saved.error;
  }

  /** Fuses stay whatever happens; a cold reset clears the port. */
  reset(kind: 'cold' | 'warm' | 'update'): void {
    if (kind !== 'cold') return;
    this.#port.fill(0);
    this.#error = false;
  }
}
