import { array, bytes, struct, u16, u32 } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * OCP LOCK. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const OcpLockReportHekMetadataReq = struct('OcpLockReportHekMetadataReq', {
  hdr: MailboxReqHeader,
  reserved0: u32,
  total_slots: u16,
  active_slots: u16,
  seed_state: u16,
  padding0: u16,
});

export const OcpLockReportHekMetadataResp = struct('OcpLockReportHekMetadataResp', {
  hdr: MailboxRespHeader,
  flags: u32,
  reserved: array(u32, 3),
});

export const OcpLockGetAlgorithmsResp = struct('OcpLockGetAlgorithmsResp', {
  hdr: MailboxRespHeader,
  reserved: array(u32, 4),
  hpke_algorithms: u32,
  access_key_sizes: u32,
});

export const OcpLockInitializeMekSecretReq = struct('OcpLockInitializeMekSecretReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  sek: bytes(32),
  dpk: bytes(32),
});

export const OcpLockInitializeMekSecretResp = struct('OcpLockInitializeMekSecretResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
});

export const WrappedKey = struct('WrappedKey', {
  key_type: u16,
  reserved: u16,
  salt: bytes(12),
  metadata_len: u32,
  key_len: u32,
  iv: bytes(12),
  metadata: bytes(32),
  ciphertext_and_auth_tag: bytes(80),
});

export const OcpLockMixMpkReq = struct('OcpLockMixMpkReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  enabled_mpk: WrappedKey,
});

export const OcpLockMixMpkResp = struct('OcpLockMixMpkResp', { hdr: MailboxRespHeader, reserved: u32 });

export const OcpLockDeriveMekReq = struct('OcpLockDeriveMekReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  mek_checksum: bytes(16),
  metadata: bytes(20),
  aux_metadata: bytes(32),
  cmd_timeout: u32,
});

export const OcpLockDeriveMekResp = struct('OcpLockDeriveMekResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  mek_checksum: bytes(16),
});

export const HpkeHandle = struct('HpkeHandle', { handle: u32, hpke_algorithm: u32 });

export const OcpLockEnumerateHpkeHandlesReq = struct('OcpLockEnumerateHpkeHandlesReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
});

export const OcpLockEnumerateHpkeHandlesResp = struct('OcpLockEnumerateHpkeHandlesResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  hpke_handle_count: u32,
  hpke_handles: array(HpkeHandle, 3),
});

export const OcpLockRotateHpkeKeyReq = struct('OcpLockRotateHpkeKeyReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  hpke_handle: u32,
});

export const OcpLockRotateHpkeKeyResp = struct('OcpLockRotateHpkeKeyResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  hpke_handle: u32,
});

export const OcpLockGenerateMekReq = struct('OcpLockGenerateMekReq', { hdr: MailboxReqHeader, reserved: u32 });

export const OcpLockGenerateMekResp = struct('OcpLockGenerateMekResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  wrapped_mek: WrappedKey,
});

export const OcpLockGetHpkePubKeyReq = struct('OcpLockGetHpkePubKeyReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  hpke_handle: u32,
});

export const OcpLockGetHpkePubKeyResp = struct('OcpLockGetHpkePubKeyResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  pub_key_len: u32,
  pub_key: bytes(1665),
  padding: bytes(3),
});

export const SealedAccessKey = struct('SealedAccessKey', {
  hpke_handle: HpkeHandle,
  access_key_len: u32,
  info_len: u32,
  info: bytes(256),
  kem_ciphertext: bytes(1665),
  _padding: bytes(3),
  ak_ciphertext: bytes(48),
});

export const OcpLockGenerateMpkReq = struct('OcpLockGenerateMpkReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  sek: bytes(32),
  metadata_len: u32,
  metadata: bytes(32),
  sealed_access_key: SealedAccessKey,
});

export const OcpLockGenerateMpkResp = struct('OcpLockGenerateMpkResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  wrapped_mek: WrappedKey,
});

export const OcpLockRewrapMpkReq = struct('OcpLockRewrapMpkReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  sek: bytes(32),
  current_locked_mpk: WrappedKey,
  sealed_access_key: SealedAccessKey,
  new_ak_ciphertext: bytes(48),
});

export const OcpLockRewrapMpkResp = struct('OcpLockRewrapMpkResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  wrapped_mek: WrappedKey,
});

export const OcpLockEnableMpkReq = struct('OcpLockEnableMpkReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  sek: bytes(32),
  sealed_access_key: SealedAccessKey,
  locked_mpk: WrappedKey,
});

export const OcpLockEnableMpkResp = struct('OcpLockEnableMpkResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  enabled_mpk: WrappedKey,
});

export const OcpLockTestAccessKeyReq = struct('OcpLockTestAccessKeyReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  sek: bytes(32),
  nonce: bytes(32),
  locked_mpk: WrappedKey,
  sealed_access_key: SealedAccessKey,
});

export const OcpLockTestAccessKeyResp = struct('OcpLockTestAccessKeyResp', {
  hdr: MailboxRespHeader,
  reserved: u32,
  digest: bytes(48),
});

export const OcpLockGetStatusResp = struct('OcpLockGetStatusResp', {
  hdr: MailboxRespHeader,
  reserved: array(u32, 4),
  ctrl_register: u32,
});

export const OcpLockClearKeyCacheReq = struct('OcpLockClearKeyCacheReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  cmd_timeout: u32,
});

export const OcpLockClearKeyCacheResp = struct('OcpLockClearKeyCacheResp', { hdr: MailboxRespHeader, reserved: u32 });

export const OcpLockUnloadMekReq = struct('OcpLockUnloadMekReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  metadata: bytes(20),
  cmd_timeout: u32,
});

export const OcpLockUnloadMekResp = struct('OcpLockUnloadMekResp', { hdr: MailboxRespHeader, reserved: u32 });

export const OcpLockLoadMekReq = struct('OcpLockLoadMekReq', {
  hdr: MailboxReqHeader,
  reserved: u32,
  metadata: bytes(20),
  aux_metadata: bytes(32),
  wrapped_mek: WrappedKey,
  cmd_timeout: u32,
});

export const OcpLockLoadMekResp = struct('OcpLockLoadMekResp', { hdr: MailboxRespHeader, reserved: u32 });
