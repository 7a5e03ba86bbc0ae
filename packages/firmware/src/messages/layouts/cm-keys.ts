import { bytes, struct, u32 } from '@rootcap/struct';
import { MAX_CMB_DATA_SIZE } from './cm-sizes.ts';
import { EncryptedCmk } from './cmk.ts';
import { MailboxReqHeader, MailboxRespHeader, MailboxRespHeaderVarSize } from './header.ts';

/**
 * Keys of the cryptographic mailbox: import, derivation, HMAC, random numbers. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const CmImportReq = struct('CmImportReq', {
  hdr: MailboxReqHeader,
  key_usage: u32,
  input_size: u32,
  input: bytes(64),
});

export const CmImportResp = struct('CmImportResp', { hdr: MailboxRespHeader, cmk: EncryptedCmk });

export const CmDeleteReq = struct('CmDeleteReq', { hdr: MailboxReqHeader, cmk: EncryptedCmk });

export const CmStatusResp = struct('CmStatusResp', {
  hdr: MailboxRespHeader,
  used_usage_storage: u32,
  total_usage_storage: u32,
});

export const CmRandomGenerateReq = struct('CmRandomGenerateReq', { hdr: MailboxReqHeader, size: u32 });

export const CmRandomGenerateResp = struct('CmRandomGenerateResp', {
  hdr: MailboxRespHeaderVarSize,
  data: bytes(MAX_CMB_DATA_SIZE),
});

export const CmRandomStirReq = struct('CmRandomStirReq', {
  hdr: MailboxReqHeader,
  input_size: u32,
  input: bytes(MAX_CMB_DATA_SIZE),
});

export const CmHmacReq = struct('CmHmacReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  hash_algorithm: u32,
  data_size: u32,
  data: bytes(MAX_CMB_DATA_SIZE),
});

export const CmHmacResp = struct('CmHmacResp', { hdr: MailboxRespHeaderVarSize, mac: bytes(64) });

export const CmHmacKdfCounterReq = struct('CmHmacKdfCounterReq', {
  hdr: MailboxReqHeader,
  kin: EncryptedCmk,
  hash_algorithm: u32,
  key_usage: u32,
  key_size: u32,
  label_size: u32,
  label: bytes(MAX_CMB_DATA_SIZE),
});

export const CmHmacKdfCounterResp = struct('CmHmacKdfCounterResp', { hdr: MailboxRespHeader, kout: EncryptedCmk });

export const CmHkdfExtractReq = struct('CmHkdfExtractReq', {
  hdr: MailboxReqHeader,
  hash_algorithm: u32,
  salt: EncryptedCmk,
  ikm: EncryptedCmk,
});

export const CmHkdfExtractResp = struct('CmHkdfExtractResp', { hdr: MailboxRespHeader, prk: EncryptedCmk });

export const CmHkdfExpandReq = struct('CmHkdfExpandReq', {
  hdr: MailboxReqHeader,
  prk: EncryptedCmk,
  hash_algorithm: u32,
  key_usage: u32,
  key_size: u32,
  info_size: u32,
  info: bytes(MAX_CMB_DATA_SIZE),
});

export const CmHkdfExpandResp = struct('CmHkdfExpandResp', { hdr: MailboxRespHeader, okm: EncryptedCmk });

export const CmDeriveStableKeyReq = struct('CmDeriveStableKeyReq', {
  hdr: MailboxReqHeader,
  key_type: u32,
  info: bytes(32),
});

export const CmDeriveStableKeyResp = struct('CmDeriveStableKeyResp', { hdr: MailboxRespHeader, cmk: EncryptedCmk });
