import { bytes, struct, u32 } from '@rootcap/struct';
import { MAX_CMB_DATA_SIZE } from './cm-sizes.ts';
import { EncryptedCmk } from './cmk.ts';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * AES-256-CBC and CTR of the cryptographic mailbox. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const CmAesEncryptInitReq = struct('CmAesEncryptInitReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  mode: u32,
  plaintext_size: u32,
  plaintext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesEncryptInitRespHeader = struct('CmAesEncryptInitRespHeader', {
  hdr: MailboxRespHeader,
  context: bytes(156),
  iv: bytes(16),
  ciphertext_size: u32,
});

export const CmAesEncryptInitResp = struct('CmAesEncryptInitResp', {
  hdr: CmAesEncryptInitRespHeader,
  ciphertext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesEncryptUpdateReq = struct('CmAesEncryptUpdateReq', {
  hdr: MailboxReqHeader,
  context: bytes(156),
  plaintext_size: u32,
  plaintext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesDecryptInitReq = struct('CmAesDecryptInitReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  mode: u32,
  iv: bytes(16),
  ciphertext_size: u32,
  ciphertext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesDecryptUpdateReq = struct('CmAesDecryptUpdateReq', {
  hdr: MailboxReqHeader,
  context: bytes(156),
  ciphertext_size: u32,
  ciphertext: bytes(MAX_CMB_DATA_SIZE),
});

export const CmAesRespHeader = struct('CmAesRespHeader', {
  hdr: MailboxRespHeader,
  context: bytes(156),
  output_size: u32,
});

export const CmAesResp = struct('CmAesResp', { hdr: CmAesRespHeader, output: bytes(MAX_CMB_DATA_SIZE) });

/** Every other number counts as reserved. */
export const CM_AES_MODE = { CBC: 1, CTR: 2 } as const;
