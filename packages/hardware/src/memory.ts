import { BusFault } from './bus-fault.ts';

/** Bytes of a bus access. */
export type AccessSize = 1 | 2 | 4;

/** Reads 1, 2 or 4 bytes, little-endian. */
export function readLittleEndian(memory: Uint8Array, offset: number, size: AccessSize): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (memory[offset + i] as number);
  return value;
}

export function writeLittleEndian(memory: Uint8Array, offset: number, value: number, size: AccessSize): void {
  for (let i = 0; i < size; i++) memory[offset + i] = (value >>> (8 * i)) & 0xff;
}

/** @throws BusFault if `address` is not a multiple of `size` */
export function checkAligned(kind: 'Load' | 'Store', address: number, size: AccessSize): void {
  if (!(Number.isInteger(address) && address >= 0 && address <= 0xffff_ffff))
    throw new BusFault(`${kind}AccessFault`, address);
  if (address % size !== 0) throw new BusFault(`${kind}AddrMisaligned`, address);
}
