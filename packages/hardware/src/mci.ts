import { type AxiDevice, AxiMemory, wordDevice } from './axi.ts';
import { checkState, copyState } from './state.ts';

/** Offset of MCU SRAM from the MCI base. */
export const MCU_SRAM_OFFSET = 0xc0_0000;
export const MCU_SRAM_SIZE = 0x8_0000;
/** Bytes of the MCI's register space that is kept. */
export const MCI_REGISTERS_SIZE = 0x2000;
const HASH_SIZE = 48;
const RESET_STATUS = 0x3c / 4;
const NOTIF0_INTERNAL_INTR_R = 0x1024 / 4;
const NOTIF0_INTR_TRIG_R = 0x1034;
/** `RESET_STATUS.mcu_reset_sts`. */
const MCU_IN_RESET = 1 << 1;
/** `NOTIF0_INTERNAL_INTR_R.notif_cptra_mcu_reset_req_sts`. */
const CPTRA_MCU_RESET_REQ = 1 << 1;

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

/**
 * Manufacturer control interface of the subsystem, as far as Caliptra firmware uses it: registers that keep what is
 * written, the bank of production debug unlock key hashes, the notification that asks for a reset of the MCU, MCU SRAM.
 * caliptra-sw:sw-emulator/lib/periph/src/mci.rs
 */
export class Mci {
  readonly #words = new Uint32Array(MCI_REGISTERS_SIZE / 4);
  readonly mcuSram: AxiMemory;
  /** The register space on the AXI bus. */
  readonly registers: AxiDevice = wordDevice({
    readWord: (offset) => this.#words[offset / 4] ?? 0,
    writeWord: (offset, value) => {
      this.#words[offset / 4] = value;
      if (offset === NOTIF0_INTR_TRIG_R && (value & CPTRA_MCU_RESET_REQ) !== 0) this.requestMcuReset();
    },
  });
  /** Called when Caliptra wants the MCU to be reset. */
  onMcuResetRequest: () => void = () => {};
  readonly #bankOffset: number;
  readonly #bankCount: number;

  constructor({ bankOffset, bankCount, sramSize }: MciOptions) {
    this.#bankOffset = bankOffset;
    this.#bankCount = bankCount;
    this.mcuSram = new AxiMemory(sramSize);
    this.#words[RESET_STATUS] = MCU_IN_RESET;
  }

  /** Raises `notif_cptra_mcu_reset_req_sts`: firmware took the MCU's execution right away. */
  requestMcuReset(): void {
    this.#words[NOTIF0_INTERNAL_INTR_R] = (this.#words[NOTIF0_INTERNAL_INTR_R] as number) | CPTRA_MCU_RESET_REQ;
    this.onMcuResetRequest();
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
    this.#words[RESET_STATUS] = MCU_IN_RESET;
    this.mcuSram.bytes.fill(0);
  }
}
