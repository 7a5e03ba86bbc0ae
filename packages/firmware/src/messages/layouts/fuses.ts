import { bytes, hwBytes, struct, u8, u32 } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * Owner key hash, field entropy, UDS zeroization, debug unlock. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const ManufDebugUnlockTokenReq = struct('ManufDebugUnlockTokenReq', { hdr: MailboxReqHeader, token: bytes(32) });

export const ProductionAuthDebugUnlockReq = struct('ProductionAuthDebugUnlockReq', {
  hdr: MailboxReqHeader /** In words, without the checksum. */,
  length: u32,
  unlock_level: u8,
  reserved: bytes(3),
});

export const ProductionAuthDebugUnlockChallenge = struct('ProductionAuthDebugUnlockChallenge', {
  hdr: MailboxRespHeader,
  length: u32,
  unique_device_identifier: bytes(32),
  challenge: bytes(48),
});

export const ProductionAuthDebugUnlockToken = struct('ProductionAuthDebugUnlockToken', {
  hdr: MailboxReqHeader,
  length: u32,
  unique_device_identifier: bytes(32),
  unlock_level: u8,
  reserved: bytes(3),
  challenge: bytes(48),
  ecc_public_key: hwBytes(96),
  mldsa_public_key: bytes(2592),
  ecc_signature: hwBytes(96),
  mldsa_signature: bytes(4628),
});

export const FeProgReq = struct('FeProgReq', { hdr: MailboxReqHeader, partition: u32 });

export const InstallOwnerPkHashReq = struct('InstallOwnerPkHashReq', { hdr: MailboxReqHeader, digest: hwBytes(48) });

export const InstallOwnerPkHashResp = struct('InstallOwnerPkHashResp', { hdr: MailboxRespHeader, dpe_result: u32 });

export const ZeroizeUdsFeReq = struct('ZeroizeUdsFeReq', { hdr: MailboxReqHeader, flags: u32 });

export const ZeroizeUdsFeResp = struct('ZeroizeUdsFeResp', { hdr: MailboxRespHeader, dpe_result: u32 });
