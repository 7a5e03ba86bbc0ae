import { array, bytes, type Field, struct, u8, u16, u32 } from '@rootcap/struct';
import { spacePadded, u64, zeroTerminated } from './fields.ts';

export const LOG_PAGE = {
  ERROR_INFORMATION: 0x01,
  SMART: 0x02,
  FIRMWARE_SLOT: 0x03,
  CHANGED_NAMESPACE_LIST: 0x04,
  COMMANDS_SUPPORTED_AND_EFFECTS: 0x05,
  DISCOVERY: 0x70,
  SANITIZE_STATUS: 0x81,
} as const;

/** Two u64: the counters of 128 bits are never so large here. */
const counter: Field<readonly bigint[]> = array(u64, 2);

/** NVMe Base 1.4, figure 196. */
export const SmartLog = struct('SmartLog', {
  criticalWarning: u8,
  /** Kelvin, at an odd offset. */
  temperature: u16,
  availableSpare: u8,
  availableSpareThreshold: u8,
  percentageUsed: u8,
  enduranceGroupSummary: u8,
  reserved7: bytes(25),
  /** Thousands of 512 bytes, rounded up. */
  dataUnitsRead: counter,
  dataUnitsWritten: counter,
  hostReadCommands: counter,
  hostWriteCommands: counter,
  controllerBusyTime: counter,
  powerCycles: counter,
  powerOnHours: counter,
  unsafeShutdowns: counter,
  mediaErrors: counter,
  errorLogEntries: counter,
  reserved192: bytes(320),
});

const FirmwareSlotLog = struct('FirmwareSlotLog', {
  afi: u8,
  reserved1: bytes(7),
  slot1: spacePadded(8),
  reserved16: bytes(496),
});

/** A command's bits: supported, changes content, capabilities of the namespace; who may run beside it (18:16). */
export const EFFECT = { CSUPP: 1, LBCC: 2, CSE_NAMESPACE: 1 << 16, CSE_ALL: 2 << 16 } as const;

const EffectsLog = struct('EffectsLog', {
  admin: array(u32, 256),
  io: array(u32, 256),
  reserved2048: bytes(2048),
});

/** NVMe Base 1.4, figure 214. */
export const SanitizeStatusLog = struct('SanitizeStatusLog', {
  /** Of 65,536. */
  progress: u16,
  status: u16,
  /** Dword 10 of the Sanitize command. */
  cdw10: u32,
  estimateOverwrite: u32,
  estimateBlockErase: u32,
  estimateCryptoErase: u32,
  estimateOverwriteNoDeallocate: u32,
  estimateBlockEraseNoDeallocate: u32,
  estimateCryptoEraseNoDeallocate: u32,
  reserved32: bytes(480),
});

export const SANITIZE_STATUS = {
  NEVER: 0,
  COMPLETED: 1,
  IN_PROGRESS: 2,
  FAILED: 3,
  GLOBAL_DATA_ERASED: 1 << 8,
} as const;

const DiscoveryHeader = struct('DiscoveryHeader', { genctr: u64, numrec: u64, recfmt: u16, reserved: bytes(1006) });

/** NVMe over Fabrics 1.1, figure 34. */
export const DiscoveryEntry = struct('DiscoveryEntry', {
  trtype: u8,
  adrfam: u8,
  subtype: u8,
  treq: u8,
  portid: u16,
  cntlid: u16,
  asqsz: u16,
  eflags: u16,
  reserved12: bytes(20),
  trsvcid: spacePadded(32),
  reserved64: bytes(192),
  subnqn: zeroTerminated(256),
  traddr: spacePadded(256),
  tsas: bytes(256),
});

export const DISCOVERY_NQN = 'nqn.2014-08.org.nvmexpress.discovery';

/** Where hosts reach a subsystem. */
export interface TransportAddress {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly port: number;
}

const TRTYPE_TCP = 3;
const ADRFAM = { ipv4: 1, ipv6: 2 } as const;
const SUBTYPE_NVM = 2;
const ANY_CONTROLLER = 0xffff;

/** The log page of a discovery subsystem that knows one other. */
export function discoveryLog(nqn: string, { family, address, port }: TransportAddress, queueEntries: number) {
  const header = DiscoveryHeader.encode({ genctr: 1n, numrec: 1n, recfmt: 0, reserved: new Uint8Array(1006) });
  const entry = DiscoveryEntry.encode({
    trtype: TRTYPE_TCP,
    adrfam: ADRFAM[family],
    subtype: SUBTYPE_NVM,
    // A secure channel is not required.
    treq: 0x02,
    portid: 1,
    cntlid: ANY_CONTROLLER,
    asqsz: queueEntries,
    eflags: 0,
    reserved12: new Uint8Array(20),
    trsvcid: String(port),
    reserved64: new Uint8Array(192),
    subnqn: nqn,
    traddr: address,
    tsas: new Uint8Array(256),
  });
  const log = new Uint8Array(header.length + entry.length);
  log.set(header);
  log.set(entry, header.length);
  return log;
}

/** What a drive has done since its power came. */
export class Statistics {
  bytesRead = 0;
  bytesWritten = 0;
  reads = 0;
  writes = 0;
  mediaErrors = 0;
}

const counted = (value: number): readonly bigint[] => [BigInt(value), 0n];
const dataUnits = (size: number): readonly bigint[] => counted(Math.ceil(size / 512_000));

export function smartLog({ bytesRead, bytesWritten, reads, writes, mediaErrors }: Statistics): Uint8Array {
  return SmartLog.encode({
    criticalWarning: 0,
    temperature: 300,
    availableSpare: 100,
    availableSpareThreshold: 10,
    percentageUsed: 0,
    enduranceGroupSummary: 0,
    reserved7: new Uint8Array(25),
    dataUnitsRead: dataUnits(bytesRead),
    dataUnitsWritten: dataUnits(bytesWritten),
    hostReadCommands: counted(reads),
    hostWriteCommands: counted(writes),
    controllerBusyTime: counted(0),
    powerCycles: counted(1),
    powerOnHours: counted(0),
    unsafeShutdowns: counted(0),
    mediaErrors: counted(mediaErrors),
    errorLogEntries: counted(0),
    reserved192: new Uint8Array(320),
  });
}

export function firmwareSlotLog(revision: string): Uint8Array {
  const slot1 = revision.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 8);
  return FirmwareSlotLog.encode({ afi: 1, reserved1: new Uint8Array(7), slot1, reserved16: new Uint8Array(496) });
}

/** Commands by opcode, each with its {@link EFFECT}s. */
export function effectsLog(admin: ReadonlyMap<number, number>, io: ReadonlyMap<number, number>): Uint8Array {
  const table = (effects: ReadonlyMap<number, number>) => Array.from({ length: 256 }, (_, i) => effects.get(i) ?? 0);
  return EffectsLog.encode({ admin: table(admin), io: table(io), reserved2048: new Uint8Array(2048) });
}
