import { bytes, struct, u32 } from '@rootcap/struct';

/**
 * Headers that all messages share, and the response of variable size. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

/** Certificates, CSRs and logs: size and data, cut to the used length. */
export const VAR_SIZE_DATA_MAX = 9216;

export const MailboxRespHeader = struct('MailboxRespHeader', { chksum: u32, fips_status: u32 });

/** Header of a response that is cut to its used length. */
export const MailboxRespHeaderVarSize = struct('MailboxRespHeaderVarSize', { hdr: MailboxRespHeader, data_len: u32 });

export const MailboxReqHeader = struct('MailboxReqHeader', { chksum: u32 });

/** Certificates, CSRs and logs; cut to the used length, except for GET_PCR_LOG. */
export const VarSizeDataResp = struct('VarSizeDataResp', {
  hdr: MailboxRespHeader,
  data_size: u32,
  data: bytes(VAR_SIZE_DATA_MAX),
});
