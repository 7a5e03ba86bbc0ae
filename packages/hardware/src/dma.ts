import type { AxiBus } from './axi.ts';
import { RegisterFile } from './block.ts';
import { BusFault } from './bus-fault.ts';
import { EngineError } from './engine-error.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { KEY_RELEASE_SLOT, KEY_SIZE, KeyUsage, type KeyVault } from './key-vault.ts';
import type { RecoveryInterface } from './recovery-interface.ts';
import { AXI_DMA_REG } from './registers/axi-dma.ts';

/** `INDIRECT_FIFO_DATA` of the recovery interface. */
const RECOVERY_FIFO_OFFSET = 0x68;

/** Whether and where to the DMA may release a key. */
export interface KeyRelease {
  /** `SS_OCP_LOCK_CTRL.LOCK_IN_PROGRESS`. */
  readonly enabled: boolean;
  /** `SS_KEY_RELEASE_BASE_ADDR`. */
  readonly address: bigint;
  /** `SS_KEY_RELEASE_SIZE`, bytes. */
  readonly size: number;
}

/** What the DMA finds on the bus, and the chip around it. */
export interface DmaOptions {
  readonly axi: AxiBus;
  readonly recovery: RecoveryInterface;
  /** AXI address of the recovery interface. */
  readonly recoveryBase: () => number | bigint;
  readonly keyVault: KeyVault;
  readonly keyRelease: () => KeyRelease;
  readonly emit?: Emit;
}

/** Bit of `ERROR_INTERNAL_INTR_R` that tells what went wrong. */
export type DmaFault = 'error_cmd_dec' | 'error_axi_wr' | 'error_kv_rd' | 'error_kv_rd_large';

/** The DMA refused a transfer or could not make it. The interrupt of the same name is raised. */
export class DmaError extends Error {
  override readonly name = 'DmaError';
  readonly fault: DmaFault;

  constructor(fault: DmaFault, detail: string, options?: ErrorOptions) {
    super(`${fault}: ${detail}`, options);
    this.fault = fault;
  }
}

/**
 * The DMA through which firmware reaches the subsystem's AXI bus. Firmware uses the typed methods; the register block
 * is there and idle. Transfers take no time.
 */
export class Dma extends RegisterFile<(typeof AXI_DMA_REG)['registers']> {
  readonly #options: DmaOptions;

  constructor(options: DmaOptions) {
    super(AXI_DMA_REG);
    this.#options = options;
  }

  /** `STATUS0.payload_available`. */
  get payloadAvailable(): boolean {
    return this.#options.recovery.payloadAvailable;
  }

  /** `STATUS0.image_activated`. */
  get imageActivated(): boolean {
    return this.#options.recovery.imageActivated;
  }

  /** @throws BusFault where nothing answers */
  read(address: bigint | number, length: number): Uint8Array {
    return this.#options.axi.read(address, length);
  }

  /** @throws BusFault where nothing answers */
  write(address: bigint | number, data: Uint8Array): void {
    this.#options.axi.write(address, data);
  }

  readWord(address: bigint | number): number {
    const word = this.read(address, 4);
    return new DataView(word.buffer, word.byteOffset, 4).getUint32(0, true);
  }

  writeWord(address: bigint | number, value: number): void {
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, value, true);
    this.write(address, word);
  }

  /**
   * Key release: the media encryption key in slot 23 to the encryption engine, its byte i to address + i. It stays in
   * the vault.
   *
   * @param length - bytes
   * @throws DmaError `error_cmd_dec` unless OCP LOCK is in progress and `destination` and `length` are what the straps
   *   say; `error_kv_rd` if the slot is locked against use or not meant for DMA, `error_kv_rd_large` if it holds less;
   *   `error_axi_wr` if nothing answers
   * @see caliptra-rtl:src/axi/rtl/axi_dma_ctrl.sv
   */
  releaseKey(destination: bigint | number, length: number): void {
    try {
      this.#checkRelease(BigInt(destination), length);
      this.#options.axi.writeSecret(destination, this.#releasedKey(length));
      this.#reportRelease(length, false);
    } catch (error) {
      this.#reportRelease(length, true);
      throw this.#raised(error);
    }
  }

  #checkRelease(destination: bigint, length: number): void {
    const { enabled, address, size } = this.#options.keyRelease();
    if (!enabled) throw new DmaError('error_cmd_dec', 'no key is released before OCP LOCK is in progress');
    if (destination !== address)
      throw new DmaError('error_cmd_dec', `destination: 0x${destination.toString(16)} is not SS_KEY_RELEASE_BASE_ADDR`);
    if (length !== size || length === 0 || length > KEY_SIZE || length % 4 !== 0)
      throw new DmaError('error_cmd_dec', `length: ${length} is not SS_KEY_RELEASE_SIZE, or no size of a key`);
  }

  #releasedKey(length: number): Uint8Array {
    const key = this.#options.keyVault.readBlock(KEY_RELEASE_SLOT, KeyUsage.DMA_DATA, 'key-read');
    if (key.length < length)
      throw new DmaError('error_kv_rd_large', `key-vault slot ${KEY_RELEASE_SLOT} holds ${key.length} bytes`);
    return key.subarray(0, length);
  }

  #reportRelease(length: number, refused: boolean): void {
    (this.#options.emit ?? ignoreEvents)({ kind: 'key-release', slot: KEY_RELEASE_SLOT, length, refused });
  }

  #raised(error: unknown): unknown {
    const raised =
      error instanceof EngineError
        ? new DmaError('error_kv_rd', error.message, { cause: error })
        : error instanceof BusFault
          ? new DmaError('error_axi_wr', error.message, { cause: error })
          : error;
    if (raised instanceof DmaError) this.raise(raised.fault);
    return raised;
  }

  /** Copies from one AXI address to another. */
  copy(from: bigint | number, to: bigint | number, length: number): void {
    this.write(to, this.read(from, length));
  }

  /** Drains `length` bytes of the recovery FIFO, in whole words. */
  readRecoveryFifo(length: number): Uint8Array {
    return this.read(BigInt(this.#options.recoveryBase()) + BigInt(RECOVERY_FIFO_OFFSET), (length + 3) & ~3).subarray(
      0,
      length,
    );
  }
}
