/** `CPTRA_HW_CONFIG`, the chip's build options. */
export interface HwConfig {
  /** Internal TRNG (CSRNG); otherwise the SoC delivers entropy through `CPTRA_TRNG_DATA`. */
  readonly itrng: boolean;
  readonly subsystemMode: boolean;
  readonly ocpLock: boolean;
  /** Fuse rows of 32 instead of 64 bits. */
  readonly fuseGranularity32?: boolean;
  /** Whether `lms_acc_en` reads 1. Default: only with `reference: 'rtl'`. */
  readonly lmsAccelerator?: boolean;
}

/**
 * Whose behaviour is shown where caliptra-sw's emulator, the source of the recorded data, differs from the RTL:
 * `boot_fsm_ps` is kept over a firmware write (RTL) or cleared by it, `lms_acc_en` is 1 (RTL) or 0, `HW_REV_ID` shows
 * the stepping fuse (RTL) or 0, secrets also read as 0xFF when unprovisioned or with debug intent (RTL), a fatal error
 * wipes keys (RTL), a slot locked against use only can be erased (emulator), a GHASH state of zeros is spoilt when it is
 * restored (emulator).
 */
export type Reference = 'rtl' | 'emulator';

/** `CPTRA_HW_CONFIG`. OCP LOCK needs subsystem mode. */
export function hwConfigWord(config: HwConfig, reference: Reference): number {
  const { itrng, fuseGranularity32 = false, lmsAccelerator = reference === 'rtl', subsystemMode, ocpLock } = config;
  return (
    Number(itrng) |
    (Number(fuseGranularity32) << 1) |
    (Number(lmsAccelerator) << 4) |
    (Number(subsystemMode) << 5) |
    (Number(subsystemMode && ocpLock) << 6)
  );
}
