import { AuthManifestImageMetadataCollection, OwnerAuthManifestImageMetadataCollection } from '@rootcap/image';
import { array, bytes, hwBytes, struct, u8, u16, u32 } from '@rootcap/struct';

/**
 * Tables that ROM, FMC and runtime keep in data memory and hand to each other.
 *
 * @see caliptra-sw:drivers/src/{data_vault,hand_off,pcr_log,fuse_log,persistent}.rs
 */

const ECC_SIGNATURE = hwBytes(96);
const ECC_PUBLIC_KEY = hwBytes(96);
const MLDSA_SIGNATURE = bytes(4628);
const MLDSA_PUBLIC_KEY = bytes(2592);

/** Written once at cold reset, or at every successful reset (from `rt_tci` on). */
export const DataVault = struct('DataVault', {
  ldev_dice_ecc_signature: ECC_SIGNATURE,
  ldev_dice_ecc_pub_key: ECC_PUBLIC_KEY,
  ldev_dice_mldsa_signature: MLDSA_SIGNATURE,
  ldev_dice_mldsa_pub_key: MLDSA_PUBLIC_KEY,
  fmc_dice_ecc_signature: ECC_SIGNATURE,
  fmc_ecc_pub_key: ECC_PUBLIC_KEY,
  fmc_dice_mldsa_signature: MLDSA_SIGNATURE,
  fmc_mldsa_pub_key: MLDSA_PUBLIC_KEY,
  fmc_tci: hwBytes(48),
  owner_pk_hash: hwBytes(48),
  cold_boot_fw_svn: u32,
  rom_cold_boot_status: u32,
  fmc_entry_point: u32,
  vendor_ecc_pk_index: u32,
  vendor_pqc_pk_index: u32,
  rt_tci: hwBytes(48),
  fw_svn: u32,
  rt_entry_point: u32,
  manifest_addr: u32,
  fw_min_svn: u32,
  rom_update_reset_status: u32,
});

/** Firmware handoff table: where each stage finds what the one before left. */
export const FirmwareHandoffTable = struct('FirmwareHandoffTable', {
  fht_marker: u32,
  fht_major_ver: u16,
  fht_minor_ver: u16,
  manifest_load_addr: u32,
  fips_fw_load_addr_hdl: u32,
  fmc_cdi_kv_hdl: u32,
  fmc_ecc_priv_key_kv_hdl: u32,
  fmc_mldsa_keypair_seed_kv_hdl: u32,
  rt_cdi_kv_hdl: u32,
  rt_ecc_priv_key_kv_hdl: u32,
  rt_mldsa_keypair_seed_kv_hdl: u32,
  ecc_ldevid_tbs_addr: u32,
  ecc_fmcalias_tbs_addr: u32,
  ecc_ldevid_tbs_size: u16,
  ecc_fmcalias_tbs_size: u16,
  mldsa_ldevid_tbs_addr: u32,
  mldsa_fmcalias_tbs_addr: u32,
  mldsa_ldevid_tbs_size: u16,
  mldsa_fmcalias_tbs_size: u16,
  pcr_log_addr: u32,
  pcr_log_index: u32,
  meas_log_addr: u32,
  meas_log_index: u32,
  fuse_log_addr: u32,
  rt_dice_ecc_pub_key: ECC_PUBLIC_KEY,
  rt_dice_ecc_sign: ECC_SIGNATURE,
  idev_dice_ecdsa_pub_key: ECC_PUBLIC_KEY,
  idev_dice_mldsa_pub_key_load_addr: u32,
  rom_info_addr: u32,
  rtalias_ecc_tbs_size: u16,
  fw_key_ladder_max_svn: u16,
  fw_key_ladder_kv_hdl: u32,
  reserved: bytes(1660),
});

/** What was extended into which PCRs. */
export const PcrLogEntry = struct('PcrLogEntry', {
  id: u16,
  reserved0: bytes(2),
  /** Bit n: extended into PCR n. */
  pcr_ids: u32,
  pcr_data: bytes(48),
});

