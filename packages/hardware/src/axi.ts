import { BusFault } from './bus-fault.ts';

/** Something on the subsystem's AXI bus. Offsets count from where it is attached. */
export interface AxiDevice {
  read(offset: number, length: number): Uint8Array;
  write(offset: number, data: Uint8Array): void;
}

/** Who starts a transfer: Caliptra's DMA, or another master of the SoC. */
export type AxiMaster = 'caliptra' | 'soc';

/** A transfer that was made. */
export interface AxiTransfer {
  readonly operation: 'read' | 'write';
  readonly master: AxiMaster;
  readonly address: number;
  /** Read or written; not to be changed. */
  readonly data: Uint8Array;
}

interface Attachment {
  readonly base: number;
  readonly size: number;
  readonly device: AxiDevice;
}

/**
 * The AXI bus outside Caliptra that its DMA reaches in subsystem mode. Addresses are below 2^53; firmware's 64-bit
 * addresses may come as bigint.
 */
export class AxiBus {
  readonly #attached: Attachment[] = [];
  readonly #observers = new Set<(transfer: AxiTransfer) => void>();

  /**
   * @throws RangeError if the range overlaps an attached one
   * @returns a function that detaches the device
   */
  attach(base: bigint | number, size: number, device: AxiDevice): () => void {
    const start = toNumber(base);
    if (this.#attached.some((other) => start < other.base + other.size && other.base < start + size))
      throw new RangeError(`base: 0x${start.toString(16)} + 0x${size.toString(16)} overlaps another device`);
    const attachment = { base: start, size, device };
    this.#attached.push(attachment);
    return () => {
      this.#attached.splice(this.#attached.indexOf(attachment), 1);
    };
  }

  /** @returns a function that ends the observation */
  observe(observer: (transfer: AxiTransfer) => void): () => void {
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
    };
  }

  #report(operation: 'read' | 'write', master: AxiMaster, address: bigint | number, data: Uint8Array): void {
    for (const observer of this.#observers) observer({ operation, master, address: toNumber(address), data });
  }

  /** @throws BusFault if no device has the whole range */
  read(address: bigint | number, length: number, master: AxiMaster = 'caliptra'): Uint8Array {
    const { base, device } = this.#find('LoadAccessFault', toNumber(address), length);
    const data = device.read(toNumber(address) - base, length);
    this.#report('read', master, address, data);
    return data;
  }

  /** A burst that stays at one address, as for a FIFO. @throws BusFault if no device has that word */
  readFixed(address: bigint | number, length: number): Uint8Array {
    const { base, device } = this.#find('LoadAccessFault', toNumber(address), 4);
    const data = device.read(toNumber(address) - base, length);
    this.#report('read', 'caliptra', address, data);
    return data;
  }

  /** @throws BusFault if no device has the whole range */
  write(address: bigint | number, data: Uint8Array, master: AxiMaster = 'caliptra'): void {
    const { base, device } = this.#find('StoreAccessFault', toNumber(address), data.length);
    device.write(toNumber(address) - base, data);
    this.#report('write', master, address, data);
  }

  #find(fault: 'LoadAccessFault' | 'StoreAccessFault', address: number, length: number): Attachment {
    const found = this.#attached.find(({ base, size }) => address >= base && address + length <= base + size);
    if (found === undefined) throw new BusFault(fault, address);
    return found;
  }
}

function toNumber(address: bigint | number): number {
  const number = Number(address);
  if (!(Number.isSafeInteger(number) && number >= 0)) throw new RangeError(`address: ${address} is not in 0..2^53-1`);
  return number;
}

/** RAM on the AXI bus. */
export class AxiMemory implements AxiDevice {
  readonly bytes: Uint8Array;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  read(offset: number, length: number): Uint8Array {
    return this.bytes.slice(offset, offset + length);
  }

  write(offset: number, data: Uint8Array): void {
    this.bytes.set(data, offset);
  }
}

/** Word registers behind a byte interface. */
export interface WordPort {
  readWord(offset: number): number;
  writeWord(offset: number, value: number): void;
  /** Offset of a FIFO register: a burst there stays there. */
  readonly fifo?: number;
}

/** Registers seen from the AXI bus: whole words, little-endian. */
export function wordDevice(port: WordPort): AxiDevice {
  const wordAt = (offset: number, i: number) => (offset === port.fifo ? offset : offset + i);
  return {
    read(offset, length) {
      checkWords(offset, length);
      const data = new Uint8Array(length);
      const view = new DataView(data.buffer);
      for (let i = 0; i < length; i += 4) view.setUint32(i, port.readWord(wordAt(offset, i)), true);
      return data;
    },
    write(offset, data) {
      checkWords(offset, data.length);
      const view = new DataView(data.buffer, data.byteOffset, data.length);
      for (let i = 0; i < data.length; i += 4) port.writeWord(wordAt(offset, i), view.getUint32(i, true));
    },
  };
}

function checkWords(offset: number, length: number): void {
  if (offset % 4 !== 0 || length % 4 !== 0)
    throw new RangeError(`offset: registers take whole words, not ${length} bytes at ${offset}`);
}
