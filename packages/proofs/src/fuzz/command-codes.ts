/** Codes, the commands of a runtime that may be refused with them, and the files that say so, in caliptra-sw at e7dc50f2. */
interface CodesOfCommands {
  readonly codes: RegExp;
  /** Absent: any. */
  readonly commands?: RegExp;
  readonly source: string;
}

/** A firmware update also shows the codes of ROM, and of the runtime that starts after it. */
const UPDATE_CODES = /^(SS_DBG_UNLOCK|ROM|FMC|FW_PROC|RUNTIME|DRIVER|IMAGE_VERIFIER|UPDATE_RESET)_/;

const VERIFIES_ECC = /^(ECDSA384_SIGNATURE_VERIFY|CM_ECD(SA_VERIFY|H_FINISH)|PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN)$/;
const VERIFIES_MLDSA =
  /^(MLDSA87_SIGNATURE_VERIFY|CM_MLDSA_VERIFY|PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN|.*_AUTH_MANIFEST)$/;

const RUNTIME_CODES: readonly CodesOfCommands[] = [
  {
    codes:
      /^RUNTIME_(INVALID_CHECKSUM|MAILBOX_INVALID_PARAMS|INSUFFICIENT_MEMORY|INCORRECT_PAUSER_PRIVILEGE_LEVEL|UNIMPLEMENTED_COMMAND|CMD_RESERVED_PAUSER)$/,
    source: 'runtime/src/lib.rs, packet.rs: for all commands, inside EXTERNAL_MAILBOX_CMD too',
  },
  { codes: /^DRIVER_DMA_TRANSACTION_ERROR$/, source: 'the model: drivers/src/dma.rs waits until the watchdog ends it' },
  {
    codes: /^RUNTIME_INTERNAL$/,
    commands: /^(AUTHORIZE_AND_STASH|CERTIFY_KEY_EXTENDED_MLDSA87)$/,
    source: 'runtime/src/authorize_and_stash.rs, certify_key_extended.rs',
  },
  {
    codes: /^DRIVER_ECC384_(HW_ERROR|SCALAR_RANGE_CHECK_FAILED)$/,
    commands: VERIFIES_ECC,
    source: 'drivers/src/ecc384.rs',
  },
  { codes: /^DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE$/, commands: VERIFIES_MLDSA, source: 'drivers/src/mldsa87.rs' },
  { codes: /^DRIVER_MLKEM_HW_ERROR$/, commands: /^CM_MLKEM_(EN|DE)CAPSULATE$/, source: 'drivers/src/ml_kem.rs' },
  { codes: /^DRIVER_TRNG_UPDATE_NOT_SUPPORTED$/, commands: /^CM_RANDOM_STIR$/, source: 'drivers/src/trng.rs' },
  {
    codes: /^(DRIVER_LMS|RUNTIME_LMS_VERIFY)_/,
    commands: /^LMS_SIGNATURE_VERIFY$/,
    source: 'runtime/src/verify.rs, drivers/src/lms.rs',
  },
  { codes: /^RUNTIME_ECDSA_VERIFY_FAILED$/, commands: /^ECDSA384_SIGNATURE_VERIFY$/, source: 'common/src/verify.rs' },
  { codes: /^RUNTIME_MLDSA_VERIFY_FAILED$/, commands: /^MLDSA87_SIGNATURE_VERIFY$/, source: 'common/src/verify.rs' },
  {
    codes: /^RUNTIME_MAILBOX_SIGNATURE_MISMATCH$/,
    commands: /^CM_(ECDSA|MLDSA)_VERIFY$/,
    source: 'runtime/src/cryptographic_mailbox.rs',
  },
  { codes: /^CMB_HMAC_/, commands: /^CM_HMAC$/, source: 'common/src/hmac_cm.rs' },
  {
    codes: /^(CMB_STABLE_OWNER_KEY_NOT_AVAILABLE|DOT_INVALID_KEY_TYPE)$/,
    commands: /^CM_DERIVE_STABLE_KEY$/,
    source: 'runtime/src/cryptographic_mailbox.rs (derive_stable_key)',
  },
  { codes: /^RUNTIME_DRIVER_AES_INVALID_TAG$/, commands: /^CM_/, source: 'drivers/src/aes.rs' },
  {
    codes: /^RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE$/,
    commands: /^CM_(IMPORT|AES_GCM_(SPDM_)?(EN|DE)CRYPT_(INIT|DMA))$/,
    source: 'runtime/src/cryptographic_mailbox.rs',
  },
  {
    codes: /^(RUNTIME_CMB_DMA_(NOT_SUBSYSTEM_MODE|SHA384_MISMATCH)|DRIVER_DMA_SHA_ACCELERATOR_NOT_LOCKED)$/,
    commands: /^CM_AES_GCM_DECRYPT_DMA$/,
    source: 'runtime/src/cryptographic_mailbox.rs (aes_256_gcm_decrypt_dma)',
  },
  {
    codes: /^RUNTIME_CMB_KEY_USAGE_STORAGE_FULL$/,
    commands: /^CM_(IMPORT|ECDH_FINISH|HMAC_KDF_COUNTER|HKDF_EXPAND|MLKEM_(EN|DE)CAPSULATE)$/,
    source: 'runtime/src/cryptographic_mailbox.rs (add_counter)',
  },
  {
    codes: /^RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH$/,
    commands: /^CM_SHAKE256_(UPDATE|FINAL)$/,
    source: 'runtime/src/cryptographic_mailbox.rs',
  },
  {
    codes: /^RUNTIME_PL[01]_USED_DPE_CONTEXT_THRESHOLD_(REACHED|EXCEEDED)$/,
    commands: /^(INVOKE_DPE_|STASH_MEASUREMENT$|AUTHORIZE_AND_STASH$)/,
    source: 'runtime/src/drivers.rs (is_dpe_context_threshold_exceeded)',
  },
  {
    codes: /^RUNTIME_DPE_COMMAND_DESERIALIZATION_FAILED$/,
    commands: /^INVOKE_DPE_/,
    source: 'runtime/src/invoke_dpe.rs',
  },
  {
    codes: /^RUNTIME_CERTIFY_KEY_EXTENDED_FAILED$/,
    commands: /^CERTIFY_KEY_(EXTENDED_|CHUNKS$)/,
    source: 'runtime/src/certify_key_extended.rs, certify_key_chunks.rs',
  },
  {
    codes: /^RUNTIME_SIGN_WITH_EXPORTED_ECDSA_/,
    commands: /^SIGN_WITH_EXPORTED_ECDSA$/,
    source: 'runtime/src/sign_with_exported_ecdsa.rs',
  },
  {
    codes: /^RUNTIME_SIGN_WITH_EXPORTED_MLDSA_/,
    commands: /^SIGN_WITH_EXPORTED_MLDSA$/,
    source: 'runtime/src/sign_with_exported_mldsa.rs',
  },
  {
    codes: /^RUNTIME_REVOKE_EXPORTED_CDI_HANDLE_NOT_FOUND$/,
    commands: /^REVOKE_EXPORTED_CDI_HANDLE$/,
    source: 'runtime/src/revoke_exported_cdi_handle.rs',
  },
  {
    codes: /^RUNTIME_(CONTEXT_ALREADY_TAGGED|DUPLICATE_TAG)$/,
    commands: /^DPE_TAG_TCI$/,
    source: 'runtime/src/tagging.rs',
  },
  { codes: /^RUNTIME_TAGGING_FAILURE$/, commands: /^DPE_(TAG|GET_TAGGED)_TCI$/, source: 'runtime/src/tagging.rs' },
  {
    codes: /^RUNTIME_DMTF_DEVICE_INFO_VALIDATION_FAILED$/,
    commands: /^ADD_SUBJECT_ALT_NAME$/,
    source: 'runtime/src/subject_alt_name.rs',
  },
  {
    codes: /^RUNTIME_REALLOCATE_DPE_CONTEXTS_/,
    commands: /^REALLOCATE_DPE_CONTEXT_LIMITS$/,
    source: 'runtime/src/reallocate_dpe_context_limits.rs',
  },
  {
    codes: /^RUNTIME_STASH_MEASUREMENT_RESERVED_FW_ID$/,
    commands: /^STASH_MEASUREMENT$/,
    source: 'runtime/src/stash_measurement.rs',
  },
  {
    codes: /^RUNTIME_AUTH_AND_STASH_/,
    commands: /^AUTHORIZE_AND_STASH$/,
    source: 'runtime/src/authorize_and_stash.rs',
  },
  {
    codes: /^(RUNTIME_(INVALID_)?AUTH_MANIFEST_|IMAGE_VERIFIER_ERR_FIRMWARE_SVN_)/,
    commands: /^(SET|VERIFY)_AUTH_MANIFEST$/,
    source: 'runtime/src/set_auth_manifest.rs',
  },
  {
    codes: /^RUNTIME_(OWNER_AUTH_MANIFEST_|AUTH_MANIFEST_(INVALID_PQC_KEY_TYPE|PQC_KEY_TYPE_MISMATCH))/,
    commands: /^SET_OWNER_AUTH_MANIFEST$/,
    source: 'runtime/src/set_owner_auth_manifest.rs',
  },
  {
    codes: /^RUNTIME_DPE_CONTEXT_NOT_FOUND$/,
    commands: /^SET_AUTH_MANIFEST$/,
    source: 'runtime/src/drivers.rs (update_caliptra_managed_measurement)',
  },
  {
    codes: /^RUNTIME_IMAGE_METADATA_NOT_FOUND$/,
    commands: /^GET_IMAGE_INFO$/,
    source: 'runtime/src/get_image_info.rs',
  },
  {
    codes: /^IMAGE_VERIFIER_ACTIVATION_FAILED$/,
    commands: /^ACTIVATE_FIRMWARE$/,
    source: 'runtime/src/activate_firmware.rs',
  },
  {
    codes: /^IMAGE_VERIFIER_ERR_/,
    commands: /^FIRMWARE_VERIFY$/,
    source: 'runtime/src/firmware_verify.rs, image/verify/src/verifier.rs',
  },
  { codes: /^RUNTIME_PCR_(INVALID_INDEX|RESERVED)$/, commands: /^EXTEND_PCR$/, source: 'runtime/src/pcr.rs' },
  {
    codes: /^RUNTIME_INCREMENT_PCR_RESET_MAX_REACHED$/,
    commands: /^INCREMENT_PCR_RESET_COUNTER$/,
    source: 'runtime/src/pcr.rs',
  },
  {
    codes: /^RUNTIME_GET_IDEV_ID_UN/,
    commands: /^GET_IDEV_(ECC384|MLDSA87)_CSR$/,
    source: 'runtime/src/get_idev_csr.rs',
  },
  {
    codes: /^RUNTIME_SELF_TEST_IN_PROGRESS$/,
    commands: /^SELF_TEST_START$/,
    source: 'runtime/src/lib.rs',
  },
  { codes: /^RUNTIME_SELF_TEST_NOT_STARTED$/, commands: /^SELF_TEST_GET_RESULTS$/, source: 'runtime/src/lib.rs' },
  {
    codes: /^RUNTIME_FE_PROG_/,
    commands: /^FE_PROG$/,
    source: 'runtime/src/fe_programming.rs, common/src/uds_fe_programming.rs',
  },
  {
    codes:
      /^(RUNTIME_(DEBUG_UNLOCK_INVALID_LIFECYCLE|MAILBOX_API_REQUEST_DATA_LEN_TOO_LARGE)|SS_DBG_UNLOCK_(REQ_BIT_NOT_SET|INVALID_REQ_REG_VALUE|PROD_(INVALID_REQ|DISABLED)))$/,
    commands: /^PRODUCTION_AUTH_DEBUG_UNLOCK_REQ$/,
    source: 'runtime/src/debug_unlock.rs, common/src/debug_unlock.rs (create_debug_unlock_challenge)',
  },
  {
    codes:
      /^(RUNTIME_(DEBUG_UNLOCK_(INVALID_LIFECYCLE|NO_CHALLENGE)|MAILBOX_API_REQUEST_DATA_LEN_TOO_LARGE)|SS_DBG_UNLOCK_PROD_INVALID_TOKEN_(CHALLENGE|WRONG_PUBLIC_KEYS|INVALID_SIGNATURE))$/,
    commands: /^PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN$/,
    source: 'runtime/src/debug_unlock.rs, common/src/debug_unlock.rs (validate_debug_unlock_token)',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND$/,
    commands: /^OCP_LOCK_/,
    source: 'runtime/src/ocp_lock/mod.rs (command_handler)',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_(HEK_UNAVAILABLE|SEK_INVALID)$/,
    commands: /^OCP_LOCK_(GENERATE_MPK|REWRAP_MPK|ENABLE_MPK|TEST_ACCESS_KEY|INITIALIZE_MEK_SECRET)$/,
    source: 'runtime/src/ocp_lock/mod.rs',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_DPK_INVALID$/,
    commands: /^OCP_LOCK_INITIALIZE_MEK_SECRET$/,
    source: 'runtime/src/ocp_lock/mod.rs (Dpk::new)',
  },
  {
    codes: /^(RUNTIME_OCP_LOCK_UNKNOWN_HPKE_HANDLE|RUNTIME_DRIVER_HPKE_OPEN_FAILED|DRIVER_ECC384_HW_ERROR)$/,
    commands: /^OCP_LOCK_(GENERATE_MPK|REWRAP_MPK|ENABLE_MPK|TEST_ACCESS_KEY)$/,
    source: 'drivers/src/hpke/mod.rs (decap), encryption_context.rs (open), ecc384.rs',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_UNKNOWN_HPKE_HANDLE$/,
    commands: /^OCP_LOCK_(GET_HPKE_PUB_KEY|ROTATE_HPKE_KEY)$/,
    source: 'drivers/src/hpke/mod.rs',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID$/,
    commands: /^OCP_LOCK_(REWRAP_MPK|ENABLE_MPK|TEST_ACCESS_KEY)$/,
    source: 'runtime/src/ocp_lock/mod.rs (decrypt_mpk)',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_INVALID_WRAPPED_KEY_TYPE$/,
    commands: /^OCP_LOCK_(REWRAP_MPK|ENABLE_MPK|TEST_ACCESS_KEY|MIX_MPK|LOAD_MEK)$/,
    source: 'runtime/src/ocp_lock/mod.rs (TryFrom<&WrappedKey>)',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_(VEK_UNAVAILABLE|DESERIALIZE_METADATA_FAILURE)$/,
    commands: /^OCP_LOCK_MIX_MPK$/,
    source: 'runtime/src/ocp_lock/mod.rs (mix_mpk)',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED$/,
    commands: /^OCP_LOCK_(MIX_MPK|(GENERATE|LOAD|DERIVE)_MEK)$/,
    source: 'runtime/src/ocp_lock/mod.rs',
  },
  {
    codes: /^RUNTIME_DRIVER_AES_INVALID_TAG$/,
    commands: /^OCP_LOCK_(MIX_MPK|LOAD_MEK)$/,
    source: 'drivers/src/preconditioned_aes.rs, aes.rs',
  },
  {
    codes: /^RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL$/,
    commands: /^OCP_LOCK_DERIVE_MEK$/,
    source: 'runtime/src/ocp_lock/mod.rs (derive_mek)',
  },
  {
    codes: /^OCP_LOCK_ENGINE_(TIMEOUT|ERR)$/,
    commands: /^OCP_LOCK_((LOAD|DERIVE|UNLOAD)_MEK|CLEAR_KEY_CACHE)$/,
    source: 'drivers/src/dma.rs (DmaEncryptionEngine)',
  },
  {
    codes: /^RUNTIME_IDEV_CERT_POPULATION_FAILED$/,
    commands: /^POPULATE_IDEV_/,
    source: 'runtime/src/populate_idev.rs',
  },
];

/** Whether the firmware refuses a command with a code. */
export function mayRefuse(command: string, code: string): boolean {
  if (command === 'FIRMWARE_LOAD') return UPDATE_CODES.test(code);
  return RUNTIME_CODES.some(({ codes, commands }) => codes.test(code) && (commands?.test(command) ?? true));
}
