import { array, bytes, struct, u32 } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * PCR quotes, extension and reset counters. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const ExtendPcrReq = struct('ExtendPcrReq', { hdr: MailboxReqHeader, pcr_idx: u32, data: bytes(48) });

export const IncrementPcrResetCounterReq = struct('IncrementPcrResetCounterReq', { hdr: MailboxReqHeader, index: u32 });

/** Of both kinds of quote. */
export const QuotePcrsReq = struct('QuotePcrsReq', { hdr: MailboxReqHeader, nonce: bytes(32) });

export const QuotePcrsEcc384Resp = struct('QuotePcrsEcc384Resp', {
  hdr: MailboxRespHeader,
  pcrs: array(bytes(48), 32),
  nonce: bytes(32),
  reset_ctrs: array(u32, 32),
  digest: bytes(48),
  signature_r: bytes(48),
  signature_s: bytes(48),
});

export const QuotePcrsMldsa87Resp = struct('QuotePcrsMldsa87Resp', {
  hdr: MailboxRespHeader,
  pcrs: array(bytes(48), 32),
  nonce: bytes(32),
  reset_ctrs: array(u32, 32),
  digest: bytes(64),
  signature: bytes(4628),
});
