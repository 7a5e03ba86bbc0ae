import { bytes, struct, u8, u16, u32 } from '@rootcap/struct';
import { u64, zeroTerminated } from './fields.ts';

/** SGL descriptors of NVMe over Fabrics: data in the capsule, or moved by the transport. */
export const SGL_TYPE = { IN_CAPSULE_OFFSET: 0x01, TRANSPORT: 0x5a } as const;

const SglDescriptor = struct('SglDescriptor', { address: u64, length: u32, reserved: bytes(3), type: u8 });

/** Submission queue entry: NVMe Base 1.4, figure 104. */
export const SubmissionQueueEntry = struct('SubmissionQueueEntry', {
  opcode: u8,
  /** FUSE 1:0, PSDT 7:6. */
  flags: u8,
  cid: u16,
  nsid: u32,
  cdw2: u32,
  cdw3: u32,
  mptr: u64,
  sgl: SglDescriptor,
  cdw10: u32,
  cdw11: u32,
  cdw12: u32,
  cdw13: u32,
  cdw14: u32,
  cdw15: u32,
});

/** Completion queue entry: NVMe Base 1.4, figure 122. */
export const CompletionQueueEntry = struct('CompletionQueueEntry', {
  result: u64,
  sqhd: u16,
  sqid: u16,
  cid: u16,
  status: u16,
});

/** What all fabrics commands share: NVMe over Fabrics 1.1, section 3. */
export const FabricsCommand = struct('FabricsCommand', {
  opcode: u8,
  flags: u8,
  cid: u16,
  fctype: u8,
  reserved: bytes(19),
  sgl: SglDescriptor,
  specific: bytes(24),
});

export const ConnectCommand = struct('ConnectCommand', {
  recfmt: u16,
  qid: u16,
  /** Entries of the queue, less one. */
  sqsize: u16,
  cattr: u8,
  reserved: u8,
  /** Milliseconds. */
  kato: u32,
  reserved2: bytes(12),
});

export const ConnectData = struct('ConnectData', {
  hostid: bytes(16),
  cntlid: u16,
  reserved: bytes(238),
  subnqn: zeroTerminated(256),
  hostnqn: zeroTerminated(256),
  reserved2: bytes(256),
});

export const PropertyCommand = struct('PropertyCommand', {
  /** Bits 2:0: 0 for a property of 4 bytes, 1 for 8. */
  attrib: u8,
  reserved: bytes(3),
  offset: u32,
  value: u64,
  reserved2: bytes(8),
});

export const DisconnectCommand = struct('DisconnectCommand', { recfmt: u16, reserved: bytes(22) });

/** One range of a Dataset Management command. */
export const DsmRange = struct('DsmRange', { attributes: u32, length: u32, slba: u64 });

/** Fabrics commands, by FCTYPE. */
export const FABRICS_OPCODE = 0x7f;
export const FCTYPE = { PROPERTY_SET: 0x00, CONNECT: 0x01, PROPERTY_GET: 0x04, DISCONNECT: 0x08 } as const;

export const ADMIN_OPCODE = {
  GET_LOG_PAGE: 0x02,
  IDENTIFY: 0x06,
  ABORT: 0x08,
  SET_FEATURES: 0x09,
  GET_FEATURES: 0x0a,
  ASYNCHRONOUS_EVENT_REQUEST: 0x0c,
  KEEP_ALIVE: 0x18,
  FORMAT_NVM: 0x80,
  SECURITY_SEND: 0x81,
  SECURITY_RECEIVE: 0x82,
  SANITIZE: 0x84,
} as const;

export const IO_OPCODE = {
  FLUSH: 0x00,
  WRITE: 0x01,
  READ: 0x02,
  COMPARE: 0x05,
  WRITE_ZEROES: 0x08,
  DATASET_MANAGEMENT: 0x09,
} as const;

/** Controller properties: NVMe over Fabrics 1.1, figure 20. */
export const PROPERTY = { CAP: 0x00, VS: 0x08, CC: 0x14, CSTS: 0x1c } as const;

/** Which way a command's data go: bits 1:0 of its opcode, or of a fabrics command's FCTYPE. */
export function transfersToController(code: number): boolean {
  return (code & 3) === 1;
}

export function transfersToHost(code: number): boolean {
  return (code & 3) === 2;
}

export type Sqe = ReturnType<typeof SubmissionQueueEntry.decode>;

/** Bits of a command's dword, as the specification numbers them. */
export const field = (word: number, hi: number, lo: number): number =>
  Math.floor((word >>> 0) / 2 ** lo) % 2 ** (hi - lo + 1);
