import { bytes, type Struct, struct, u8, u16, u32 } from '@rootcap/struct';
import { DIGEST_SIZE } from './digest.ts';

/** PDUs of NVMe/TCP (NVMe TCP Transport 1.0, section 3.6). Numbers are little-endian. */
export const PDU_TYPE = {
  ICReq: 0x00,
  ICResp: 0x01,
  H2CTermReq: 0x02,
  C2HTermReq: 0x03,
  CapsuleCmd: 0x04,
  CapsuleResp: 0x05,
  H2CData: 0x06,
  C2HData: 0x07,
  R2T: 0x09,
} as const;

export type PduName = keyof typeof PDU_TYPE;

export const FLAG = { HDGSTF: 1, DDGSTF: 2, LAST_PDU: 4, SUCCESS: 8 } as const;

/** Bits of DGST in ICReq and ICResp. */
export const DGST = { HDGST_ENABLE: 1, DDGST_ENABLE: 2 } as const;

export const CommonHeader = struct('CommonHeader', { type: u8, flags: u8, hlen: u8, pdo: u8, plen: u32 });

const InitializeConnection = {
  header: CommonHeader,
  /** PDU format version. */
  pfv: u16,
  /** Data alignment: (value + 1) dwords. */
  pda: u8,
  dgst: u8,
  /** ICReq: R2Ts a command may have open, less one. ICResp: longest data of an H2CData PDU. */
  limit: u32,
  reserved: bytes(112),
};

const TermReq = { header: CommonHeader, fes: u16, fei: u32, reserved: bytes(10) };

const Data = { header: CommonHeader, cccid: u16, ttag: u16, datao: u32, datal: u32, reserved: bytes(4) };

export const ICReq = struct('ICReq', InitializeConnection);
export const ICResp = struct('ICResp', InitializeConnection);
const H2CTermReq = struct('H2CTermReq', TermReq);
const C2HTermReq = struct('C2HTermReq', TermReq);
export const CapsuleCmd = struct('CapsuleCmd', { header: CommonHeader, sqe: bytes(64) });
export const CapsuleResp = struct('CapsuleResp', { header: CommonHeader, cqe: bytes(16) });
export const H2CData = struct('H2CData', Data);
export const C2HData = struct('C2HData', Data);
export const R2T = struct('R2T', Data);

/** Size of each PDU's header without digest, and what may follow it. */
export const PDUS: Readonly<Record<PduName, { readonly header: Struct<unknown>; readonly data: boolean }>> = {
  ICReq: { header: ICReq as Struct<unknown>, data: false },
  ICResp: { header: ICResp as Struct<unknown>, data: false },
  H2CTermReq: { header: H2CTermReq as Struct<unknown>, data: true },
  C2HTermReq: { header: C2HTermReq as Struct<unknown>, data: true },
  CapsuleCmd: { header: CapsuleCmd as Struct<unknown>, data: true },
  CapsuleResp: { header: CapsuleResp as Struct<unknown>, data: false },
  H2CData: { header: H2CData as Struct<unknown>, data: true },
  C2HData: { header: C2HData as Struct<unknown>, data: true },
  R2T: { header: R2T as Struct<unknown>, data: false },
};

const nameOfType = new Map(Object.entries(PDU_TYPE).map(([name, type]) => [type as number, name as PduName]));

export const pduName = (type: number): PduName | undefined => nameOfType.get(type);

/** Never digested: the exchange that agrees on digests, and the end. */
export const UNDIGESTED: ReadonlySet<PduName> = new Set(['ICReq', 'ICResp', 'H2CTermReq', 'C2HTermReq']);

/** Fatal Error Status of a terminate request. */
export const FATAL_ERROR = {
  INVALID_PDU_HEADER_FIELD: 1,
  PDU_SEQUENCE_ERROR: 2,
  HEADER_DIGEST_ERROR: 3,
  DATA_TRANSFER_OUT_OF_RANGE: 4,
  DATA_TRANSFER_LIMIT_EXCEEDED: 5,
  UNSUPPORTED_PARAMETER: 6,
} as const;

/** The peer broke the transport's rules: the connection ends with a terminate request. */
export class NvmeTransportError extends Error {
  override readonly name = 'NvmeTransportError';
  readonly code: keyof typeof FATAL_ERROR;
  /** Byte offset of the wrong field in the PDU's header, where it is one. */
  readonly offset: number;
  /** The PDU that was wrong, as far as it came. */
  readonly pdu: Uint8Array;

  constructor(code: keyof typeof FATAL_ERROR, detail: string, offset = 0, pdu: Uint8Array = new Uint8Array(0)) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.offset = offset;
    this.pdu = pdu;
  }
}

/** What two peers agreed on in ICReq and ICResp. */
export interface Framing {
  readonly headerDigest: boolean;
  readonly dataDigest: boolean;
  /** Data of PDUs sent starts at a multiple of this. */
  readonly alignment: number;
}

export const PLAIN: Framing = { headerDigest: false, dataDigest: false, alignment: 4 };

/** The common header of a PDU, as its name, its flags and the size of its data decide it. */
export function commonHeader(
  name: PduName,
  { headerDigest, dataDigest, alignment }: Framing = PLAIN,
  { flags = 0, size = 0 }: { readonly flags?: number; readonly size?: number } = {},
) {
  const hlen = PDUS[name].header.size;
  const digested = !UNDIGESTED.has(name);
  const end = hlen + (digested && headerDigest ? DIGEST_SIZE : 0);
  const withData = size > 0 && PDUS[name].data;
  // A terminate request has no PDO: what it repeats follows its header at once.
  const start = digested ? Math.ceil(end / alignment) * alignment : end;
  const pdo = withData && digested ? start : 0;
  const tail = withData ? start + size + (digested && dataDigest ? DIGEST_SIZE : 0) : end;
  const digestFlags = digested ? (headerDigest ? FLAG.HDGSTF : 0) | (withData && dataDigest ? FLAG.DDGSTF : 0) : 0;
  return { type: PDU_TYPE[name], flags: flags | digestFlags, hlen, pdo, plen: tail };
}
