import { sha256 } from '@noble/hashes/sha2.js';
import { array, bytes, struct, u8, u16, u32 } from '@rootcap/struct';
import type { Namespace } from '../namespace.ts';
import { spacePadded, u64, zeroTerminated } from './fields.ts';

/** Identify CNS 1: NVMe Base 1.4, figure 247, with the fabrics fields of NVMe over Fabrics 1.1, figure 27. */
export const IdentifyController = struct('IdentifyController', {
  vid: u16,
  ssvid: u16,
  sn: spacePadded(20),
  mn: spacePadded(40),
  fr: spacePadded(8),
  rab: u8,
  ieee: bytes(3),
  cmic: u8,
  mdts: u8,
  cntlid: u16,
  ver: u32,
  rtd3r: u32,
  rtd3e: u32,
  oaes: u32,
  ctratt: u32,
  rrls: u16,
  reserved102: bytes(9),
  cntrltype: u8,
  fguid: bytes(16),
  crdt: array(u16, 3),
  reserved134: bytes(122),
  oacs: u16,
  acl: u8,
  aerl: u8,
  frmw: u8,
  lpa: u8,
  elpe: u8,
  npss: u8,
  avscc: u8,
  apsta: u8,
  wctemp: u16,
  cctemp: u16,
  mtfa: u16,
  hmpre: u32,
  hmmin: u32,
  tnvmcap: array(u64, 2),
  unvmcap: array(u64, 2),
  rpmbs: u32,
  edstt: u16,
  dsto: u8,
  fwug: u8,
  kas: u16,
  hctma: u16,
  mntmt: u16,
  mxtmt: u16,
  sanicap: u32,
  hmminds: u32,
  hmmaxd: u16,
  nsetidmax: u16,
  endgidmax: u16,
  anatt: u8,
  anacap: u8,
  anagrpmax: u32,
  nanagrpid: u32,
  pels: u32,
  reserved356: bytes(156),
  sqes: u8,
  cqes: u8,
  maxcmd: u16,
  nn: u32,
  oncs: u16,
  fuses: u16,
  fna: u8,
  vwc: u8,
  awun: u16,
  awupf: u16,
  nvscc: u8,
  nwpc: u8,
  acwu: u16,
  reserved534: bytes(2),
  sgls: u32,
  mnan: u32,
  reserved544: bytes(224),
  subnqn: zeroTerminated(256),
  reserved1024: bytes(768),
  ioccsz: u32,
  iorcsz: u32,
  icdoff: u16,
  fcatt: u8,
  msdbd: u8,
  ofcs: u16,
  reserved1806: bytes(242),
  psd: array(bytes(32), 32),
  vs: bytes(1024),
});

const LbaFormat = struct('LbaFormat', { ms: u16, lbads: u8, rp: u8 });

/** Identify CNS 0: NVMe Base 1.4, figure 245. */
export const IdentifyNamespace = struct('IdentifyNamespace', {
  nsze: u64,
  ncap: u64,
  nuse: u64,
  nsfeat: u8,
  nlbaf: u8,
  flbas: u8,
  mc: u8,
  dpc: u8,
  dps: u8,
  nmic: u8,
  rescap: u8,
  fpi: u8,
  dlfeat: u8,
  nawun: u16,
  nawupf: u16,
  nacwu: u16,
  nabsn: u16,
  nabo: u16,
  nabspf: u16,
  noiob: u16,
  nvmcap: array(u64, 2),
  npwg: u16,
  npwa: u16,
  npdg: u16,
  npda: u16,
  nows: u16,
  reserved74: bytes(18),
  anagrpid: u32,
  reserved96: bytes(3),
  nsattr: u8,
  nvmsetid: u16,
  endgid: u16,
  nguid: bytes(16),
  eui64: bytes(8),
  lbaf: array(LbaFormat, 16),
  reserved192: bytes(3904),
});

export const IDENTIFY_SIZE = 4096;

