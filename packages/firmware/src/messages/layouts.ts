import { array, bytes, hwBytes, struct, u8, u16, u32 } from '@rootcap/struct';

/**
 * Mailbox messages of ROM and of the runtime commands here. Integers little-endian; `hwBytes` where the interface has
 * 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const MailboxReqHeader = struct('MailboxReqHeader', { chksum: u32 });
export const MailboxRespHeader = struct('MailboxRespHeader', { chksum: u32, fips_status: u32 });
/** Header of a response that is cut to its used length. */
export const MailboxRespHeaderVarSize = struct('MailboxRespHeaderVarSize', {
  chksum: u32,
  fips_status: u32,
  data_len: u32,
});

/** `fips_status` of a verification whose digest the caller chose. */
export const FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST = 0x5553_5244;

export const FipsVersionResp = struct('FipsVersionResp', {
  hdr: MailboxRespHeader,
  mode: u32,
  fips_rev: array(u32, 3),
  name: bytes(12),
});

/** 128 bits, big-endian. */
export const CapabilitiesResp = struct('CapabilitiesResp', { hdr: MailboxRespHeader, capabilities: bytes(16) });

export const StashMeasurementReq = struct('StashMeasurementReq', {
  hdr: MailboxReqHeader,
  metadata: bytes(4),
  measurement: bytes(48),
  context: bytes(48),
  svn: u32,
});
export const StashMeasurementResp = struct('StashMeasurementResp', { hdr: MailboxRespHeader, dpe_result: u32 });

export const EcdsaVerifyReq = struct('EcdsaVerifyReq', {
  hdr: MailboxReqHeader,
  pub_key_x: bytes(48),
  pub_key_y: bytes(48),
  signature_r: bytes(48),
  signature_s: bytes(48),
  hash: bytes(48),
});

const MAX_CMB_DATA_SIZE = 4096;

export const MldsaVerifyReq = struct('MldsaVerifyReq', {
  hdr: MailboxReqHeader,
  pub_key: bytes(2592),
  signature: bytes(4628),
  message_size: u32,
  message: bytes(MAX_CMB_DATA_SIZE),
});

/** Cryptographic mailbox key, encrypted: opaque to the client. */
export const EncryptedCmk = struct('EncryptedCmk', {
  domain: u32,
  domain_metadata: bytes(16),
  iv: bytes(12),
  ciphertext: bytes(80),
  gcm_tag: bytes(16),
});
/** What is inside an encrypted key. */
export const UnencryptedCmk = struct('UnencryptedCmk', {
  version: u16,
  length: u16,
  key_usage: u8,
  id: bytes(3),
  usage_counter: bytes(8),
  key_material: bytes(64),
});

export const CmDeriveStableKeyReq = struct('CmDeriveStableKeyReq', {
  hdr: MailboxReqHeader,
  key_type: u32,
  info: bytes(32),
});
export const CmDeriveStableKeyResp = struct('CmDeriveStableKeyResp', { hdr: MailboxRespHeader, cmk: EncryptedCmk });

export const CmHmacReq = struct('CmHmacReq', {
  hdr: MailboxReqHeader,
  cmk: EncryptedCmk,
  hash_algorithm: u32,
  data_size: u32,
  data: bytes(MAX_CMB_DATA_SIZE),
});

export const CmRandomGenerateReq = struct('CmRandomGenerateReq', { hdr: MailboxReqHeader, size: u32 });
export const CM_RANDOM_GENERATE_MAX = MAX_CMB_DATA_SIZE;

/** The part of a CM_SHA request before its input. */
export const CmShaReqHdr = struct('CmShaReqHdr', { hdr: MailboxReqHeader, hash_algorithm: u32, input_size: u32 });

export const CM_HASH_ALGORITHM = { SHA384: 1, SHA512: 2 } as const;

export const InstallOwnerPkHashReq = struct('InstallOwnerPkHashReq', { hdr: MailboxReqHeader, digest: hwBytes(48) });
export const InstallOwnerPkHashResp = struct('InstallOwnerPkHashResp', { hdr: MailboxRespHeader, dpe_result: u32 });

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

export const ZeroizeUdsFeReq = struct('ZeroizeUdsFeReq', { hdr: MailboxReqHeader, flags: u32 });
export const ZeroizeUdsFeResp = struct('ZeroizeUdsFeResp', { hdr: MailboxRespHeader, dpe_result: u32 });

export const ManufDebugUnlockTokenReq = struct('ManufDebugUnlockTokenReq', { hdr: MailboxReqHeader, token: bytes(32) });

export const ProductionAuthDebugUnlockReq = struct('ProductionAuthDebugUnlockReq', {
  hdr: MailboxReqHeader,
  /** In words, without the checksum. */
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

export const GetIdevEcc384CertReq = struct('GetIdevEcc384CertReq', {
  hdr: MailboxReqHeader,
  tbs_size: u32,
  signature_r: bytes(48),
  signature_s: bytes(48),
  tbs: bytes(916),
});
export const GetIdevMldsa87CertReq = struct('GetIdevMldsa87CertReq', {
  hdr: MailboxReqHeader,
  tbs_size: u32,
  signature: bytes(4628),
  tbs: bytes(2820),
});
export const PopulateIdevEcc384CertReq = struct('PopulateIdevEcc384CertReq', {
  hdr: MailboxReqHeader,
  cert_size: u32,
  cert: bytes(1024),
});
export const PopulateIdevMldsa87CertReq = struct('PopulateIdevMldsa87CertReq', {
  hdr: MailboxReqHeader,
  cert_size: u32,
  cert: bytes(8192),
});

export const GetIdevEcc384InfoResp = struct('GetIdevEcc384InfoResp', {
  hdr: MailboxRespHeader,
  idev_pub_x: bytes(48),
  idev_pub_y: bytes(48),
});
export const GetIdevMldsa87InfoResp = struct('GetIdevMldsa87InfoResp', {
  hdr: MailboxRespHeader,
  idev_pub_key: bytes(2592),
});

/** Certificates, CSRs and logs: size and data, cut to the used length. */
export const VAR_SIZE_DATA_MAX = 9216;

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

export const ExtendPcrReq = struct('ExtendPcrReq', { hdr: MailboxReqHeader, pcr_idx: u32, data: bytes(48) });
export const IncrementPcrResetCounterReq = struct('IncrementPcrResetCounterReq', { hdr: MailboxReqHeader, index: u32 });

/** A command whose bytes lie at an AXI address. */
export const ExternalMailboxCmdReq = struct('ExternalMailboxCmdReq', {
  hdr: MailboxReqHeader,
  command_id: u32,
  command_size: u32,
  axi_address_start_low: u32,
  axi_address_start_high: u32,
});
