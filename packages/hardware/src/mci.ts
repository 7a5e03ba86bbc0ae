import { maskOf } from '@rootcap/struct';
import { type AxiDevice, AxiMemory, wordDevice } from './axi.ts';
import { MCI_REG } from './registers/mci.ts';
import { checkState, copyState } from './state.ts';

/** Offset of MCU SRAM from the MCI base. */
export const MCU_SRAM_OFFSET = 0xc0_0000;
export const MCU_SRAM_SIZE = 0x8_0000;
/** Bytes of the MCI's register space that is kept. */
export const MCI_REGISTERS_SIZE = 0x2000;
const HASH_SIZE = 48;

export interface MciState {
  readonly registers: Uint32Array;
  readonly mcuSram: Uint8Array;
}

export interface MciOptions {
  /** Byte offset of the first debug unlock hash. */
  readonly bankOffset: number;
  readonly bankCount: number;
  /** Bytes of MCU SRAM; without a subsystem there is none. */
  readonly sramSize: number;
}

const { RESET_STATUS, RESET_REQUEST, NOTIF0_INTERNAL_INTR_R, NOTIF0_INTR_TRIG_R } = MCI_REG.registers;
const MCU_IN_RESET = maskOf(RESET_STATUS.fields.mcu_reset_sts);
const MCU_REQUEST = maskOf(RESET_REQUEST.fields.mcu_req);
const RESET_REQUESTED = maskOf(NOTIF0_INTERNAL_INTR_R.fields.notif_cptra_mcu_reset_req_sts);

/**
 * Manufacturer control interface of the subsystem, as far as Caliptra firmware uses it: registers that keep what is
 * written, reset of the MCU, the bank of production debug unlock key hashes, MCU SRAM.
 * caliptra-sw:sw-emulator/lib/periph/src/mci.rs
 *
 * It plays the MCU: a request of Caliptra's to reset it is acknowledged and followed at once.
 */
export class Mci {
  readonly #words = new Uint32Array(MCI_REGISTERS_SIZE / 4);
  readonly mcuSram: AxiMemory;
  /** The register space on the AXI bus. */
  readonly registers: AxiDevice = wordDevice({
    readWord: (offset) => this.#words[offset / 4] ?? 0,
    writeWord: (offset, value) => this.#writeWord(offset, value),
  });
  /** Whether the MCU follows a reset request without being asked to. */
  followsResetRequests = true;
  /** Called when Caliptra wants the MCU to be reset. */
  onMcuResetRequest: () => void = () => {};
  readonly #bankOffset: number;
  readonly #bankCount: number;

  constructor({ bankOffset, bankCount, sramSize }: MciOptions) {
    this.#bankOffset = bankOffset;
    this.#bankCount = bankCount;
    this.mcuSram = new AxiMemory(sramSize);
    this.mcuInReset = true;
  }

  #writeWord(offset: number, value: number): void {
    switch (offset) {
      case NOTIF0_INTERNAL_INTR_R.offset:
        // The RTL clears what is written as 1, the emulator keeps what is written: any write acknowledges the request.
        this.#words[offset / 4] = (this.#words[offset / 4] ?? 0) & ~(value | RESET_REQUESTED);
        break;
      case NOTIF0_INTR_TRIG_R.offset:
        if ((value & RESET_REQUESTED) !== 0) this.requestMcuReset();
        break;
      case RESET_REQUEST.offset:
        if ((value & MCU_REQUEST) !== 0) this.mcuInReset = true;
        break;
      default:
        this.#words[offset / 4] = value;
    }
  }

  /** `RESET_STATUS.mcu_reset_sts`: held in reset, its SRAM open to Caliptra. */
  get mcuInReset(): boolean {
    return ((this.#words[RESET_STATUS.offset / 4] ?? 0) & MCU_IN_RESET) !== 0;
  }

  set mcuInReset(value: boolean) {
    const at = RESET_STATUS.offset / 4;
    const others = (this.#words[at] ?? 0) & ~MCU_IN_RESET;
    this.#words[at] = value ? others | MCU_IN_RESET : others;
  }

  /** Caliptra took the MCU the right to run its firmware: raises the MCU's interrupt. */
  requestMcuReset(): void {
    const at = NOTIF0_INTERNAL_INTR_R.offset / 4;
    this.#words[at] = (this.#words[at] ?? 0) | RESET_REQUESTED;
    this.onMcuResetRequest();
    if (this.followsResetRequests) this.followResetRequest();
  }

  /** What the MCU does then: acknowledges the interrupt, halts, and asks the MCI to be reset. */
  followResetRequest(): void {
    this.#writeWord(NOTIF0_INTERNAL_INTR_R.offset, RESET_REQUESTED);
    this.mcuInReset = true;
  }

  /**
   * Programs the hash of the key pair that unlocks a debug level.
   *
   * @param level - 1 to the number of hashes
   * @param hash - SHA-384, 48 bytes; kept as big-endian words
   */
  setDebugUnlockHash(level: number, hash: Uint8Array): void {
    if (!(Number.isInteger(level) && level >= 1 && level <= this.#bankCount))
      throw new RangeError(`level: ${level} is not in 1..${this.#bankCount}`);
    if (hash.length !== HASH_SIZE) throw new RangeError(`hash: ${hash.length} bytes, not ${HASH_SIZE}`);
    const view = new DataView(hash.buffer, hash.byteOffset, HASH_SIZE);
    const first = (this.#bankOffset + HASH_SIZE * (level - 1)) / 4;
    for (let i = 0; i < HASH_SIZE / 4; i++) this.#words[first + i] = view.getUint32(4 * i);
  }

  /** The hash of a level, 48 bytes. */
  debugUnlockHash(level: number): Uint8Array {
    const hash = new Uint8Array(HASH_SIZE);
    const view = new DataView(hash.buffer);
    const first = (this.#bankOffset + HASH_SIZE * (level - 1)) / 4;
    for (let i = 0; i < HASH_SIZE / 4; i++) view.setUint32(4 * i, this.#words[first + i] ?? 0);
    return hash;
  }

  save(): MciState {
    return { registers: this.#words.slice(), mcuSram: this.mcuSram.bytes.slice() };
  }

  restore(state: MciState): void {
    const shape = { registers: { words: this.#words.length }, mcuSram: { bytes: this.mcuSram.bytes.length } };
    checkState(state, { fields: shape }, 'mci');
    const saved = copyState(state);
    this.#words.set(saved.registers);
    this.mcuSram.bytes.set(saved.mcuSram);
  }

  /** Power loss clears registers and SRAM; the hashes are fused outside and stay. */
  reset(kind: 'cold' | 'warm' | 'update'): void {
    if (kind !== 'cold') return;
    const [start, end] = [this.#bankOffset / 4, (this.#bankOffset + HASH_SIZE * this.#bankCount) / 4];
    this.#words.fill(0, 0, start);
    this.#words.fill(0, end);
    this.mcuInReset = true;
    this.mcuSram.bytes.fill(0);
  }
}
