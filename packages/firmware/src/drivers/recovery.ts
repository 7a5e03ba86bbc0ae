import type { Chip } from '@rootcap/hardware';
import { RECOVERY_IFC } from '@rootcap/hardware';
import type { Firmware } from '../coroutine.ts';
import { dmaReadFixed, dmaWrite, readAxiWord, writeAxiWord } from './dma.ts';
import { axiBase } from './straps.ts';

/** DEVICE_STATUS_0[7:0]. */
const DEVICE_STATUS = { READY_TO_ACCEPT_RECOVERY_IMAGE: 3, RECOVERY_PENDING: 4, BOOT_FAILURE: 0xe } as const;
/** RECOVERY_STATUS[3:0]; the image index follows in [7:4]. */
const RECOVERY_STATUS = {
  AWAITING_RECOVERY_IMAGE: 1,
  BOOTING_RECOVERY_IMAGE: 2,
  SUCCESSFUL: 3,
  IMAGE_AUTHENTICATION_ERROR: 0xd,
} as const;
const REASON_STREAMING_BOOT = 0x12;
/** Agent capabilities: identification, recovery memory access, … and push-C-image. Bits 0, 4, 5, 7, 9, 11, 12. */
const AGENT_CAPABILITIES = 0x1ab1;
const PROTOCOL_VERSION = 0x0101;
const ACTIVATE_RESET = 0x1_0000;
const FIFO_RESET = 0x0100;
const DEVICE_RESET_REQUEST = 1;

type RegisterName = keyof typeof RECOVERY_IFC.registers;

/**
 * Streaming boot over the recovery interface, whose registers the DMA reaches on the AXI bus.
 *
 * @see caliptra-sw:drivers/src/dma.rs (DmaRecovery)
 */
export class RecoveryDriver {
  readonly #chip: Chip;

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  /** Takes image `index` and leaves it at an AXI address. @returns its size in bytes */
  *download(index: number, destination: bigint): Firmware<number> {
    const size = yield* this.#request(index);
    dmaWrite(this.#chip, destination, this.#drain(size));
    yield* this.#activation();
    this.#write('RECOVERY_STATUS', RECOVERY_STATUS.BOOTING_RECOVERY_IMAGE | (index << 4));
    return size;
  }

  /** Takes image `index` into Caliptra's own memory. @returns `capacity` bytes: what is longer is cut, zeros follow */
  *downloadToCaliptra(index: number, capacity: number): Firmware<Uint8Array> {
    const size = yield* this.#request(index);
    const buffer = new Uint8Array(capacity);
    buffer.set(this.#drain(size).subarray(0, capacity));
    yield* this.#activation();
    // Image 0, whatever was asked for.
    this.#write('RECOVERY_STATUS', RECOVERY_STATUS.BOOTING_RECOVERY_IMAGE);
    return buffer;
  }

  /** @returns bytes of the image, once it is there */
  *#request(index: number): Firmware<number> {
    const { recovery } = this.#chip;
    this.#write('PROT_CAP_2', (((this.#read('PROT_CAP_2') >>> 16) | AGENT_CAPABILITIES) << 16) | PROTOCOL_VERSION);
    this.await(index);
    while (!recovery.payloadAvailable) yield { for: 'recovery-image', ready: () => recovery.payloadAvailable };
    return this.#read('INDIRECT_FIFO_CTRL_1') * 4;
  }

  #drain(size: number): Uint8Array {
    return dmaReadFixed(this.#chip, this.#address('INDIRECT_FIFO_DATA'), size);
  }

  *#activation(): Firmware {
    const { recovery } = this.#chip;
    this.#deviceStatus(DEVICE_STATUS.RECOVERY_PENDING);
    while (!recovery.imageActivated) yield { for: 'recovery-image', ready: () => recovery.imageActivated };
  }

  /** Asks for image `index`. */
  await(index: number): void {
    this.#deviceStatus(DEVICE_STATUS.READY_TO_ACCEPT_RECOVERY_IMAGE, REASON_STREAMING_BOOT);
    this.#write('RECOVERY_STATUS', RECOVERY_STATUS.AWAITING_RECOVERY_IMAGE | (index << 4));
  }

  /** Gives activation and FIFO back. */
  release(): void {
    this.#write('RECOVERY_CTRL', ACTIVATE_RESET);
    this.#write('INDIRECT_FIFO_CTRL_0', FIFO_RESET);
  }

  /** Nothing more is wanted. */
  succeed(): void {
    this.#write('RECOVERY_STATUS', RECOVERY_STATUS.SUCCESSFUL);
  }

  /** @param reason - see `RECOVERY_REASON` */
  refuse(reason: number, index = 0): void {
    this.#write('RECOVERY_STATUS', RECOVERY_STATUS.IMAGE_AUTHENTICATION_ERROR | (index << 4));
    this.#deviceStatus(DEVICE_STATUS.BOOT_FAILURE, reason);
  }

  get deviceResetRequested(): boolean {
    return (this.#read('DEVICE_RESET') & 0xff) === DEVICE_RESET_REQUEST;
  }

  #deviceStatus(status: number, reason = 0): void {
    this.#write('DEVICE_STATUS_0', ((reason << 16) | status) >>> 0);
  }

  #address(name: RegisterName): bigint {
    return axiBase(this.#chip.soc, 'SS_RECOVERY_IFC_BASE_ADDR') + BigInt(RECOVERY_IFC.registers[name].offset);
  }

  #read(name: RegisterName): number {
    return readAxiWord(this.#chip, this.#address(name));
  }

  #write(name: RegisterName, value: number): void {
    writeAxiWord(this.#chip, this.#address(name), value);
  }
}
