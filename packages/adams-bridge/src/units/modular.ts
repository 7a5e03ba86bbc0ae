/** Modulus of ML-DSA: 2^23 - 2^13 + 1. */
export const MLDSA_Q = 8380417;
/** Modulus of ML-KEM: 13 * 2^8 + 1. */
export const MLKEM_Q = 3329;

/** One of the two primes that the arithmetic unit works with. */
export type Prime = typeof MLDSA_Q | typeof MLKEM_Q;
