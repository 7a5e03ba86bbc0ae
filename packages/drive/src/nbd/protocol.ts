import { type Infer, struct, u16be, u32be } from '@rootcap/struct';

/**
 * Numbers and layouts of the network block device protocol, all big-endian. 64-bit fields are pairs of words.
 * NetworkBlockDevice/nbd:doc/proto.md
 */

/** 'NBDMAGIC', then 'IHAVEOPT'. */
export const NBDMAGIC = { high: 0x4e42_444d, low: 0x4147_4943 } as const;
export const IHAVEOPT = { high: 0x4948_4156, low: 0x454f_5054 } as const;
export const OPTION_REPLY_MAGIC = { high: 0x0003_e889, low: 0x0455_65a9 } as const;
export const REQUEST_MAGIC = 0x2560_9513;
export const SIMPLE_REPLY_MAGIC = 0x6744_6698;
export const STRUCTURED_REPLY_MAGIC = 0x668e_33ef;

/** Flags of the greeting and of the client's answer. */
export const HANDSHAKE_FLAG = { FIXED_NEWSTYLE: 1, NO_ZEROES: 2 } as const;

export const OPTION = {
  EXPORT_NAME: 1,
  ABORT: 2,
  LIST: 3,
  STARTTLS: 5,
  INFO: 6,
  GO: 7,
  STRUCTURED_REPLY: 8,
  LIST_META_CONTEXT: 9,
  SET_META_CONTEXT: 10,
} as const;

export const OPTION_REPLY = {
  ACK: 1,
  SERVER: 2,
  INFO: 3,
  META_CONTEXT: 4,
  ERR_UNSUP: 0x8000_0001,
  ERR_POLICY: 0x8000_0002,
  ERR_INVALID: 0x8000_0003,
  ERR_TLS_REQD: 0x8000_0005,
  ERR_UNKNOWN: 0x8000_0006,
  ERR_TOO_BIG: 0x8000_0009,
} as const;

export const INFO = { EXPORT: 0, NAME: 1, DESCRIPTION: 2, BLOCK_SIZE: 3 } as const;

export const TRANSMISSION_FLAG = {
  HAS_FLAGS: 0x0001,
  SEND_FLUSH: 0x0004,
  SEND_FUA: 0x0008,
  SEND_TRIM: 0x0020,
  SEND_WRITE_ZEROES: 0x0040,
  SEND_DF: 0x0080,
  CAN_MULTI_CONN: 0x0100,
} as const;

export const COMMAND = {
  READ: 0,
  WRITE: 1,
  DISC: 2,
  FLUSH: 3,
  TRIM: 4,
  WRITE_ZEROES: 6,
  BLOCK_STATUS: 7,
} as const;

export const COMMAND_FLAG = { FUA: 1, NO_HOLE: 2, DF: 4, REQ_ONE: 8 } as const;

/** Errors of a reply. */
export const NBD_ERROR = { EPERM: 1, EIO: 5, EINVAL: 22, ENOSPC: 28 } as const;

export const CHUNK_TYPE = { NONE: 0, OFFSET_DATA: 1, BLOCK_STATUS: 5, ERROR: 0x8001 } as const;
export const CHUNK_FLAG_DONE = 1;

/** States of `base:allocation`. */
export const EXTENT = { HOLE: 1, ZERO: 2 } as const;

/** Payload of a read or write at most, if the client does not ask: what every client can count on. */
export const MAX_PAYLOAD = 2 ** 25;

export const Greeting = struct('NBD greeting', {
  magicHigh: u32be,
  magicLow: u32be,
  optionHigh: u32be,
  optionLow: u32be,
  flags: u16be,
});

export const OptionHeader = struct('NBD option', { magicHigh: u32be, magicLow: u32be, option: u32be, length: u32be });

export const OptionReply = struct('NBD option reply', {
  magicHigh: u32be,
  magicLow: u32be,
  option: u32be,
  type: u32be,
  length: u32be,
});

export const ExportInfo = struct('NBD_INFO_EXPORT', { type: u16be, sizeHigh: u32be, sizeLow: u32be, flags: u16be });

export const BlockSizeInfo = struct('NBD_INFO_BLOCK_SIZE', {
  type: u16be,
  minimum: u32be,
  preferred: u32be,
  maximum: u32be,
});

export const Request = struct('NBD request', {
  magic: u32be,
  flags: u16be,
  type: u16be,
  cookieHigh: u32be,
  cookieLow: u32be,
  offsetHigh: u32be,
  offsetLow: u32be,
  length: u32be,
});
export type Request = Infer<typeof Request>;

export const SimpleReply = struct('NBD simple reply', {
  magic: u32be,
  error: u32be,
  cookieHigh: u32be,
  cookieLow: u32be,
});

export const StructuredReply = struct('NBD structured reply', {
  magic: u32be,
  flags: u16be,
  type: u16be,
  cookieHigh: u32be,
  cookieLow: u32be,
  length: u32be,
});
