/** Registers that Keccak can absorb, by number. adams-bridge:src/abr_top/rtl/abr_ctrl_pkg.sv, v2.0.3 */
export const SOURCES = {
  MLDSA_MSG: 15,
  MLDSA_SEED: 16,
  MLDSA_SIGN_RND: 17,
  MLDSA_K: 18,
  MLDSA_RHO: 19,
  MLDSA_RHO_P: 20,
  MLDSA_MU: 21,
  MLDSA_TR: 22,
  MLDSA_RHO_P_KAPPA: 23,
  MLDSA_SIG_C: 24,
  MLDSA_PK: 25,
  ENTROPY: 26,
  COUNTER: 27,
  MLKEM_SEED_D: 28,
  MLKEM_RHO: 29,
  MLKEM_SIGMA: 30,
  MLKEM_EK: 31,
  MLKEM_TR: 32,
  MLKEM_MSG: 33,
  MLKEM_R: 34,
  MLKEM_SEED_Z: 35,
  MLKEM_CIPHERTEXT: 36,
} as const;
export type SourceName = keyof typeof SOURCES;

/** Registers that take a digest, by number. A name of two takes the digest in that order. */
export const DESTINATIONS = {
  MLDSA_K_RHO: 2,
  MLDSA_MU: 3,
  MLDSA_RHO_P: 4,
  MLDSA_SIG_C: 5,
  MLDSA_TR: 6,
  MLDSA_VERIFY_RES: 7,
  LFSR_SEED: 8,
  MLKEM_RHO_SIGMA: 9,
  MLKEM_TR: 10,
  MLKEM_K_R: 11,
  MLKEM_K: 12,
} as const;
export type DestinationName = keyof typeof DESTINATIONS;

/** First dword of each encoding in the private-key RAM (1192 dwords, shared by both algorithms). */
export const KEY_RAM = {
  MLKEM_DK: 0,
  MLKEM_EK: 384,
  MLKEM_C1: 768,
  MLKEM_C2: 1120,
  MLKEM_MSG: 1160,
  MLDSA_S1: 0,
  MLDSA_T0: 360,
} as const;

/** Which bound a NORMCHK instruction checks (`imm`). */
export const NORM = { z: 0, r0: 1, ct0: 2 } as const;
