import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { dmaRead } from '../drivers/dma.ts';

/** Where the bytes of a firmware bundle lie: mailbox SRAM, or the MCU's SRAM behind the DMA. */
export interface ImageSource {
  /** Size that was announced. */
  readonly size: number;
  /** Bytes readable from the start of the image, which may be more than `size`. */
  readonly available: number;
  read(offset: number, length: number): Uint8Array;
}

/** The bundle of the mailbox transaction in progress. */
export function mailboxImage({ chip: { mailbox } }: FirmwareContext, size: number): ImageSource {
  return {
    size,
    available: mailbox.sram.length,
    read: (offset, length) => mailbox.sram.subarray(offset, offset + length),
  };
}

/** The bundle at an AXI address. */
export function axiImage({ chip }: FirmwareContext, address: bigint, size: number): ImageSource {
  return {
    size,
    available: Number.MAX_SAFE_INTEGER,
    read: (offset, length) => dmaRead(chip, address + BigInt(offset), length),
  };
}

/** Bytes of a range that must be there. @throws RotError `symbol` if it is not */
export function readRange(
  source: ImageSource,
  offset: number,
  length: number,
  symbol: 'FW_PROC_INVALID_IMAGE_SIZE' | 'ROM_UPDATE_RESET_FLOW_MAILBOX_ACCESS_FAILURE',
): Uint8Array {
  if (offset + length > source.available) throw new RotError(symbol);
  return source.read(offset, length);
}
