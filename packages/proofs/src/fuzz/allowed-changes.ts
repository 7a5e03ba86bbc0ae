import type { ErrorName } from '@rootcap/errors';
import type { CommandName } from '@rootcap/firmware';

/** What a runtime command may change although it is refused, and why. */
interface AllowedChange {
  readonly places: RegExp;
  /** Absent: any command. */
  readonly commands?: readonly CommandName[];
  /** Codes of the refusal. Absent: any. */
  readonly codes?: readonly ErrorName[];
  /** Only if attestation is disabled. */
  readonly attestationDisabled?: true;
  readonly reason: string;
  /** Where the firmware does so: repo:path (function), at e7dc50f2. */
  readonly source: string;
}

/** What a DPE command leaves when it is done. Slots that are erased again still show what their last key was for. */
const DPE_STATE_AND_KEYS = /^(DCCM\.dpe\.|KV_REG\.KEY_(ENTRY|CTRL)$)/;

/** Commands that can be refused after they derived the ML-DSA alias seed. */
const DERIVES_MLDSA_ALIAS: readonly CommandName[] = [
  'INVOKE_DPE_MLDSA87',
  'CERTIFY_KEY_EXTENDED_MLDSA87',
  'CERTIFY_KEY_CHUNKS',
  'SIGN_WITH_EXPORTED_MLDSA',
];

/** Commands that take the MEK secret of OCP LOCK. */
const USES_UP_MEK_SECRET: readonly CommandName[] = ['OCP_LOCK_LOAD_MEK', 'OCP_LOCK_DERIVE_MEK'];
const ENGINE_REFUSALS: readonly ErrorName[] = ['OCP_LOCK_ENGINE_ERR', 'OCP_LOCK_ENGINE_TIMEOUT'];
/** The encryption engine's registers, on the bus and inside, its keys, and the time that is spent waiting for it. */
const ENGINE =
  /^(SOC_IFC_REG\.INTERNAL_RV_MTIME_[LH]$|AXI\.0x71000(000|040|060|080)$|ENCRYPTION_ENGINE_SFR\.|AXI_DMA_REG\.)/;
/** Commands that open access keys or MPKs. */
const OPENS_MPK: readonly CommandName[] = [
  'OCP_LOCK_GENERATE_MPK',
  'OCP_LOCK_REWRAP_MPK',
  'OCP_LOCK_ENABLE_MPK',
  'OCP_LOCK_TEST_ACCESS_KEY',
  'OCP_LOCK_MIX_MPK',
];

