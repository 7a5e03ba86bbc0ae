/** Commands of MLDSA_CTRL and MLKEM_CTRL, each in the order of its codes from 1. */
export const ABR_COMMANDS = {
  mldsa: ['MLDSA_KEYGEN', 'MLDSA_SIGN', 'MLDSA_VERIFY', 'MLDSA_KEYGEN_SIGN'],
  mlkem: ['MLKEM_KEYGEN', 'MLKEM_ENCAPS', 'MLKEM_DECAPS', 'MLKEM_KEYGEN_DECAPS'],
} as const;
export type AbrAlgorithm = keyof typeof ABR_COMMANDS;
export type AbrCommand = (typeof ABR_COMMANDS)[AbrAlgorithm][number];
/** Commands that take a streamed message. */
export type AbrStreamCommand = Extract<AbrCommand, 'MLDSA_SIGN' | 'MLDSA_VERIFY' | 'MLDSA_KEYGEN_SIGN'>;

/** A time that grows with a number of words. */
interface LinearCycles {
  readonly fixed: number;
  /** For each word of four bytes. */
  readonly perWord: number;
}

/** Clock cycles of what the registers start. */
export interface AbrTiming {
  /** Whether an engine that counts cycles replaces the figures of commands and refusals. */
  readonly counted: boolean;
  /** From the write of CTRL to VALID. */
  readonly commands: Readonly<Record<AbrCommand, number>>;
  /** From the write of CTRL to ERROR. */
  readonly refusals: Readonly<Partial<Record<AbrCommand, number>>>;
  /** From the write of CTRL to MSG_STREAM_READY; words are those of the context. */
  readonly streamReady: Readonly<Record<AbrStreamCommand, LinearCycles>>;
  /** From the last word of a streamed message to VALID; left out, the cycles of the command that are left. */
  readonly streamRest?: number;
  /** A verification whose z is too large. */
  readonly earlyReject: number;
  /** From the write of a read port's control to the data; words are those of the value. */
  readonly vaultRead: LinearCycles;
  /** From the write of ZEROIZE to READY. */
  readonly zeroize: number;
  /** Whether firmware spends the time of commands in typed methods, or none: its waits have it in them then. */
  readonly calls: boolean;
}

const emulated = <T extends string>(names: readonly T[], cycles: number): Readonly<Record<T, number>> =>
  Object.fromEntries(names.map((name) => [name, cycles])) as Record<T, number>;

/** Every operation of the software emulator. caliptra-sw:sw-emulator/lib/periph/src/abr.rs at e7dc50f2 */
const EMULATOR_OPERATION = 1000;
const EMULATOR_STREAM_READY = { fixed: 10, perWord: 0 };

export const EMULATOR_TIMING: AbrTiming = {
  counted: false,
  commands: emulated([...ABR_COMMANDS.mldsa, ...ABR_COMMANDS.mlkem], EMULATOR_OPERATION),
  refusals: {},
  streamReady: {
    MLDSA_SIGN: EMULATOR_STREAM_READY,
    MLDSA_VERIFY: EMULATOR_STREAM_READY,
    MLDSA_KEYGEN_SIGN: EMULATOR_STREAM_READY,
  },
  streamRest: EMULATOR_OPERATION,
  earlyReject: EMULATOR_OPERATION,
  vaultRead: { fixed: 100, perWord: 0 },
  zeroize: EMULATOR_OPERATION,
  calls: false,
};

/** Cycles of the first pass of a signature, of each later one, and passes of the mean signature. FIPS 204, table 1 */
const [FIRST_PASS, LATER_PASS, MEAN_PASSES] = [63_175, 54_475, 3.85];
const MEAN_SIGNATURE = Math.round(FIRST_PASS + (MEAN_PASSES - 1) * LATER_PASS);
/** Key generation that goes on to a signature, which has no reseeding of its own. */
const KEYGEN_BEFORE_SIGNATURE = 15_481;

/**
 * RTL v2.0.3: cycles that the model of `@rootcap/adams-bridge` and simulations of the RTL give, where they depend on
 * data those of a middling input, and the mean of signatures. Vault: caliptra-rtl:src/keyvault/rtl/kv_fsm.sv, one word
 * a cycle.
 */
export const RTL_TIMING: AbrTiming = {
  counted: true,
  commands: {
    MLDSA_KEYGEN: 15_530,
    MLDSA_SIGN: MEAN_SIGNATURE,
    MLDSA_VERIFY: 18_772,
    MLDSA_KEYGEN_SIGN: KEYGEN_BEFORE_SIGNATURE + MEAN_SIGNATURE,
    MLKEM_KEYGEN: 6651,
    MLKEM_ENCAPS: 8608,
    MLKEM_DECAPS: 12_212,
    MLKEM_KEYGEN_DECAPS: 18_863,
  },
  refusals: { MLDSA_SIGN: 149, MLKEM_ENCAPS: 507, MLKEM_DECAPS: 287 },
  streamReady: {
    MLDSA_SIGN: { fixed: 67, perWord: 1 },
    MLDSA_VERIFY: { fixed: 1371, perWord: 1 },
    MLDSA_KEYGEN_SIGN: { fixed: 15_548, perWord: 1 },
  },
  earlyReject: 561,
  vaultRead: { fixed: 3, perWord: 1 },
  zeroize: 1475,
  calls: true,
};