/** Identify CNS 3: identification descriptors of a namespace, ended by one of length 0. */
const NAMESPACE_IDENTIFIER = { EUI64: 1, NGUID: 2, UUID: 3, CSI: 4 } as const;

const MAX_TRANSFER_SHIFT = 8;
/** Longest data of one command, in bytes: MDTS 8 with pages of 4 KiB. */
export const MAX_TRANSFER = 4096 << MAX_TRANSFER_SHIFT;
/** Longest data that come in a command's capsule. */
export const MAX_IN_CAPSULE = 8192;
/** Entries of the largest queue: MQES + 1. */
export const QUEUE_ENTRIES = 128;
export const VERSION = 0x0001_0400;
export const AERL = 3;

const CONTROLLER_TYPE = { IO: 1, DISCOVERY: 2 } as const;

const zeros = (size: number): Uint8Array => new Uint8Array(size);
const NO_CAPACITY = [0n, 0n] as const;

/** Fields of a controller whose subsystem decides all others. */
const NOTHING_MORE = {
  vid: 0,
  ssvid: 0,
  rab: 0,
  ieee: zeros(3),
  rtd3r: 0,
  rtd3e: 0,
  rrls: 0,
  reserved102: zeros(9),
  fguid: zeros(16),
  crdt: [0, 0, 0],
  reserved134: zeros(122),
  elpe: 0,
  npss: 0,
  avscc: 0,
  apsta: 0,
  mtfa: 0,
  hmpre: 0,
  hmmin: 0,
  unvmcap: NO_CAPACITY,
  rpmbs: 0,
  edstt: 0,
  dsto: 0,
  fwug: 0,
  hctma: 0,
  mntmt: 0,
  mxtmt: 0,
  hmminds: 0,
  hmmaxd: 0,
  nsetidmax: 0,
  endgidmax: 0,
  anatt: 0,
  anacap: 0,
  anagrpmax: 0,
  nanagrpid: 0,
  pels: 0,
  reserved356: zeros(156),
  fuses: 0,
  nvscc: 0,
  nwpc: 0,
  acwu: 0,
  reserved534: zeros(2),
  mnan: 0,
  reserved544: zeros(224),
  reserved1024: zeros(768),
  reserved1806: zeros(242),
  psd: Array.from({ length: 32 }, () => zeros(32)),
  vs: zeros(1024),
};

/** What the identity of a controller is made of. */
export interface ControllerIdentity {
  readonly type: keyof typeof CONTROLLER_TYPE;
  readonly cntlid: number;
  readonly nqn: string;
  readonly serial: string;
  readonly model: string;
  readonly firmwareRevision: string;
  readonly namespaces: readonly Namespace[];
}

const printable = (value: string, size: number): string => value.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, size);

/** Identify CNS 1 of a controller. */
export function identifyController(identity: ControllerIdentity): Uint8Array {
  const { type, cntlid, nqn, serial, model, firmwareRevision, namespaces } = identity;
  const io = type === 'IO';
  const capacity = namespaces.reduce((sum, { blockCount, blockSize }) => sum + BigInt(blockCount * blockSize), 0n);
  return IdentifyController.encode({
    ...NOTHING_MORE,
    sn: printable(serial, 20),
    mn: printable(model, 40),
    fr: printable(firmwareRevision, 8),
    // More than one controller: every host has its own.
    cmic: io ? 0x02 : 0,
    mdts: MAX_TRANSFER_SHIFT,
    cntlid,
    ver: VERSION,
    oaes: 0,
    // Host identifiers of 128 bits.
    ctratt: 0x01,
    cntrltype: CONTROLLER_TYPE[type],
    // Security Send and Receive, Format NVM.
    oacs: io ? 0x03 : 0,
    acl: 3,
    aerl: AERL,
    // One slot of firmware, read only.
    frmw: 0x03,
    // Commands supported and effects; extended data of Get Log Page.
    lpa: 0x06,
    wctemp: 0x0157,
    cctemp: 0x0164,
    tnvmcap: [capacity, 0n],
    // 100 ms: Linux counts in seconds.
    kas: 10,
    // Crypto erase; media are not modified after it.
    sanicap: io ? 0x4000_0001 : 0,
    sqes: 0x66,
    cqes: 0x44,
    maxcmd: QUEUE_ENTRIES,
    nn: io ? Math.max(0, ...namespaces.map(({ nsid }) => nsid)) : 0,
    // Compare, Dataset Management, Write Zeroes.
    oncs: io ? 0x0d : 0,
    // Crypto erase with Format NVM; formats and erases of one namespace alone.
    fna: io ? 0x04 : 0,
    // A volatile write cache; Flush takes all namespaces at once.
    vwc: io ? 0x07 : 0,
    awun: 0,
    awupf: 0,
    // SGLs without alignment; an offset as the address.
    sgls: 0x0010_0001,
    subnqn: nqn,
    ioccsz: (64 + MAX_IN_CAPSULE) / 16,
    iorcsz: 1,
    icdoff: 0,
    // Each Connect makes a controller.
    fcatt: 0,
    msdbd: 1,
    // Disconnect.
    ofcs: 1,
  });
}

