import { MAX_FIRMWARE_SVN } from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';
import { KEY_ID } from '../key-ids.ts';
import { ROM_PERSISTENT_DATA_ORG } from '../memory/persistent-data.ts';
import { RomPersistentData } from '../memory/tables.ts';

/** ASCII of "CFHT", read as a little-endian word. */
export const FHT_MARKER = 0x5448_4643;
export const FHT_INVALID_HANDLE = 0xffff_ffff;

const VAULT_KEY = 1;

/** Handle of a key-vault slot. */
export function keyHandle(slot: number): number {
  return (VAULT_KEY << 12) | slot;
}

/** Slot that a handle names, if it names a key-vault slot. */
export function slotOfHandle(handle: number): number | undefined {
  return handle >>> 12 === VAULT_KEY ? handle & 0xfff : undefined;
}

/** Starts the handoff table afresh. @see caliptra-sw:rom/dev/src/fht.rs */
export function initializeFht({ persistent, options }: FirmwareContext): void {
  const { fht } = persistent;
  const addressOf = (field: (typeof RomPersistentData.fieldNames)[number]): number =>
    ROM_PERSISTENT_DATA_ORG + RomPersistentData.offsetOf(field);
  fht.bytes.fill(0);
  fht.set('fht_marker', FHT_MARKER);
  fht.set('fht_major_ver', 1);
  fht.set('manifest_load_addr', addressOf('manifest1'));
  fht.set('fips_fw_load_addr_hdl', FHT_INVALID_HANDLE);
  fht.set('fmc_cdi_kv_hdl', keyHandle(KEY_ID.ROM_FMC_CDI));
  fht.set('fmc_ecc_priv_key_kv_hdl', keyHandle(KEY_ID.FMC_ECDSA_PRIV_KEY));
  fht.set('fmc_mldsa_keypair_seed_kv_hdl', keyHandle(KEY_ID.FMC_MLDSA_KEYPAIR_SEED));
  fht.set('rt_cdi_kv_hdl', FHT_INVALID_HANDLE);
  fht.set('rt_ecc_priv_key_kv_hdl', FHT_INVALID_HANDLE);
  fht.set('rt_mldsa_keypair_seed_kv_hdl', FHT_INVALID_HANDLE);
  fht.set('ecc_ldevid_tbs_addr', addressOf('ecc_ldevid_tbs'));
  fht.set('ecc_fmcalias_tbs_addr', addressOf('ecc_fmcalias_tbs'));
  fht.set('mldsa_ldevid_tbs_addr', addressOf('mldsa_ldevid_tbs'));
  fht.set('mldsa_fmcalias_tbs_addr', addressOf('mldsa_fmcalias_tbs'));
  fht.set('pcr_log_addr', addressOf('pcr_log'));
  fht.set('meas_log_addr', addressOf('measurement_log'));
  fht.set('fuse_log_addr', addressOf('fuse_log'));
  fht.set('rom_info_addr', options.rom.address);
  fht.set('fw_key_ladder_max_svn', MAX_FIRMWARE_SVN);
  fht.set('fw_key_ladder_kv_hdl', keyHandle(KEY_ID.FW_KEY_LADDER));
}
