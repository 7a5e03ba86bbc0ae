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
