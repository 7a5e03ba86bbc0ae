import type { AxiBus } from './axi.ts';
import { type Block, type BusAccess, UC_ACCESS } from './block.ts';
import { BusFault } from './bus-fault.ts';
import { extentOf } from './extent.ts';
import type { Mailbox } from './mailbox.ts';
import { type AccessSize, checkAligned, readLittleEndian, writeLittleEndian } from './memory.ts';
import { SOC_IFC_REG } from './registers/soc-interface.ts';
import type { ShaAccelerator } from './sha-accelerator.ts';
import type { SocInterface } from './soc-interface.ts';

/** Memory map of the core. caliptra-rtl:src/integration/rtl/caliptra_reg.rdl, docs/CaliptraHardwareSpecification.md */
export const MEMORY_MAP = {
  ROM: { base: 0x0000_0000, size: 0x1_8000 },
  MBOX_SRAM: { base: 0x3004_0000, size: 0x4_0000 },
  ICCM: { base: 0x4000_0000, size: 0x4_0000 },
  DCCM: { base: 0x5000_0000, size: 0x4_0000 },
} as const;

/** The core's bus. Words unless `size` says otherwise; narrower accesses only reach memory and register reads. */
export interface UcBus {
  read(address: number, size?: AccessSize): number;
  write(address: number, value: number, size?: AccessSize): void;
}

/** The SoC's AXI port. */
export interface SocBus {
  read(address: number, axiUser: number, size?: AccessSize): number;
  write(address: number, value: number, axiUser: number, size?: AccessSize): void;
}

/** The debugger's port. */
export interface TapBus {
  read(address: number): number;
  write(address: number, value: number): void;
}

export interface BusParts {
  /** The chip's own; a block reaches up to the next. */
  readonly blocks: readonly Block[];
  /** Blocks that the chip was given: they have the addresses of their registers, for the SoC too. */
  readonly ownBlocks: readonly Block[];
  readonly soc: SocInterface;
  readonly mailbox: Mailbox;
  readonly shaAccelerator: ShaAccelerator;
  readonly axi: AxiBus;
  readonly rom: Uint8Array;
  readonly iccm: Uint8Array;
  readonly dccm: Uint8Array;
  readonly iccmLocked: () => boolean;
  /** The memory, if any, whose next word has an uncorrectable error. */
  readonly memoryFault: () => MemoryFault;
}

/** An injected uncorrectable ECC error. */
export type MemoryFault = 'none' | 'iccm' | 'dccm';

interface Window {
  readonly base: number;
  readonly end: number;
  readonly block: Block;
}

/** Sorted windows of the blocks: each up to the next block, at most 64 KiB. */
function windows(blocks: readonly Block[]): readonly Window[] {
  const sorted = [...blocks].sort((a, b) => a.declaration.base - b.declaration.base);
  return sorted.map((block, i) => {
    const { base } = block.declaration;
    const next = sorted[i + 1]?.declaration.base ?? Number.POSITIVE_INFINITY;
    return { base, end: Math.min(next, base + 0x1_0000), block };
  });
}

/** Exactly where the registers are. */
function ownWindows(blocks: readonly Block[]): readonly Window[] {
  return blocks.map((block) => ({ ...extentOf(block.declaration), block }));
}

function find(all: readonly Window[], address: number): Window | undefined {
  return all.find(({ base, end }) => address >= base && address < end);
}

/** Reads a register; a narrow read takes its bytes out of the word. */
function readBlock({ base, block }: Window, address: number, size: AccessSize, access: BusAccess): number {
  const word = block.readRegister((address - base) & ~3, access);
  return size === 4 ? word : (word >>> (8 * (address & 3))) & (2 ** (8 * size) - 1);
}

function writeBlock(
  { base, block }: Window,
  address: number,
  value: number,
  size: AccessSize,
  access: BusAccess,
): void {
  if (size !== 4) throw new BusFault('StoreAccessFault', address);
  block.writeRegister(address - base, value >>> 0, access);
}

/** What the core sees. */
export function ucBus(parts: BusParts): UcBus {
  const all = [...ownWindows(parts.ownBlocks), ...windows(parts.blocks)];
  const memories = [
    { ...MEMORY_MAP.DCCM, bytes: parts.dccm },
    { ...MEMORY_MAP.ICCM, bytes: parts.iccm },
    { ...MEMORY_MAP.ROM, bytes: parts.rom },
  ];
  const memory = (address: number) =>
    memories.find(({ base, bytes }) => address >= base && address < base + bytes.length);
  const isSram = (address: number) =>
    address >= MEMORY_MAP.MBOX_SRAM.base && address < MEMORY_MAP.MBOX_SRAM.base + parts.mailbox.sram.length;
  return {
    read(address, size = 4) {
      checkAligned('Load', address, size);
      const found = memory(address);
      if (found !== undefined && isDamaged(parts, found.bytes)) throw new BusFault('LoadAccessFault', address);
      if (found !== undefined) return readLittleEndian(found.bytes, address - found.base, size);
      if (isSram(address)) return readSram(parts.mailbox, address - MEMORY_MAP.MBOX_SRAM.base, size);
      const window = find(all, address);
      if (window === undefined) throw new BusFault('LoadAccessFault', address);
      return readBlock(window, address, size, UC_ACCESS);
    },
    write(address, value, size = 4) {
      checkAligned('Store', address, size);
      const found = memory(address);
      if (found !== undefined) return writeMemory(parts, found, address, value, size);
      if (isSram(address)) return writeSram(parts.mailbox, address, value, size);
      const window = find(all, address);
      if (window === undefined) throw new BusFault('StoreAccessFault', address);
      writeBlock(window, address, value, size, UC_ACCESS);
    },
  };
}

