import { RotError } from '@rootcap/errors';
import { BusFault, type Chip, DmaError } from '@rootcap/hardware';

type OnAxi = Pick<Chip, 'axi'>;

/**
 * Runs a transfer.
 *
 * @throws RotError DRIVER_DMA_TRANSACTION_ERROR if nothing answers at the address: straps may name any; or if the DMA
 *   refuses
 * @see caliptra-sw:drivers/src/dma.rs
 */
function transfer<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BusFault || error instanceof DmaError)) throw error;
    throw new RotError('DRIVER_DMA_TRANSACTION_ERROR', undefined, { cause: error });
  }
}

/** Straps may be anything: an offset beyond the last address starts over at 0, as in 64-bit registers. */
const onBus = (address: bigint): bigint => BigInt.asUintN(64, address);

/** @throws RotError DRIVER_DMA_TRANSACTION_ERROR */
export function dmaRead({ axi }: OnAxi, address: bigint, length: number): Uint8Array {
  return transfer(() => axi.read(onBus(address), length));
}

/** A burst that stays at one address, as for a FIFO. @throws RotError DRIVER_DMA_TRANSACTION_ERROR */
export function dmaReadFixed({ axi }: OnAxi, address: bigint, length: number): Uint8Array {
  return transfer(() => axi.readFixed(onBus(address), length));
}

/** @throws RotError DRIVER_DMA_TRANSACTION_ERROR */
export function dmaWrite({ axi }: OnAxi, address: bigint, data: Uint8Array): void {
  transfer(() => axi.write(onBus(address), data));
}

/** One 32-bit register on the AXI bus. @throws RotError DRIVER_DMA_TRANSACTION_ERROR */
export function readAxiWord(chip: OnAxi, address: bigint): number {
  const data = dmaRead(chip, address, 4);
  return new DataView(data.buffer, data.byteOffset).getUint32(0, true);
}

/** @throws RotError DRIVER_DMA_TRANSACTION_ERROR */
export function writeAxiWord(chip: OnAxi, address: bigint, value: number): void {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value >>> 0, true);
  dmaWrite(chip, address, data);
}

/** Key release: slot 23 to the encryption engine. @throws RotError DRIVER_DMA_TRANSACTION_ERROR */
export function dmaReleaseKey({ dma }: Pick<Chip, 'dma'>, address: bigint, length: number): void {
  transfer(() => dma.releaseKey(onBus(address), length));
}

/**
 * SHA-384 of `length` bytes at an AXI address: the DMA takes the SHA accelerator as a user of the SoC's bus and streams
 * them in.
 *
 * @throws RotError DRIVER_DMA_SHA_ACCELERATOR_NOT_LOCKED if somebody else has the accelerator;
 *   DRIVER_DMA_TRANSACTION_ERROR
 * @see caliptra-sw:drivers/src/dma.rs (sha384_image)
 */
export function dmaSha384(chip: Chip, address: bigint, length: number): Uint8Array {
  const { shaAccelerator, soc } = chip;
  // The hardware does not hash an empty stream.
  if (length === 0) return chip.options.provider.hashes.digest('sha384');
  const access = { side: 'soc', axiUser: soc.get('SS_CALIPTRA_DMA_AXI_USER') } as const;
  if (!shaAccelerator.tryLock('soc', access.axiUser)) throw new RotError('DRIVER_DMA_SHA_ACCELERATOR_NOT_LOCKED');
  try {
    return shaAccelerator.digestStream('sha384', dmaRead(chip, address, length), access);
  } finally {
    shaAccelerator.unlock('soc', access.axiUser);
  }
}
