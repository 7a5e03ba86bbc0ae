import { bytes, struct, u32 } from '@rootcap/struct';
import { MAX_CMB_DATA_SIZE } from './cm-sizes.ts';
import { EncryptedCmk } from './cmk.ts';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * ECDH, ECDSA, ML-DSA and ML-KEM of the cryptographic mailbox. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const CmEcdhGenerateResp = struct('CmEcdhGenerateResp', {
  hdr: MailboxRespHeader,
  context: bytes(76),
  exchange_data: bytes(96),
});

export const CmEcdhFinishReq = struct('CmEcdhFinishReq', {
  hdr: MailboxReqHeader,
  context: bytes(76),
  key_usage: u32,
  incoming_exchange_data: bytes(96),
});

export const CmEcdhFinishResp = struct('CmEcdhFinishResp', { hdr: MailboxRespHeader, output: EncryptedCmk });

export const CmMldsaPublicKeyReq = struct('CmMldsaPublicKeyReq', { hdr: MailboxReqHeader, cmk: EncryptedCmk });

export const CmMldsaPublicKeyResp = struct('CmMldsaPublicKeyResp', { hdr: MailboxRespHeader, public_key: bytes(2592) });

export const CmMldsaSignReq = struct('CmMldsaSignReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  message_size: u32,
  message: bytes(MAX_CMB_DATA_SIZE),
});

export const CmMldsaSignResp = struct('CmMldsaSignResp', { hdr: MailboxRespHeader, signature: bytes(4628) });

export const CmMldsaVerifyReq = struct('CmMldsaVerifyReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  signature: bytes(4628),
  message_size: u32,
  message: bytes(MAX_CMB_DATA_SIZE),
});

export const CmEcdsaPublicKeyReq = struct('CmEcdsaPublicKeyReq', { hdr: MailboxReqHeader, cmk: EncryptedCmk });

export const CmEcdsaPublicKeyResp = struct('CmEcdsaPublicKeyResp', {
  hdr: MailboxRespHeader,
  public_key_x: bytes(48),
  public_key_y: bytes(48),
});

export const CmEcdsaSignReq = struct('CmEcdsaSignReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  message_size: u32,
  message: bytes(MAX_CMB_DATA_SIZE),
});

export const CmEcdsaSignResp = struct('CmEcdsaSignResp', {
  hdr: MailboxRespHeader,
  signature_r: bytes(48),
  signature_s: bytes(48),
});

export const CmEcdsaVerifyReq = struct('CmEcdsaVerifyReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  signature_r: bytes(48),
  signature_s: bytes(48),
  message_size: u32,
  message: bytes(MAX_CMB_DATA_SIZE),
});

export const CmMlkemKeyGenReq = struct('CmMlkemKeyGenReq', { hdr: MailboxReqHeader, cmk: EncryptedCmk });

export const CmMlkemKeyGenResp = struct('CmMlkemKeyGenResp', { hdr: MailboxRespHeader, encaps_key: bytes(1568) });

export const CmMlkemEncapsulateReq = struct('CmMlkemEncapsulateReq', {
  hdr: MailboxReqHeader,
  key_usage: u32,
  encaps_key: bytes(1568),
});

export const CmMlkemEncapsulateResp = struct('CmMlkemEncapsulateResp', {
  hdr: MailboxRespHeader,
  ciphertext: bytes(1568),
  shared_key: EncryptedCmk,
});

export const CmMlkemDecapsulateReq = struct('CmMlkemDecapsulateReq', {
  hdr: MailboxReqHeader,
  key_usage: u32,
  cmk: EncryptedCmk,
  ciphertext: bytes(1568),
});

export const CmMlkemDecapsulateResp = struct('CmMlkemDecapsulateResp', {
  hdr: MailboxRespHeader,
  shared_key: EncryptedCmk,
});
