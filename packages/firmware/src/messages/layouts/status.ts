import { array, bytes, hwBytes, struct, u32 } from '@rootcap/struct';
import { MAX_CMB_DATA_SIZE } from './cm-sizes.ts';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * Status, version, capabilities and signature verification. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const EcdsaVerifyReq = struct('EcdsaVerifyReq', {
  hdr: MailboxReqHeader,
  pub_key_x: bytes(48),
  pub_key_y: bytes(48),
  signature_r: bytes(48),
  signature_s: bytes(48),
  hash: bytes(48),
});

export const LmsVerifyReq = struct('LmsVerifyReq', {
  hdr: MailboxReqHeader,
  pub_key_tree_type: u32,
  pub_key_ots_type: u32,
  pub_key_id: bytes(16),
  pub_key_digest: bytes(24),
  signature_q: u32,
  signature_ots: bytes(1252),
  signature_tree_type: u32,
  signature_tree_path: bytes(360),
  hash: bytes(48),
});

export const MldsaVerifyReq = struct('MldsaVerifyReq', {
  hdr: MailboxReqHeader,
  pub_key: bytes(2592),
  signature: bytes(4628),
  message_size: u32,
  message: bytes(MAX_CMB_DATA_SIZE),
});

export const FipsVersionResp = struct('FipsVersionResp', {
  hdr: MailboxRespHeader,
  mode: u32,
  fips_rev: array(u32, 3),
  name: bytes(12),
});

export const FwInfoResp = struct('FwInfoResp', {
  hdr: MailboxRespHeader,
  pl0_pauser: u32,
  fw_svn: u32,
  min_fw_svn: u32,
  cold_boot_fw_svn: u32,
  attestation_disabled: u32,
  rom_revision: bytes(20),
  fmc_revision: bytes(20),
  runtime_revision: bytes(20),
  rom_sha256_digest: hwBytes(32),
  fmc_sha384_digest: hwBytes(48),
  runtime_sha384_digest: hwBytes(48),
  owner_pub_key_hash: hwBytes(48),
  authman_sha384_digest: hwBytes(48),
  most_recent_fw_error: u32,
  vendor_pub_key_hash: hwBytes(48),
  image_manifest_pqc_type: u32,
  vendor_ecc384_pub_key_index: u32,
  vendor_pqc_pub_key_index: u32,
  soc_manifest_current_svn: u32,
  soc_manifest_min_svn: u32,
  owner_auth_manifest_current_svn: u32,
  owner_auth_manifest_min_svn: u32,
});

/** 128 bits, big-endian. */
export const CapabilitiesResp = struct('CapabilitiesResp', { hdr: MailboxRespHeader, capabilities: bytes(16) });

/** `fips_status` of a verification whose digest the caller chose. */
export const FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST = 0x5553_5244;