export const PCR_LOG_ENTRY_ID = {
  DeviceStatus: 1,
  VendorPubKeyInfoHash: 2,
  OwnerPubKeyHash: 3,
  FmcTci: 4,
  StashMeasurement: 5,
  RtTci: 6,
  FwImageManifest: 7,
} as const satisfies Record<string, number>;

/** One STASH_MEASUREMENT of the ROM. */
export const MeasurementLogEntry = struct('MeasurementLogEntry', {
  pcr_entry: PcrLogEntry,
  metadata: bytes(4),
  context: bytes(48),
  svn: u32,
  reserved0: bytes(4),
});

/** One fuse value that image verification used. Entry `entry_id` stands at place `entry_id - 1`. */
export const FuseLogEntry = struct('FuseLogEntry', { entry_id: u32, log_data: u32, reserved: bytes(8) });

export const FUSE_LOG_ENTRY_ID = {
  VendorEccPubKeyIndex: 1,
  VendorEccPubKeyRevocation: 2,
  ColdBootFwSvn: 3,
  ManifestReserved0: 4,
  DeprecatedFuseFmcSvn: 5,
  ManifestFwSvn: 6,
  ManifestReserved1: 7,
  FuseFwSvn: 8,
  VendorPqcPubKeyIndex: 9,
  VendorPqcPubKeyRevocation: 10,
} as const satisfies Record<string, number>;

/** Owner key hash of a device ownership transfer. */
export const DotOwnerPkHash = struct('DotOwnerPkHash', { owner_pk_hash: hwBytes(48), valid: u8, reserved: bytes(3) });

export const OcpLockMetadataRom = struct('OcpLockMetadataRom', {
  total_hek_seed_slots: u16,
  active_hek_seed_slots: u16,
  hek_seed_state: u16,
  hek_available: u8,
  reserved: u8,
});

export const FmcAliasCsrs = struct('FmcAliasCsrs', {
  ecc_csr_len: u32,
  ecc_csr: bytes(896),
  mldsa_csr_len: u32,
  mldsa_csr: bytes(8192),
});

export const PCR_LOG_MAX_COUNT = 17;
export const MEASUREMENT_MAX_COUNT = 8;
export const FUSE_LOG_MAX_COUNT = 62;

/** `RomPersistentData.boot_mode`: how firmware came. Encrypted firmware of the MCU is left to the MCU. */
export const BOOT_MODE = { Normal: 0, EncryptedFirmware: 1 } as const;

/** Part of data memory that ROM owns. Ends at 0x5003_FC00. */
export const RomPersistentData = struct('RomPersistentData', {
  manifest1: bytes(16956),
  reserved0: bytes(17 * 1024 - 16956),
  data_vault: DataVault,
  reserved1: bytes(15 * 1024 - DataVault.size),
  fht: FirmwareHandoffTable,
  idevid_mldsa_pub_key: MLDSA_PUBLIC_KEY,
  reserved2: bytes(3 * 1024 - 2592),
  ecc_ldevid_tbs: bytes(1024),
  ecc_fmcalias_tbs: bytes(1024),
  mldsa_ldevid_tbs: bytes(4096),
  mldsa_fmcalias_tbs: bytes(4096),
  pcr_log: array(PcrLogEntry, PCR_LOG_MAX_COUNT),
  reserved3: bytes(1024 - PCR_LOG_MAX_COUNT * PcrLogEntry.size),
  measurement_log: array(MeasurementLogEntry, MEASUREMENT_MAX_COUNT),
  reserved4: bytes(1024 - MEASUREMENT_MAX_COUNT * MeasurementLogEntry.size),
  fuse_log: array(FuseLogEntry, FUSE_LOG_MAX_COUNT),
  reserved5: bytes(1024 - FUSE_LOG_MAX_COUNT * FuseLogEntry.size),
  idevid_csr_envelop: bytes(8784),
  entropy_cfg_extension: u32,
  reserved6: bytes(9 * 1024 - 8784 - 4),
  cmb_aes_key_share0: bytes(32),
  cmb_aes_key_share1: bytes(32),
  dot_owner_pk_hash: DotOwnerPkHash,
  cleared_non_fatal_fw_error: u32,
  ocp_lock_metadata: OcpLockMetadataRom,
  entropy_cfg: bytes(24),
  boot_mode: u32,
  major_version: u16,
  minor_version: u16,
  marker: u32,
});

