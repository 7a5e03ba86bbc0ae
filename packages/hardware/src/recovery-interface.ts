import { type AxiDevice, wordDevice } from './axi.ts';
import { RegisterFile, type RegisterFileState, type ResetKind, UC_ACCESS } from './block.ts';
import { RECOVERY_IFC } from './registers/recovery.ts';
import { checkState, copyState } from './state.ts';

type Registers = typeof RECOVERY_IFC.registers;
type Name = keyof Registers & string;

export const RECOVERY_IFC_SIZE = 0x100;
/** `DEVICE_STATUS_0.dev_status`: recovery image pending. */
const RECOVERY_PENDING = 4;
const ACTIVATE = 0x0f;
const UNSUPPORTED_REGION = 7;
/** What the FIFO returns when it has nothing. */
const NO_DATA = 0xffff_ffff;

export interface RecoveryInterfaceState extends RegisterFileState {
  /** Images with their lengths, so that a reader knows what to expect. */
  readonly images: readonly { readonly length: number; readonly data: Uint8Array }[];
}

/**
 * Recovery interface with the images that a BMC would stream: 0 firmware bundle, 1 SoC manifest, 2 MCU firmware.
 *
 * It plays the BMC: the image that `RECOVERY_STATUS` asks for is in the FIFO, and an image that the device calls
 * pending is activated at once. Registers are public here: both sides of the interface are in this chip.
 */
export class RecoveryInterface extends RegisterFile<Registers> {
  #images: Uint8Array[] = [];
  /** On the AXI bus. */
  readonly device: AxiDevice = wordDevice({
    readWord: (offset) => this.readRegister(offset, UC_ACCESS),
    writeWord: (offset, value) => this.writeRegister(offset, value, UC_ACCESS),
    fifo: RECOVERY_IFC.registers.INDIRECT_FIFO_DATA.offset,
  });
  /** Whether a pending image is activated without being asked to. */
  activatesPending = true;

  constructor() {
    super(RECOVERY_IFC);
  }

  /** Stages images; each is padded to whole words. */
  stage(images: readonly Uint8Array[]): void {
    this.#images = images.map((image) => {
      const padded = new Uint8Array((image.length + 3) & ~3);
      padded.set(image);
      return padded;
    });
    this.#load();
  }

  /** Signal `payload_available`: the requested image still has words in the FIFO. */
  get payloadAvailable(): boolean {
    return this.stored('INDIRECT_FIFO_STATUS_2') < this.#words();
  }

  /** Signal `image_activated`. */
  get imageActivated(): boolean {
    return this.storedField('RECOVERY_CTRL', 'activate_rec_img') === ACTIVATE;
  }

  /** Activates the pending image, as a BMC does. */
  activate(): void {
    this.storeField('RECOVERY_CTRL', 'activate_rec_img', ACTIVATE);
  }

  #image(): Uint8Array | undefined {
    return this.#images[this.storedField('RECOVERY_STATUS', 'rec_img_index')];
  }

  #words(): number {
    return (this.#image()?.length ?? 0) / 4;
  }

  #load(): void {
    const image = this.#image();
    this.store('INDIRECT_FIFO_CTRL_1', this.#words());
    this.store('INDIRECT_FIFO_STATUS_1', 0);
    this.store('INDIRECT_FIFO_STATUS_2', 0);
    this.store('INDIRECT_FIFO_STATUS_0', image === undefined ? 1 | (UNSUPPORTED_REGION << 8) : 0);
  }

  protected override onRead(name: Name, _index: number, stored: number): number {
    if (name !== 'INDIRECT_FIFO_DATA') return stored;
    const image = this.#image();
    const index = this.stored('INDIRECT_FIFO_STATUS_2');
    if (image === undefined || index >= this.#words()) return NO_DATA;
    this.store('INDIRECT_FIFO_STATUS_2', index + 1);
    if (index + 1 === this.#words()) this.storeField('INDIRECT_FIFO_STATUS_0', 'empty', 1);
    return new DataView(image.buffer).getUint32(4 * index, true);
  }

  protected override onWrite(name: Name, _index: number, next: number): number {
    switch (name) {
      case 'DEVICE_STATUS_0':
        if (this.activatesPending && (next & 0xff) === RECOVERY_PENDING) this.activate();
        return next;
      case 'RECOVERY_STATUS':
        this.store(name, next);
        this.#load();
        return next;
      case 'INDIRECT_FIFO_CTRL_0':
        if (next & 0xff00) this.#load();
        return next & 0xff;
      default:
        return next;
    }
  }

  override reset(kind: ResetKind): void {
    if (kind === 'update') return;
    super.reset(kind);
    if (kind === 'cold') this.#images = [];
  }

  override save(): RecoveryInterfaceState {
    return { ...super.save(), images: this.#images.map((data) => ({ length: data.length, data: data.slice() })) };
  }

  override restore(state: RecoveryInterfaceState): void {
    const words = { words: this.words.length };
    checkState(state, { fields: { words, images: { list: { fields: { length: 'number' } } } } }, 'recovery');
    for (const { length, data } of state.images) checkState(data, { bytes: length }, 'recovery.images');
    const saved = copyState(state);
    super.restore(saved);
    this.#images = saved.images.map(({ data }) => data);
  }
}
