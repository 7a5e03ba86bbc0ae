import {
  cbd,
  decodeCiphertext,
  decodeDecapsulationKey,
  decodeEncapsulationKey,
  decodeMessage,
  encodeCiphertext,
  encodeDecapsulationKey,
  encodeEncapsulationKey,
  encodeMessage,
  intt,
  Keccak,
  keccak,
  MLKEM_K,
  MLKEM_Q,
  N,
  ntt,
  type Poly,
  pairwm,
  pwa,
  pws,
  rejNttMlkem,
} from '@rootcap/adams-bridge';

const q = MLKEM_Q;
const indices = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** ML-KEM-1024 put together from the units, in the order of FIPS 203. */

/** Row i of A (or of its transpose) times a vector, in the NTT domain. */
function rowTimes(rho: Uint8Array, i: number, vector: readonly Poly[], transposed: boolean): Poly {
  const sum = new Int32Array(N);
  for (const [j, poly] of vector.entries()) {
    const indexBytes = transposed ? Uint8Array.of(i, j) : Uint8Array.of(j, i);
    pairwm(rejNttMlkem(new Keccak('SHAKE128').absorb(rho).absorb(indexBytes)).poly, poly, sum);
  }
  return sum;
}

const dot = (a: readonly Poly[], b: readonly Poly[]): Poly =>
  a.reduce((sum, poly, i) => pairwm(poly, b[i] as Poly, sum), new Int32Array(N));

const noise = (seed: Uint8Array, n: number): Poly => cbd(new Keccak('SHAKE256').absorb(seed).absorb(Uint8Array.of(n)));

export function keygen(d: Uint8Array, z: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const seeds = keccak('SHA3-512', 64, d, Uint8Array.of(MLKEM_K));
  const rho = seeds.slice(0, 32);
  const sigma = seeds.slice(32);
  const s = indices(MLKEM_K).map((n) => ntt(noise(sigma, n), q));
  const e = indices(MLKEM_K).map((n) => ntt(noise(sigma, MLKEM_K + n), q));
  const t = indices(MLKEM_K).map((i) => pwa(rowTimes(rho, i, s, false), e[i] as Poly, q));
  const publicKey = encodeEncapsulationKey({ t, rho });
  const hash = keccak('SHA3-256', 32, publicKey);
  return { publicKey, secretKey: encodeDecapsulationKey({ s, encapsulationKey: publicKey, hash, z }) };
}

function encrypt(publicKey: Uint8Array, message: Uint8Array, coins: Uint8Array): Uint8Array {
  const { t, rho } = decodeEncapsulationKey(publicKey);
  const y = indices(MLKEM_K).map((n) => ntt(noise(coins, n), q));
  const u = indices(MLKEM_K).map((i) => pwa(intt(rowTimes(rho, i, y, true), q), noise(coins, MLKEM_K + i), q));
  const v = pwa(pwa(intt(dot(t, y), q), noise(coins, 2 * MLKEM_K), q), decodeMessage(message), q);
  return encodeCiphertext({ u, v });
}

export function encapsulate(
  publicKey: Uint8Array,
  message: Uint8Array,
): { cipherText: Uint8Array; sharedSecret: Uint8Array } {
  const keys = keccak('SHA3-512', 64, message, keccak('SHA3-256', 32, publicKey));
  return { cipherText: encrypt(publicKey, message, keys.slice(32)), sharedSecret: keys.slice(0, 32) };
}

export function decapsulate(secretKey: Uint8Array, cipherText: Uint8Array): Uint8Array {
  const { s, encapsulationKey, hash, z } = decodeDecapsulationKey(secretKey);
  const { u, v } = decodeCiphertext(cipherText);
  const su = dot(
    s,
    u.map((poly) => ntt(poly, q)),
  );
  const message = encodeMessage(pws(v, intt(su, q), q));
  const keys = keccak('SHA3-512', 64, message, hash);
  const again = encrypt(encapsulationKey, message, keys.slice(32));
  return again.every((byte, i) => byte === cipherText[i]) ? keys.slice(0, 32) : keccak('SHAKE256', 32, z, cipherText);
}