const DPE_CONTEXT_COUNT = 64;
/** Bytes of the DPE's own state. @see caliptra-dpe:dpe/src/state.rs */
export const DPE_STATE_SIZE = 9232;

/** Where the runtime keeps a CDI that a client exported. */
export const ExportedCdiEntry = struct('ExportedCdiEntry', { key: u8, handle: bytes(32), active: u8 });

/** DPE contexts that the runtime itself keeps up to date; 0xff: none. */
export const CaliptraManagedDpeContextIndices = struct('CaliptraManagedDpeContextIndices', {
  initialized: u8,
  cciv: u8,
  mcu_rt: u8,
  somv: u8,
  somo: u8,
  reserved: bytes(3),
});

/** What the runtime knows of its DPE. */
export const DpePersistentData = struct('DpePersistentData', {
  state: bytes(DPE_STATE_SIZE),
  context_tags: array(u32, DPE_CONTEXT_COUNT),
  context_has_tag: bytes(DPE_CONTEXT_COUNT),
  attestation_disabled: u8,
  runtime_cmd_active: u8,
  reserved0: bytes(2),
  exported_cdi: ExportedCdiEntry,
  pl0_context_limit: u8,
  pl1_context_limit: u8,
  soc_manifest_svn: u32,
  caliptra_managed_dpe_context_indices: CaliptraManagedDpeContextIndices,
});

const AUTH_MANIFEST_AREA_SIZE = 6 * 1024 + 512;
const OWNER_AUTH_MANIFEST_AREA_SIZE = 3 * 1024;
/** Digest and SVN behind a collection. */
const MANIFEST_TRAILER_SIZE = 48 + 4;

/** What SET_AUTH_MANIFEST left. Survives warm and update resets. */
export const AuthManifestPersistentData = struct('AuthManifestPersistentData', {
  image_metadata_col: AuthManifestImageMetadataCollection,
  digest: hwBytes(48),
  svn: u32,
  reserved9: bytes(AUTH_MANIFEST_AREA_SIZE - AuthManifestImageMetadataCollection.size - MANIFEST_TRAILER_SIZE),
});

/** What SET_OWNER_AUTH_MANIFEST left. */
export const OwnerAuthManifestPersistentData = struct('OwnerAuthManifestPersistentData', {
  image_metadata_col: OwnerAuthManifestImageMetadataCollection,
  digest: hwBytes(48),
  svn: u32,
  reserved10: bytes(
    OWNER_AUTH_MANIFEST_AREA_SIZE - OwnerAuthManifestImageMetadataCollection.size - MANIFEST_TRAILER_SIZE,
  ),
});

/** Part of data memory that FMC and runtime own. Lies directly below ROM's. */
export const FwPersistentData = struct('FwPersistentData', {
  dpe: DpePersistentData,
  reserved6: bytes(10 * 1024 - DpePersistentData.size),
  ecc_rtalias_tbs: bytes(1024),
  mldsa_rtalias_tbs: bytes(4096),
  rtalias_mldsa_tbs_size: u16,
  reserved1: bytes(2),
  rt_dice_mldsa_sign: MLDSA_SIGNATURE,
  /** Reset counter of each PCR. */
  pcr_reset: array(u32, 32),
  reserved7: bytes(1024 - 32 * 4),
  auth_manifest: AuthManifestPersistentData,
  owner_auth_manifest: OwnerAuthManifestPersistentData,
  reserved11: bytes(10 * 1024 - AuthManifestPersistentData.size - OwnerAuthManifestPersistentData.size),
  fmc_alias_csr: FmcAliasCsrs,
  reserved4: bytes(9 * 1024 - FmcAliasCsrs.size),
  mcu_firmware_loaded: u32,
  ocp_lock_metadata: u32,
  version: u32,
  marker: u32,
});