const ALLOWED_CHANGES: readonly AllowedChange[] = [
  {
    places: /^SOC_IFC_REG\.(CPTRA_FW_ERROR_NON_FATAL|CPTRA_FW_EXTENDED_ERROR_INFO|CPTRA_BOOT_STATUS)$/,
    reason: 'the refusal itself: its code, what the DPE adds to it, the boot status that shows with every code',
    source: 'caliptra-sw:drivers/src/error_reporter.rs; runtime/src/invoke_dpe.rs (set_fw_extended_error)',
  },
  {
    places: /^DCCM\.cleared_non_fatal_fw_error$/,
    reason: 'where FW_INFO finds the code of the refusal before this command',
    source: 'caliptra-sw:drivers/src/error_reporter.rs (clear_fw_error_non_fatal)',
  },
  {
    places: /^SOC_IFC_REG\.(CPTRA_FLOW_STATUS|INTR_BLOCK_RF_.*|internal state)$/,
    reason: 'the mailbox: its flow bit, interrupts and their counters',
    source: 'caliptra-sw:runtime/src/lib.rs (handle_mailbox_commands)',
  },
  {
    places: /^SOC_IFC_REG\.CPTRA_WDT_TIMER\d_/,
    reason: 'the runtime starts its watchdog for every command',
    source: 'caliptra-sw:runtime/src/lib.rs (handle_mailbox_commands); common/src/wdt.rs',
  },
  {
    places: /^SOC_IFC_REG\.CPTRA_TRNG_(DATA|STATUS)$/,
    reason: 'random numbers that a driver took',
    source: 'caliptra-sw:drivers/src/trng_ext.rs',
  },
  {
    places: /^KV_REG\.KEY_ENTRY$/,
    commands: DERIVES_MLDSA_ALIAS,
    attestationDisabled: true,
    reason:
      'the ML-DSA alias seed is derived at each use with the label of FMC; DISABLE_ATTESTATION derives it with an empty one',
    source: 'caliptra-sw:runtime/src/drivers.rs (get_key_id_rt_mldsa_pub_key); disable.rs (generate_dice_key)',
  },
  {
    places: /^DCCM\.dpe\.context_(tags|has_tag)$/,
    commands: ['INVOKE_DPE_ECC384', 'INVOKE_DPE_MLDSA87'],
    reason: 'a DestroyContext that is refused still takes the tags from contexts that ended in another way',
    source: 'caliptra-sw:runtime/src/invoke_dpe.rs (execute, clear_tags_for_inactive_contexts)',
  },
  {
    places: DPE_STATE_AND_KEYS,
    commands: ['INVOKE_DPE_MLDSA87'],
    codes: ['RUNTIME_INSUFFICIENT_MEMORY'],
    reason:
      'a response that is not of whole words is rounded up, and only then compared with the room at its AXI address',
    source: 'caliptra-sw:runtime/src/invoke_dpe.rs (execute_mldsa87)',
  },
  {
    places: DPE_STATE_AND_KEYS,
    commands: ['INVOKE_DPE_MLDSA87', 'CERTIFY_KEY_EXTENDED_MLDSA87'],
    codes: ['DRIVER_DMA_TRANSACTION_ERROR'],
    reason:
      'the response is sent when the command is done. That nothing answers at its address is a refusal in the model only: the driver waits for the DMA until the watchdog ends it',
    source: 'caliptra-sw:runtime/src/invoke_dpe.rs, certify_key_extended.rs (execute_mldsa87); drivers/src/dma.rs',
  },
  {
    places: /^firmware\.runtime\.cryptographicMailbox\.keyUses$/,
    commands: ['CM_HKDF_EXPAND', 'CM_HMAC_KDF_COUNTER'],
    codes: ['RUNTIME_MAILBOX_INVALID_PARAMS'],
    reason: 'a new AES key gets its usage counter before the hash algorithm turns out to be none',
    source: 'caliptra-sw:runtime/src/cryptographic_mailbox.rs (hkdf_expand, hmac_kdf_counter)',
  },
  {
    places: /^SOC_IFC_REG\.SS_DBG_SERVICE_REG_RSP$/,
    commands: ['PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN'],
    reason:
      'tells the SoC how the debug unlock stands: whatever the refusal, it is over, and a wrong token shows as failed',
    source: 'caliptra-sw:runtime/src/debug_unlock.rs; lib.rs (finish_debug_unlock_mailbox_access)',
  },
  {
    places: /^firmware\.runtime\.debugUnlock/,
    commands: ['PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN'],
    codes: [
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE',
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_WRONG_PUBLIC_KEYS',
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_INVALID_SIGNATURE',
      'DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED',
      'DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE',
    ],
    reason: 'a challenge is taken before its answer is judged: it can be answered once, rightly or not',
    source: 'caliptra-sw:runtime/src/debug_unlock.rs (handle_token)',
  },
  {
    places: /^SHA512_ACC_CSR\./,
    commands: ['CM_AES_GCM_DECRYPT_DMA'],
    codes: ['RUNTIME_CMB_DMA_SHA384_MISMATCH'],
    reason: 'the accelerator still has the digest of the memory that was to be decrypted',
    source: 'caliptra-sw:runtime/src/cryptographic_mailbox.rs (aes_256_gcm_decrypt_dma)',
  },
  {
    places: /^SHA512_ACC_CSR\./,
    commands: ['AUTHORIZE_AND_STASH'],
    codes: [
      'RUNTIME_PL0_USED_DPE_CONTEXT_THRESHOLD_REACHED',
      'RUNTIME_PL0_USED_DPE_CONTEXT_THRESHOLD_EXCEEDED',
      'RUNTIME_AUTH_AND_STASH_MEASUREMENT_DPE_ERROR',
    ],
    reason: 'an image is hashed and authorized before the DPE has no context for it',
    source: 'caliptra-sw:runtime/src/authorize_and_stash.rs (authorize_and_stash)',
  },
  {
    places: /^DCCM\.(auth_manifest|dpe\.(soc_manifest_svn|state))$|^PV_REG\./,
    commands: ['SET_AUTH_MANIFEST'],
    codes: ['RUNTIME_DPE_CONTEXT_NOT_FOUND'],
    reason:
      'a verified manifest is kept, then measured for its vendor, then for its owner; a client may have destroyed the context for either',
    source:
      'caliptra-sw:runtime/src/set_auth_manifest.rs (set_auth_manifest); drivers.rs (update_caliptra_managed_measurement)',
  },
  {
    places: /^(SOC_IFC_REG\.SS_GENERIC_FW_EXEC_CTRL|AXI\..*|DCCM\.mcu_firmware_loaded|SHA512_ACC_CSR\..*)$/,
    commands: ['ACTIVATE_FIRMWARE'],
    codes: ['IMAGE_VERIFIER_ACTIVATION_FAILED'],
    reason:
      'the MCU gets its reset reason, all images of the request are stopped, the new one is copied and hashed; after a failure nothing of that is taken back',
    source: 'caliptra-sw:runtime/src/activate_firmware.rs (activate_fw)',
  },
  {
    places: /^(KV_REG\.KEY_(ENTRY|CTRL)|firmware\.runtime\.ocpLock\.mekSecret)$/,
    commands: USES_UP_MEK_SECRET,
    codes: ['RUNTIME_DRIVER_AES_INVALID_TAG', 'RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL', ...ENGINE_REFUSALS],
    reason: 'the MEK secret is taken before the key, its checksum or the engine turns out to be wrong',
    source: 'caliptra-sw:runtime/src/ocp_lock/mod.rs (load_mek_into_key_vault, derive_mek)',
  },
  {
    places: ENGINE,
    commands: [...USES_UP_MEK_SECRET, 'OCP_LOCK_UNLOAD_MEK', 'OCP_LOCK_CLEAR_KEY_CACHE'],
    reason:
      'the engine is told where a key belongs before anything else is looked at, and may finish after the timeout',
    source: 'caliptra-sw:runtime/src/ocp_lock/{load_mek,derive_mek,unload_mek,clear_key_cache}.rs',
  },
  {
    places: /^(KV_REG\.KEY_(ENTRY|CTRL)|DCCM\.ocp_lock_metadata)$/,
    commands: ['OCP_LOCK_ENABLE_MPK'],
    codes: ['RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID'],
    reason: 'the VEK is made before the locked MPK is opened',
    source: 'caliptra-sw:runtime/src/ocp_lock/mod.rs (enable_mpk)',
  },
  {
    places: /^KV_REG\.KEY_CTRL$/,
    commands: OPENS_MPK,
    reason: 'slots that are erased again still show what their last key was for',
    source: 'caliptra-sw:runtime/src/ocp_lock/mod.rs (Epk, preconditioned AES)',
  },
  {
    places: /^firmware\.runtime\.cryptographicMailbox\.shake256/,
    commands: OPENS_MPK,
    reason: 'HPKE needs the SHA-3 engine before it knows whether an access key opens',
    source: 'caliptra-sw:drivers/src/hpke/kem/mlkem.rs, sha3.rs (shake256_digest_init)',
  },
];

/** Whether a place may change in a command that is refused with a code. */
export function mayChange(place: string, command: string, code: string, attestationDisabled: boolean): boolean {
  return ALLOWED_CHANGES.some(
    (change) =>
      change.places.test(place) &&
      isOneOf(command, change.commands) &&
      isOneOf(code, change.codes) &&
      (change.attestationDisabled === undefined || attestationDisabled),
  );
}

function isOneOf(name: string, names: readonly string[] | undefined): boolean {
  return names === undefined || names.includes(name);
}
