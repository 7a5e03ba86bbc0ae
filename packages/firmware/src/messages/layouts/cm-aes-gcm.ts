import { bytes, struct, u32 } from '@rootcap/struct';
import { MAX_CMB_AES_GCM_OUTPUT_SIZE, MAX_CMB_DATA_SIZE } from './cm-sizes.ts';
import { EncryptedCmk } from './cmk.ts';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * AES-256-GCM of the cryptographic mailbox, plain, for SPDM, and in place over DMA. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const CmAesGcmEncryptInitReq = struct('CmAesGcmEncryptInitReq', {
  hdr: MailboxReqHeader,
  flags: u32,
  cmk: EncryptedCmk,
  aad_size: u32,
  aad: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmEncryptInitResp = struct('CmAesGcmEncryptInitResp', {
  hdr: MailboxRespHeader,
  context: bytes(128),
  iv: bytes(12),
});

export const CmAesGcmSpdmEncryptInitReq = struct('CmAesGcmSpdmEncryptInitReq', {
  hdr: MailboxReqHeader,
  spdm_flags: u32,
  spdm_counter: bytes(8),
  cmk: EncryptedCmk,
  aad_size: u32,
  aad: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmSpdmEncryptInitResp = struct('CmAesGcmSpdmEncryptInitResp', {
  hdr: MailboxRespHeader,
  context: bytes(128),
});

export const CmAesGcmEncryptUpdateReq = struct('CmAesGcmEncryptUpdateReq', {
  hdr: MailboxReqHeader,
  context: bytes(128),
  plaintext_size: u32,
  plaintext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmEncryptUpdateRespHeader = struct('CmAesGcmEncryptUpdateRespHeader', {
  hdr: MailboxRespHeader,
  context: bytes(128),
  ciphertext_size: u32,
});

export const CmAesGcmEncryptUpdateResp = struct('CmAesGcmEncryptUpdateResp', {
  hdr: CmAesGcmEncryptUpdateRespHeader,
  ciphertext: bytes(MAX_CMB_AES_GCM_OUTPUT_SIZE),
});

export const CmAesGcmEncryptFinalReq = struct('CmAesGcmEncryptFinalReq', {
  hdr: MailboxReqHeader,
  context: bytes(128),
  plaintext_size: u32,
  plaintext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmEncryptFinalRespHeader = struct('CmAesGcmEncryptFinalRespHeader', {
  hdr: MailboxRespHeader,
  tag: bytes(16),
  ciphertext_size: u32,
});

export const CmAesGcmEncryptFinalResp = struct('CmAesGcmEncryptFinalResp', {
  hdr: CmAesGcmEncryptFinalRespHeader,
  ciphertext: bytes(MAX_CMB_AES_GCM_OUTPUT_SIZE),
});

export const CmAesGcmDecryptInitReq = struct('CmAesGcmDecryptInitReq', {
  hdr: MailboxReqHeader,
  flags: u32,
  cmk: EncryptedCmk,
  iv: bytes(12),
  aad_size: u32,
  aad: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmDecryptInitResp = struct('CmAesGcmDecryptInitResp', {
  hdr: MailboxRespHeader,
  context: bytes(128),
  iv: bytes(12),
});

export const CmAesGcmSpdmDecryptInitReq = struct('CmAesGcmSpdmDecryptInitReq', {
  hdr: MailboxReqHeader,
  spdm_flags: u32,
  spdm_counter: bytes(8),
  cmk: EncryptedCmk,
  aad_size: u32,
  aad: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmSpdmDecryptInitResp = struct('CmAesGcmSpdmDecryptInitResp', {
  hdr: MailboxRespHeader,
  context: bytes(128),
});

export const CmAesGcmDecryptUpdateReq = struct('CmAesGcmDecryptUpdateReq', {
  hdr: MailboxReqHeader,
  context: bytes(128),
  ciphertext_size: u32,
  ciphertext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmDecryptUpdateRespHeader = struct('CmAesGcmDecryptUpdateRespHeader', {
  hdr: MailboxRespHeader,
  context: bytes(128),
  plaintext_size: u32,
});

export const CmAesGcmDecryptUpdateResp = struct('CmAesGcmDecryptUpdateResp', {
  hdr: CmAesGcmDecryptUpdateRespHeader,
  plaintext: bytes(MAX_CMB_AES_GCM_OUTPUT_SIZE),
});

export const CmAesGcmDecryptFinalReq = struct('CmAesGcmDecryptFinalReq', {
  hdr: MailboxReqHeader,
  context: bytes(128),
  tag_len: u32,
  tag: bytes(16),
  ciphertext_size: u32,
  ciphertext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesGcmDecryptFinalRespHeader = struct('CmAesGcmDecryptFinalRespHeader', {
  hdr: MailboxRespHeader,
  tag_verified: u32,
  plaintext_size: u32,
});

export const CmAesGcmDecryptFinalResp = struct('CmAesGcmDecryptFinalResp', {
  hdr: CmAesGcmDecryptFinalRespHeader,
  plaintext: bytes(MAX_CMB_AES_GCM_OUTPUT_SIZE),
});

export const CmAesGcmDecryptDmaReq = struct('CmAesGcmDecryptDmaReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  iv: bytes(12),
  tag: bytes(16),
  encrypted_data_sha384: bytes(48),
  axi_addr_lo: u32,
  axi_addr_hi: u32,
  length: u32,
  aad_length: u32,
  aad: bytes(4096),
});

export const CmAesGcmDecryptDmaResp = struct('CmAesGcmDecryptDmaResp', { hdr: MailboxRespHeader, tag_verified: u32 });