function isDamaged({ iccm, dccm, memoryFault }: BusParts, bytes: Uint8Array): boolean {
  const fault = memoryFault();
  return (fault === 'iccm' && bytes === iccm) || (fault === 'dccm' && bytes === dccm);
}

function writeMemory(
  { rom, iccm, soc, iccmLocked }: BusParts,
  { base, bytes }: { readonly base: number; readonly bytes: Uint8Array },
  address: number,
  value: number,
  size: AccessSize,
): void {
  if (bytes === rom) throw new BusFault('StoreAccessFault', address);
  if (bytes === iccm && iccmLocked()) {
    soc.notify('error_iccm_blocked');
    throw new BusFault('StoreAccessFault', address);
  }
  writeLittleEndian(bytes, address - base, value, size);
}

function readSram(mailbox: Mailbox, offset: number, size: AccessSize): number {
  const word = mailbox.readSram(offset & ~3);
  return size === 4 ? word : (word >>> (8 * (offset & 3))) & (2 ** (8 * size) - 1);
}

function writeSram(mailbox: Mailbox, address: number, value: number, size: AccessSize): void {
  if (size !== 4) throw new BusFault('StoreAccessFault', address);
  mailbox.writeSram(address - MEMORY_MAP.MBOX_SRAM.base, value >>> 0);
}

/** Registers of the SoC interface that only the fuse user may touch once one is locked in. */
const FUSE_RANGE = {
  start: SOC_IFC_REG.registers.FUSE_UDS_SEED.offset,
  end: SOC_IFC_REG.registers.INTERNAL_OBF_KEY.offset,
} as const;

/**
 * What the SoC sees: mailbox, SoC interface, blocks of one's own and, in subsystem mode, SHA accelerator (for the DMA user only) and the
 * devices on the AXI bus. An AXI user that a filter keeps out reads 0 and writes nothing.
 */
export function socBus(parts: BusParts): SocBus {
  const { soc, mailbox, shaAccelerator, axi } = parts;
  const builtIn = windows([mailbox, shaAccelerator, soc]).map((window) => ({ ...window, end: window.base + 0x1000 }));
  const all = [...ownWindows(parts.ownBlocks), ...builtIn];
  const reach = (address: number, axiUser: number): Window | undefined => {
    const window = find(all, address);
    if (window?.block !== shaAccelerator) return window;
    return soc.subsystemMode && axiUser === soc.get('SS_CALIPTRA_DMA_AXI_USER') ? window : undefined;
  };
  const kept = (window: Window, address: number, axiUser: number): boolean => {
    const offset = address - window.base;
    const isFuse = window.block === soc && offset >= FUSE_RANGE.start && offset < FUSE_RANGE.end;
    return isFuse && !soc.validFuseUser(axiUser);
  };
  return {
    read(address, axiUser, size = 4) {
      checkAligned('Load', address, size);
      const window = reach(address, axiUser);
      if (window !== undefined)
        return kept(window, address, axiUser) ? 0 : readBlock(window, address, size, { side: 'soc', axiUser });
      if (!soc.subsystemMode) throw new BusFault('LoadAccessFault', address);
      return readLittleEndian(axi.read((address & ~3) >>> 0, 4, 'soc'), address & 3, size);
    },
    write(address, value, axiUser, size = 4) {
      checkAligned('Store', address, size);
      const window = reach(address, axiUser);
      if (window !== undefined) {
        if (!kept(window, address, axiUser)) writeBlock(window, address, value, size, { side: 'soc', axiUser });
        return;
      }
      if (!soc.subsystemMode || size !== 4) throw new BusFault('StoreAccessFault', address);
      const word = new Uint8Array(4);
      writeLittleEndian(word, 0, value, 4);
      axi.write(address, word, 'soc');
    },
  };
}

/**
 * What a debugger sees: the mailbox while `tap_mailbox_available`, and the SoC interface, which decides what it takes.
 * caliptra-rtl:src/soc_ifc/rtl/soc_ifc_top.sv (DMI)
 */
export function tapBus({ soc, mailbox }: BusParts): TapBus {
  const access: BusAccess = { side: 'tap', axiUser: 0xffff_ffff };
  const all = windows([mailbox, soc]).map((window) => ({ ...window, end: window.base + 0x1000 }));
  const available = () => soc.field('SS_DBG_SERVICE_REG_RSP', 'tap_mailbox_available') === 1;
  return {
    read(address) {
      checkAligned('Load', address, 4);
      const window = find(all, address);
      if (window === undefined) throw new BusFault('LoadAccessFault', address);
      if (window.block === mailbox && !available()) return address === window.base ? 1 : 0;
      return readBlock(window, address, 4, access);
    },
    write(address, value) {
      checkAligned('Store', address, 4);
      const window = find(all, address);
      if (window === undefined) throw new BusFault('StoreAccessFault', address);
      if (window.block === soc || available()) writeBlock(window, address, value, 4, access);
    },
  };
}
