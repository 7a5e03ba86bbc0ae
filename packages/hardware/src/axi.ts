import { BusFault } from './bus-fault.ts';
import { checkState } from './state.ts';

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
  readonly address: bigint;
  /** Read or written; not to be changed. Zeros for a key that was released. */
  readonly data: Uint8Array;
}

interface Attachment {
  readonly base: bigint;
  readonly size: number;
  readonly device: AxiDevice;
}

/**
 * The AXI bus outside Caliptra that its DMA reaches in subsystem mode. Addresses have 64 bits; those below 2^53 may come as
 * numbers.
 */
export class AxiBus {
  readonly #attached: Attachment[] = [];
  readonly #observers = new Set<(transfer: AxiTransfer) => void>();

  /**
   * @throws RangeError if the range overlaps an attached one
   * @returns a function that detaches the device
   */
  attach(base: bigint | number, size: number, device: AxiDevice): () => void {
    const start = toAddress(base);
    const end = start + BigInt(size);
    if (this.#attached.some((other) => start < endOf(other) && other.base < end))
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
    for (const observer of this.#observers) observer({ operation, master, address: toAddress(address), data });
  }

  /** @throws BusFault if no device has the whole range */
  read(address: bigint | number, length: number, master: AxiMaster = 'caliptra'): Uint8Array {
    const { base, device } = this.#find('LoadAccessFault', toAddress(address), length);
    const data = device.read(Number(toAddress(address) - base), length);
    this.#report('read', master, address, data);
    return data;
  }

  /** A burst that stays at one address, as for a FIFO. @throws BusFault if no device has that word */
  readFixed(address: bigint | number, length: number): Uint8Array {
    const { base, device } = this.#find('LoadAccessFault', toAddress(address), 4);
    const data = device.read(Number(toAddress(address) - base), length);
    this.#report('read', 'caliptra', address, data);
    return data;
  }

  /** @throws BusFault if no device has the whole range */
  write(address: bigint | number, data: Uint8Array, master: AxiMaster = 'caliptra'): void {
    const { base, device } = this.#find('StoreAccessFault', toAddress(address), data.length);
    device.write(Number(toAddress(address) - base), data);
    this.#report('write', master, address, data);
  }

  /** As {@link write}, with data that no observer is shown. @throws BusFault if no device has the whole range */
  writeSecret(address: bigint | number, data: Uint8Array): void {
    const { base, device } = this.#find('StoreAccessFault', toAddress(address), data.length);
    device.write(Number(toAddress(address) - base), data);
    this.#report('write', 'caliptra', address, new Uint8Array(data.length));
  }

  #find(fault: 'LoadAccessFault' | 'StoreAccessFault', address: bigint, length: number): Attachment {
    const end = address + BigInt(length);
    const found = this.#attached.find((device) => address >= device.base && end <= endOf(device));
    if (found === undefined) throw new BusFault(fault, address);
    return found;
  }
}

const MAX_ADDRESS = 2n ** 64n - 1n;

function endOf({ base, size }: Attachment): bigint {
  return base + BigInt(size);
}

/** @throws RangeError for a number that is no address, or too large to be exact */
function toAddress(address: bigint | number): bigint {
  const exact = typeof address === 'bigint' || Number.isSafeInteger(address);
  const value = exact ? BigInt(address) : -1n;
  if (value < 0n || value > MAX_ADDRESS) throw new RangeError(`address: ${address} is not in 0..2^64-1`);
  return value;
}

/** Contents of a memory up to its last byte that is not zero. */
export interface AxiMemoryState {
  readonly used: number;
  readonly data: Uint8Array;
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

  save(): AxiMemoryState {
    let used = this.bytes.length;
    while (used > 0 && this.bytes[used - 1] === 0) used--;
    return { used, data: this.bytes.slice(0, used) };
  }

  /** @throws TypeError if `state` is not what {@link save} returns for such a memory; it is then unchanged */
  restore(state: AxiMemoryState): void {
    checkState(state, { fields: { used: { below: this.bytes.length + 1 } } }, 'memory');
    checkState(state.data, { bytes: state.used }, 'memory.data');
    this.bytes.fill(0);
    this.bytes.set(state.data);
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
