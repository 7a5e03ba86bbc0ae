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
}

const USES_DPE: readonly CommandName[] = [
  'INVOKE_DPE_ECC384',
  'INVOKE_DPE_MLDSA87',
  'CERTIFY_KEY_EXTENDED_ECC384',
  'CERTIFY_KEY_EXTENDED_MLDSA87',
  'CERTIFY_KEY_CHUNKS',
  'STASH_MEASUREMENT',
  'AUTHORIZE_AND_STASH',
  'SIGN_WITH_EXPORTED_ECDSA',
  'SIGN_WITH_EXPORTED_MLDSA',
];

const ALLOWED_CHANGES: readonly AllowedChange[] = [
  {
    places: /^SOC_IFC_REG\.(CPTRA_FW_ERROR_NON_FATAL|CPTRA_FW_EXTENDED_ERROR_INFO|CPTRA_BOOT_STATUS)$/,
    reason: 'the refusal itself: its code, what the DPE adds to it, the boot status that shows with every code',
  },
  {
    places: /^DCCM\.cleared_non_fatal_fw_error$/,
    reason: 'where FW_INFO finds the code of the refusal before this command',
  },
  {
    places: /^SOC_IFC_REG\.(CPTRA_FLOW_STATUS|INTR_BLOCK_RF_.*|internal state)$/,
    reason: 'the mailbox: its flow bit, interrupts and their counters',
  },
  { places: /^SOC_IFC_REG\.CPTRA_WDT_TIMER\d_/, reason: 'the runtime starts its watchdog for every command' },
  { places: /^SOC_IFC_REG\.CPTRA_TRNG_(DATA|STATUS)$/, reason: 'random numbers that a driver took' },
  {
    places: /^KV_REG\.KEY_CTRL$/,
    commands: USES_DPE,
    reason: 'slots 3, 10 and 11 hold what the DPE derives for one command and are erased behind it',
  },
  {
    places: /^KV_REG\.KEY_ENTRY$/,
    attestationDisabled: true,
    reason:
      'the firmware derives the ML-DSA alias seed at each use, after DISABLE_ATTESTATION with another label than that',
  },
  {
    places: /^DCCM\.dpe\.exported_cdi$/,
    commands: ['INVOKE_DPE_ECC384', 'INVOKE_DPE_MLDSA87'],
    reason: 'an exported CDI is made before its certificate, whose refusal does not take it back',
  },
  {
    places: /^DCCM\.dpe\.context_(tags|has_tag)$/,
    commands: ['INVOKE_DPE_ECC384', 'INVOKE_DPE_MLDSA87'],
    reason: 'a DestroyContext that is refused still takes the tags from contexts that ended in another way',
  },
  {
    places: /^(DCCM\.dpe\.|KV_REG\.KEY_ENTRY$)/,
    commands: ['INVOKE_DPE_MLDSA87', 'CERTIFY_KEY_EXTENDED_MLDSA87'],
    codes: ['DRIVER_DMA_TRANSACTION_ERROR', 'RUNTIME_INSUFFICIENT_MEMORY'],
    reason: 'the command is done when its response turns out to have no place at the AXI address of the request',
  },
  {
    places: /^firmware\.runtime\.cryptographicMailbox\.keyUses$/,
    commands: ['CM_HKDF_EXPAND', 'CM_HMAC_KDF_COUNTER'],
    codes: ['RUNTIME_MAILBOX_INVALID_PARAMS'],
    reason: 'the firmware takes the usage counter of the new key before it looks at the hash algorithm',
  },
  {
    places: /^SOC_IFC_REG\.SS_DBG_SERVICE_REG_RSP$/,
    commands: ['PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN'],
    reason: 'tells the SoC how the debug unlock stands, also that it failed',
  },
  {
    places: /^firmware\.runtime\.debugUnlock/,
    commands: ['PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN'],
    reason: 'a challenge can be answered once, rightly or not',
  },
  {
    places: /^SHA512_ACC_CSR\./,
    commands: ['CM_AES_GCM_DECRYPT_DMA', 'AUTHORIZE_AND_STASH'],
    reason: 'the accelerator that hashed memory of the SoC; anybody who has its lock may use it',
  },
  {
    places: /^DCCM\.(auth_manifest|dpe\.(soc_manifest_svn|state|caliptra_managed_dpe_context_indices))$|^PV_REG\./,
    commands: ['SET_AUTH_MANIFEST'],
    codes: ['RUNTIME_DPE_CONTEXT_NOT_FOUND', 'RUNTIME_AUTH_AND_STASH_MEASUREMENT_DPE_ERROR'],
    reason:
      'the firmware keeps a verified manifest, then measures it; a client may have destroyed the context for that',
  },
  {
    places: /^(SOC_IFC_REG\.SS_GENERIC_FW_EXEC_CTRL|AXI\..*|DCCM\.mcu_firmware_loaded|SHA512_ACC_CSR\..*)$/,
    commands: ['ACTIVATE_FIRMWARE'],
    codes: ['IMAGE_VERIFIER_ACTIVATION_FAILED'],
    reason: 'the firmware stops images before it replaces them, and does not start again what it could not replace',
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
