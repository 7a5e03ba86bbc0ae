import { type DestinationName, KEY_RAM, type SourceName } from '../program/registers.ts';
import { HINT_BYTES } from '../units/codecs/hints.ts';
import { MLDSA_BYTES } from '../units/codecs/mldsa.ts';
import { MLKEM_BYTES } from '../units/codecs/mlkem.ts';

const T1_BYTES = MLDSA_BYTES.publicKey - 32;
const Z_BYTES = MLDSA_BYTES.signature - MLDSA_BYTES.commitmentHash - HINT_BYTES;
/** Four polynomials of ML-KEM with 12 bits a coefficient. */
const VECTOR_BYTES = 4 * 384;
const KEY_RAM_BYTES = 1192 * 4;

/** Memories and registers that hold bytes, with their sizes. adams-bridge:src/abr_top/rtl/abr_ctrl_pkg.sv, v2.0.3 */
export const STORES = {
  scratch: 192,
  keyRam: KEY_RAM_BYTES,
  publicKeyRam: T1_BYTES,
  signatureRam: Z_BYTES,
  hints: HINT_BYTES,
  commitmentHash: 64,
  verifyResult: 64,
  mldsaSeed: 32,
  signRnd: 32,
  message: 64,
  mu: 64,
  seedD: 32,
  entropy: 64,
  seedEntropy: 64,
} as const;
export type Store = keyof typeof STORES;

/** A part of a value: where it is, first byte and number of bytes. */
export interface Piece {
  readonly store: Store;
  readonly at: number;
  readonly bytes: number;
}

const piece = (store: Store, at = 0, bytes: number = STORES[store]): Piece => ({ store, at, bytes });
const scratch = (at: number, bytes: number): Piece => piece('scratch', at, bytes);
const keyRam = (dword: number, bytes: number): Piece => piece('keyRam', 4 * dword, bytes);

/**
 * The scratch register. Both algorithms use it for their own values: what one loads destroys what the other had.
 */
const MLDSA = { rho: scratch(0, 32), K: scratch(32, 32), tr: scratch(64, 64), rhoP: scratch(128, 64) };
const MLKEM = {
  rho: scratch(0, 32),
  tr: scratch(32, 32),
  seedZ: scratch(64, 32),
  sigma: scratch(96, 32),
  sharedKey: scratch(128, 32),
};

const publicKey = [MLDSA.rho, piece('publicKeyRam')];
const encapsulationKey = [keyRam(KEY_RAM.MLKEM_EK, VECTOR_BYTES), MLKEM.rho];
const ciphertext = [keyRam(KEY_RAM.MLKEM_C1, MLKEM_BYTES.ciphertext)];
const message = [keyRam(KEY_RAM.MLKEM_MSG, 32)];

/** Values that software reads or writes, in the order of their bytes. */
export const VALUES = {
  entropy: [piece('entropy')],
  mldsaSeed: [piece('mldsaSeed')],
  signRnd: [piece('signRnd')],
  message: [piece('message')],
  mu: [piece('mu')],
  publicKey,
  privateKey: [MLDSA.rho, MLDSA.K, MLDSA.tr, keyRam(KEY_RAM.MLDSA_S1, KEY_RAM_BYTES)],
  signature: [piece('commitmentHash'), piece('signatureRam'), piece('hints')],
  verifyResult: [piece('verifyResult')],
  seedD: [piece('seedD')],
  seedZ: [MLKEM.seedZ],
  kemMessage: message,
  encapsulationKey,
  decapsulationKey: [keyRam(KEY_RAM.MLKEM_DK, VECTOR_BYTES), ...encapsulationKey, MLKEM.tr, MLKEM.seedZ],
  ciphertext,
  sharedKey: [MLKEM.sharedKey],
} as const satisfies Record<string, readonly Piece[]>;
export type Value = keyof typeof VALUES;

/** Where each source of Keccak is; the counter is no store. */
export const SOURCE_PIECES: Readonly<Record<Exclude<SourceName, 'COUNTER'>, readonly Piece[]>> = {
  MLDSA_MSG: [piece('message')],
  MLDSA_SEED: [piece('mldsaSeed')],
  MLDSA_SIGN_RND: [piece('signRnd')],
  MLDSA_K: [MLDSA.K],
  MLDSA_RHO: [MLDSA.rho],
  MLDSA_RHO_P: [MLDSA.rhoP],
  MLDSA_MU: [piece('mu')],
  MLDSA_TR: [MLDSA.tr],
  MLDSA_RHO_P_KAPPA: [MLDSA.rhoP],
  MLDSA_SIG_C: [piece('commitmentHash')],
  MLDSA_PK: publicKey,
  ENTROPY: [piece('seedEntropy')],
  MLKEM_SEED_D: [piece('seedD')],
  MLKEM_RHO: [MLKEM.rho],
  MLKEM_SIGMA: [MLKEM.sigma],
  MLKEM_EK: encapsulationKey,
  MLKEM_TR: [MLKEM.tr],
  MLKEM_MSG: message,
  MLKEM_R: [MLKEM.sigma],
  MLKEM_SEED_Z: [MLKEM.seedZ],
  MLKEM_CIPHERTEXT: ciphertext,
};

/** Where the bytes of a digest go, in their order; the LFSR's seed is no store. */
export const DESTINATION_PIECES: Readonly<Record<Exclude<DestinationName, 'LFSR_SEED'>, readonly Piece[]>> = {
  MLDSA_K_RHO: [MLDSA.rho, MLDSA.rhoP, MLDSA.K],
  MLDSA_MU: [piece('mu')],
  MLDSA_RHO_P: [MLDSA.rhoP],
  MLDSA_SIG_C: [piece('commitmentHash')],
  MLDSA_TR: [MLDSA.tr],
  MLDSA_VERIFY_RES: [piece('verifyResult')],
  MLKEM_RHO_SIGMA: [MLKEM.rho, MLKEM.sigma],
  MLKEM_TR: [MLKEM.tr],
  MLKEM_K_R: [MLKEM.sharedKey, MLKEM.sigma],
  MLKEM_K: [MLKEM.sharedKey],
};
