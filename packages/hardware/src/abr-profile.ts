import { type AbrTiming, EMULATOR_TIMING, RTL_TIMING } from './abr-timing.ts';

/** Where the register face of the accelerator differs between the software emulator and the RTL. */
export interface AbrProfile {
  /** MLDSA_VERSION and MLKEM_VERSION. */
  readonly version: readonly [number, number];
  /**
   * A command leaves VALID alone, in both algorithms, and only ZEROIZE brings READY back. Otherwise each algorithm has a
   * READY of its own, which comes back with VALID.
   */
  readonly waitsForZeroize: boolean;
  /** Whether commands and errors are recorded in the interrupt block. */
  readonly interrupts: boolean;
  /** Whether MLDSA_SIGN_RND counts; otherwise signatures are deterministic. */
  readonly signRnd: boolean;
  /** What MLDSA_VERIFY_RES shows of a wrong signature: the computed commitment hash, or zeros. */
  readonly verifyResult: 'computed' | 'zeros';
  /** Bits of MLDSA_CTX_CONFIG that count. */
  readonly contextSize: number;
  /** Whether ML-KEM values cross the key vault's port in full byte reversal, or word by word in their order. */
  readonly mlkemReversed: boolean;
  /** Whether values of both algorithms share the private-key RAM and the scratch register. */
  readonly sharedMemory: boolean;
  readonly timing: AbrTiming;
}

/**
 * - `emulator`: caliptra-sw:sw-emulator/lib/periph/src/abr.rs at e7dc50f2, without its panics (no entropy, a malformed
 *   ML-DSA key), which are the RTL's error state here
 * - `rtl-2.0.3`: adams-bridge:src/abr_top/rtl at b77e3d89, the block of Caliptra RTL v2.1.2
 */
export const ABR_PROFILES = {
  emulator: {
    version: [0x3030_312e, 0],
    waitsForZeroize: false,
    interrupts: false,
    signRnd: false,
    verifyResult: 'zeros',
    contextSize: 0x7f,
    mlkemReversed: false,
    sharedMemory: false,
    timing: EMULATOR_TIMING,
  },
  'rtl-2.0.3': {
    version: [0x302e_322e, 0x3300],
    waitsForZeroize: true,
    interrupts: true,
    signRnd: true,
    verifyResult: 'computed',
    contextSize: 0xff,
    mlkemReversed: true,
    sharedMemory: true,
    timing: RTL_TIMING,
  },
} as const satisfies Record<string, AbrProfile>;
export type AbrProfileName = keyof typeof ABR_PROFILES;
