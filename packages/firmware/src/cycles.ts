import type { BootStatusName } from './boot-status.ts';

/**
 * Cycles from a boot status to what comes after it, as a boot of the Caliptra 2.1.3 firmware on its emulator was
 * recorded (passive mode, ML-DSA, no TRNG delays). The model computes in no time and then lets as much time pass, so
 * that timers run as they do there. A status that is not listed, and every other wait, takes one cycle.
 */
export const CYCLES_AFTER: Readonly<Partial<Record<BootStatusName, number>>> = {
  CfiInitialized: 18_226,
  KatStarted: 2_151_572,
  KatComplete: 1_087,
  ColdResetStarted: 4_993,
  IDevIdDecryptUdsComplete: 1_392,
  IDevIdDecryptFeComplete: 2_033,
  IDevIdClearDoeSecretsComplete: 4_535,
  IDevIdCdiDerivationComplete: 80_757,
  IDevIdKeyPairDerivationComplete: 78_765,
  IDevIdSubjIdSnGenerationComplete: 143_599,
  IDevIdSubjKeyIdGenerationComplete: 251_634,
  IDevIdSendCsrEnvelopeComplete: 8,
  IDevIdMakeCsrEnvelopeComplete: 3_604,
  IDevIdDerivationComplete: 20_168,
  LDevIdCdiDerivationComplete: 85_028,
  LDevIdKeyPairDerivationComplete: 78_580,
  LDevIdSubjIdSnGenerationComplete: 58_511,
  LDevIdSubjKeyIdGenerationComplete: 136_521,
  LDevIdCertSigGenerationComplete: 179,
  FwProcessorDownloadImageComplete: 21_757,
  FwProcessorManifestLoadComplete: 102_526,
  FwProcessorImageVerificationComplete: 4_482,
  FwProcessorPopulateDataVaultComplete: 22_940,
  FwProcessorExtendPcrComplete: 275_032,
  FwProcessorLoadImageComplete: 2_463_295,
  FwProcessorFirmwareDownloadTxComplete: 416_178,
  FwProcessorCalculateKeyLadderComplete: 237,
  FwProcessorComplete: 5_512,
  FmcAliasDeriveCdiComplete: 80_377,
  FmcAliasKeyPairDerivationComplete: 78_681,
  FmcAliasSubjIdSnGenerationComplete: 58_519,
  FmcAliasSubjKeyIdGenerationComplete: 183_572,
  FmcAliasCertSigGenerationComplete: 2_564,
  FmcAliasDerivationComplete: 2_920,
  ColdResetComplete: 1_000,
  RtMeasurementComplete: 135_688,
  RtAliasDeriveCdiComplete: 86_075,
  RtAliasKeyPairDerivationComplete: 60_042,
  RtAliasSubjIdSnGenerationComplete: 58_446,
  RtAliasSubjKeyIdGenerationComplete: 184_236,
  RtAliasCertSigGenerationComplete: 1_195,
};

/** Cycles that a stage works before its first status: FMC as recorded, the runtime about as long. */
export const CYCLES_OF_ENTRY = { fmc: 325_195, runtime: 300_000 } as const;

/** `INTERNAL_FW_UPDATE_RESET_WAIT_CYCLES` of the hardware. */
export const UPDATE_RESET_CYCLES = 5;
