import { bytes, struct, u32 } from '@rootcap/struct';
import { MAX_CMB_DATA_SIZE } from './cm-sizes.ts';
import { MailboxReqHeader, MailboxRespHeader, MailboxRespHeaderVarSize } from './header.ts';

/**
 * SHA and SHAKE256 of the cryptographic mailbox. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const CmShaInitReq = struct('CmShaInitReq', {
  hdr: MailboxReqHeader,
  hash_algorithm: u32,
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmShaInitResp = struct('CmShaInitResp', { hdr: MailboxRespHeader, context: bytes(200) });

export const CmShaUpdateReq = struct('CmShaUpdateReq', {
  hdr: MailboxReqHeader,
  context: bytes(200),
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmShaFinalReq = struct('CmShaFinalReq', {
  hdr: MailboxReqHeader,
  context: bytes(200),
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmShaFinalResp = struct('CmShaFinalResp', { hdr: MailboxRespHeaderVarSize, hash: bytes(64) });

export const CmShake256InitReq = struct('CmShake256InitReq', {
  hdr: MailboxReqHeader,
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmShake256InitResp = struct('CmShake256InitResp', { hdr: MailboxRespHeader, context: bytes(44) });

export const CmShake256UpdateReq = struct('CmShake256UpdateReq', {
  hdr: MailboxReqHeader,
  context: bytes(44),
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmShake256FinalReq = struct('CmShake256FinalReq', {
  hdr: MailboxReqHeader,
  context: bytes(44),
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmShake256FinalResp = struct('CmShake256FinalResp', { hdr: MailboxRespHeader, hash: bytes(64) });

export const CmShaReq = struct('CmShaReq', {
  hdr: MailboxReqHeader,
  hash_algorithm: u32,
  input_size: u32,
  input: bytes(16372),
});

export const CmShaResp = struct('CmShaResp', { hdr: MailboxRespHeaderVarSize, hash: bytes(64) });

/** The part of a CM_SHA request before its input. */
export const CmShaReqHdr = struct('CmShaReqHdr', { hdr: MailboxReqHeader, hash_algorithm: u32, input_size: u32 });

export const CM_HASH_ALGORITHM = { SHA384: 1, SHA512: 2 } as const;
