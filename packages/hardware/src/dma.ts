import type { AxiBus } from './axi.ts';
import { RegisterFile } from './block.ts';
import type { RecoveryInterface } from './recovery-interface.ts';
import { AXI_DMA_REG } from './registers/axi-dma.ts';

/** `INDIRECT_FIFO_DATA` of the recovery interface. */
const RECOVERY_FIFO_OFFSET = 0x68;

/** What the DMA finds on the bus. */
export interface DmaOptions {
  readonly axi: AxiBus;
  readonly recovery: RecoveryInterface;
  /** AXI address of the recovery interface. */
  readonly recoveryBase: () => number | bigint;
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