/** Identify CNS 0 of a namespace. */
export function identifyNamespace(namespace: Namespace): Uint8Array {
  const blocks = BigInt(namespace.blockCount);
  return IdentifyNamespace.encode({
    nsze: blocks,
    ncap: blocks,
    nuse: blocks,
    nsfeat: 0,
    nlbaf: 0,
    flbas: 0,
    mc: 0,
    dpc: 0,
    dps: 0,
    // Shared: every host's controller has it.
    nmic: 0x01,
    rescap: 0,
    fpi: 0,
    // Deallocated blocks read as zeros; Write Zeroes may deallocate.
    dlfeat: 0x09,
    nawun: 0,
    nawupf: 0,
    nacwu: 0,
    nabsn: 0,
    nabo: 0,
    nabspf: 0,
    noiob: 0,
    nvmcap: [blocks * BigInt(namespace.blockSize), 0n],
    npwg: 0,
    npwa: 0,
    npdg: 0,
    npda: 0,
    nows: 0,
    reserved74: zeros(18),
    anagrpid: 0,
    reserved96: zeros(3),
    nsattr: 0,
    nvmsetid: 0,
    endgid: 0,
    nguid: zeros(16),
    eui64: zeros(8),
    lbaf: Array.from({ length: 16 }, (_, i) => ({
      ms: 0,
      lbads: i === 0 ? Math.log2(namespace.blockSize) : 0,
      rp: 0,
    })),
    reserved192: zeros(3904),
  });
}

/** A UUID of version 8 that a name decides: RFC 9562, section 5.8. */
export function uuidOf(name: string): Uint8Array {
  const uuid = sha256(Uint8Array.from(name, (letter) => letter.charCodeAt(0))).slice(0, 16);
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
  return uuid;
}

/** Identify CNS 3 of a namespace: its UUID, and that it takes NVM commands. */
export function identificationDescriptors(nqn: string, nsid: number): Uint8Array {
  const list = zeros(IDENTIFY_SIZE);
  list.set([NAMESPACE_IDENTIFIER.UUID, 16, 0, 0, ...uuidOf(`${nqn}\n${nsid}`), NAMESPACE_IDENTIFIER.CSI, 1, 0, 0, 0]);
  return list;
}

/** Identify CNS 2 and 7: active namespaces above `nsid`. */
export function namespaceList(namespaces: readonly Namespace[], above: number): Uint8Array {
  const list = zeros(IDENTIFY_SIZE);
  const active = namespaces.map(({ nsid }) => nsid).filter((nsid) => nsid > above);
  active
    .toSorted((a, b) => a - b)
    .slice(0, IDENTIFY_SIZE / 4)
    .forEach((nsid, i) => {
      u32.write(list, 4 * i, nsid);
    });
  return list;
}
