/**
 * Progress words of ROM, FMC and runtime, as they appear in CPTRA_BOOT_STATUS when debug is unlocked.
 *
 * @see caliptra-sw:common/src/boot_status.rs, fmc/src/boot_status.rs, runtime/src/lib.rs
 */
export const BOOT_STATUS = {
  IDevIdDecryptUdsComplete: 1,
  IDevIdDecryptFeComplete: 2,
  IDevIdClearDoeSecretsComplete: 3,
  IDevIdCdiDerivationComplete: 4,
  IDevIdKeyPairDerivationComplete: 5,
  IDevIdSubjIdSnGenerationComplete: 6,
  IDevIdSubjKeyIdGenerationComplete: 7,
  IDevIdMakeCsrEnvelopeComplete: 8,
  IDevIdSendCsrEnvelopeComplete: 9,
  IDevIdDerivationComplete: 10,
  IDevIdDecryptHekSeedComplete: 11,
  IDevIdStableOwnerRootKeyDerivationComplete: 12,
  LDevIdCdiDerivationComplete: 65,
  LDevIdKeyPairDerivationComplete: 66,
  LDevIdSubjIdSnGenerationComplete: 67,
  LDevIdSubjKeyIdGenerationComplete: 68,
  LDevIdCertSigGenerationComplete: 69,
  LDevIdDerivationComplete: 70,
  FwProcessorDownloadImageComplete: 129,
  FwProcessorManifestLoadComplete: 130,
  FwProcessorImageVerificationComplete: 131,
  FwProcessorPopulateDataVaultComplete: 132,
  FwProcessorExtendPcrComplete: 133,
  FwProcessorLoadImageComplete: 134,
  FwProcessorFirmwareDownloadTxComplete: 135,
  FwProcessorCalculateKeyLadderComplete: 136,
  FwProcessorComplete: 137,
  FmcAliasDeriveCdiComplete: 193,
  FmcAliasKeyPairDerivationComplete: 194,
  FmcAliasSubjIdSnGenerationComplete: 195,
  FmcAliasSubjKeyIdGenerationComplete: 196,
  FmcAliasCertSigGenerationComplete: 197,
  FmcAliasDerivationComplete: 198,
  ColdResetStarted: 257,
  ColdResetComplete: 320,
  UpdateResetStarted: 321,
  UpdateResetLoadManifestComplete: 322,
  UpdateResetImageVerificationComplete: 323,
  UpdateResetPopulateDataVaultComplete: 324,
  UpdateResetExtendKeyLadderComplete: 325,
  UpdateResetExtendPcrComplete: 326,
  UpdateResetLoadImageComplete: 327,
  UpdateResetOverwriteManifestComplete: 328,
  UpdateResetComplete: 329,
  CfiInitialized: 385,
  KatStarted: 386,
  KatComplete: 387,
  RtMeasurementComplete: 0x400,
  RtAliasDeriveCdiComplete: 0x401,
  RtAliasKeyPairDerivationComplete: 0x402,
  RtAliasSubjIdSnGenerationComplete: 0x403,
  RtAliasSubjKeyIdGenerationComplete: 0x404,
  RtAliasCertSigGenerationComplete: 0x405,
  RtAliasDerivationComplete: 0x406,
  RtReadyForCommands: 0x600,
  RtFipSelfTestStarted: 0x601,
  RtFipSelfTestComplete: 0x602,
} as const satisfies Record<string, number>;

export type BootStatusName = keyof typeof BOOT_STATUS;

const NAMES = new Map<number, BootStatusName>(
  (Object.entries(BOOT_STATUS) as [BootStatusName, number][]).map(([name, value]) => [value, name]),
);

/** Name of a boot status word, if firmware defines it. */
export function bootStatusName(status: number): BootStatusName | undefined {
  return NAMES.get(status);
}
