import { type CommandEntry, type CommandName, commandCatalogue } from '@rootcap/firmware';

/**
 * Commands whose answers of success are compared with recorded ones byte for byte, in one session at least. Declared here; the
 * tests of the recordings fail if a session shows another command, or if no recording has a success of one of these.
 */
export const COMPARED_COMMANDS: readonly CommandName[] = [
  'FIRMWARE_LOAD',
  'RI_DOWNLOAD_FIRMWARE',
  'VERSION',
  'CAPABILITIES',
  'SELF_TEST_START',
  'SELF_TEST_GET_RESULTS',
  'SHUTDOWN',
  'STASH_MEASUREMENT',
  'GET_IDEV_ECC384_CSR',
  'GET_IDEV_MLDSA87_CSR',
  'GET_LDEV_ECC384_CERT',
  'GET_LDEV_MLDSA87_CERT',
  'ECDSA384_SIGNATURE_VERIFY',
  'MLDSA87_SIGNATURE_VERIFY',
  'CM_DERIVE_STABLE_KEY',
  'CM_HMAC',
  'CM_RANDOM_GENERATE',
  'CM_SHA',
  'INSTALL_OWNER_PK_HASH',
  'OCP_LOCK_REPORT_HEK_METADATA',
  'ZEROIZE_UDS_FE',
  'FW_INFO',
  'GET_IDEV_ECC384_CERT',
  'GET_IDEV_ECC384_INFO',
  'POPULATE_IDEV_ECC384_CERT',
  'GET_IDEV_MLDSA87_CERT',
  'GET_IDEV_MLDSA87_INFO',
  'POPULATE_IDEV_MLDSA87_CERT',
  'GET_FMC_ALIAS_ECC384_CERT',
  'GET_FMC_ALIAS_MLDSA87_CERT',
  'GET_RT_ALIAS_ECC384_CERT',
  'GET_RT_ALIAS_MLDSA87_CERT',
  'GET_FMC_ALIAS_ECC384_CSR',
  'GET_FMC_ALIAS_MLDSA87_CSR',
  'QUOTE_PCRS_ECC384',
  'QUOTE_PCRS_MLDSA87',
  'EXTEND_PCR',
  'INCREMENT_PCR_RESET_COUNTER',
  'GET_PCR_LOG',
  'LMS_SIGNATURE_VERIFY',
  'INVOKE_DPE_ECC384',
  'INVOKE_DPE_MLDSA87',
  'DISABLE_ATTESTATION',
  'DPE_TAG_TCI',
  'DPE_GET_TAGGED_TCI',
  'ADD_SUBJECT_ALT_NAME',
  'CERTIFY_KEY_EXTENDED_ECC384',
  'CERTIFY_KEY_EXTENDED_MLDSA87',
  'SET_AUTH_MANIFEST',
  'VERIFY_AUTH_MANIFEST',
  'AUTHORIZE_AND_STASH',
  'GET_ATTESTED_ECC384_CSR',
  'GET_ATTESTED_MLDSA87_CSR',
  'SIGN_WITH_EXPORTED_ECDSA',
  'REVOKE_EXPORTED_CDI_HANDLE',
  'SIGN_WITH_EXPORTED_MLDSA',
  'FE_PROG',
  'GET_IMAGE_INFO',
  'CM_IMPORT',
  'CM_DELETE',
  'CM_CLEAR',
  'CM_STATUS',
  'CM_SHA_INIT',
  'CM_SHA_UPDATE',
  'CM_SHA_FINAL',
  'CM_RANDOM_STIR',
  'CM_AES_ENCRYPT_INIT',
  'CM_AES_ENCRYPT_UPDATE',
  'CM_AES_DECRYPT_INIT',
  'CM_AES_DECRYPT_UPDATE',
  'CM_AES_GCM_ENCRYPT_INIT',
  'CM_AES_GCM_SPDM_ENCRYPT_INIT',
  'CM_AES_GCM_ENCRYPT_UPDATE',
  'CM_AES_GCM_ENCRYPT_FINAL',
  'CM_AES_GCM_DECRYPT_INIT',
  'CM_AES_GCM_SPDM_DECRYPT_INIT',
  'CM_AES_GCM_DECRYPT_UPDATE',
  'CM_AES_GCM_DECRYPT_FINAL',
  'CM_ECDH_GENERATE',
  'CM_ECDH_FINISH',
  'CM_HMAC_KDF_COUNTER',
  'CM_HKDF_EXTRACT',
  'CM_HKDF_EXPAND',
  'CM_MLDSA_PUBLIC_KEY',
  'CM_MLDSA_SIGN',
  'CM_MLDSA_VERIFY',
  'CM_ECDSA_PUBLIC_KEY',
  'CM_ECDSA_SIGN',
  'CM_ECDSA_VERIFY',
  'CM_SHAKE256_INIT',
  'CM_SHAKE256_UPDATE',
  'CM_SHAKE256_FINAL',
  'CM_MLKEM_KEY_GEN',
  'CM_MLKEM_ENCAPSULATE',
  'CM_MLKEM_DECAPSULATE',
  'GET_MCU_FW_SIZE',
  'OCP_LOCK_GET_ALGORITHMS',
  'OCP_LOCK_INITIALIZE_MEK_SECRET',
  'OCP_LOCK_MIX_MPK',
  'OCP_LOCK_DERIVE_MEK',
  'OCP_LOCK_ENUMERATE_HPKE_HANDLES',
  'OCP_LOCK_ROTATE_HPKE_KEY',
  'OCP_LOCK_GENERATE_MEK',
  'OCP_LOCK_GET_HPKE_PUB_KEY',
  'OCP_LOCK_GENERATE_MPK',
  'OCP_LOCK_REWRAP_MPK',
  'OCP_LOCK_ENABLE_MPK',
  'OCP_LOCK_TEST_ACCESS_KEY',
  'OCP_LOCK_CLEAR_KEY_CACHE',
  'OCP_LOCK_GET_STATUS',
  'OCP_LOCK_UNLOAD_MEK',
  'OCP_LOCK_LOAD_MEK',
  'REALLOCATE_DPE_CONTEXT_LIMITS',
  'CERTIFY_KEY_CHUNKS',
];

/**
 * What stands behind a command: `exact`, its answers are compared with those of the real firmware byte for byte; `modelled`, the
 * firmware of the model has it, but no recorded success is compared; `absent`, it is refused as a command that does not exist.
 */
export type CommandStatus = 'exact' | 'modelled' | 'absent';

export interface CommandOverview extends CommandEntry {
  readonly status: CommandStatus;
}

function statusOf({ name, rom, runtime }: CommandEntry): CommandStatus {
  if (COMPARED_COMMANDS.includes(name)) return 'exact';
  return rom === undefined && runtime === undefined ? 'absent' : 'modelled';
}

/** Every command of the interface, in its order, with what stands behind it. */
export function commandOverview(): readonly CommandOverview[] {
  return commandCatalogue().map((entry) => ({ ...entry, status: statusOf(entry) }));
}
