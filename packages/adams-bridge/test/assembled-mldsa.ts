import {
  bytesOf,
  decodePrivateKey,
  decodePublicKey,
  decodeSignature,
  decompose,
  encodePrivateKey,
  encodePublicKey,
  encodeSignature,
  encodeW1,
  exceedsNorm,
  expandMask,
  intt,
  Keccak,
  keccak,
  MLDSA_BYTES,
  MLDSA_K,
  MLDSA_L,
  MLDSA_Q,
  makeHint,
  N,
  ntt,
  OMEGA,
  type Poly,
  power2round,
  pwa,
  pwm,
  pws,
  rejBounded,
  rejNtt,
  sampleInBall,
  shiftT1,
  useHint,
} from '@rootcap/adams-bridge';

const q = MLDSA_Q;
const indices = (length: number): number[] => Array.from({ length }, (_, i) => i);
const u16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);

/** ML-DSA-87 put together from the units, in the order of FIPS 204: what the program of the accelerator does. */

/** A * v in the NTT domain, row by row. */
function matrixTimes(rho: Uint8Array, vector: readonly Poly[]): Poly[] {
  return indices(MLDSA_K).map((r) => {
    const sum = new Int32Array(N);
    for (const [s, poly] of vector.entries()) {
      const sponge = new Keccak('SHAKE128').absorb(rho).absorb(Uint8Array.of(s, r));
      pwm(rejNtt(sponge).poly, poly, q, sum);
    }
    return sum;
  });
}

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export function keygen(seed: Uint8Array): KeyPair {
  const expanded = bytesOf(keccak('SHAKE256', 128, seed, Uint8Array.of(MLDSA_K, MLDSA_L)));
  const rho = expanded.squeeze(32);
  const rhoPrime = expanded.squeeze(64);
  const K = expanded.squeeze(32);
  const secret = (r: number): Poly => rejBounded(new Keccak('SHAKE256').absorb(rhoPrime).absorb(u16(r))).poly;
  const s1 = indices(MLDSA_L).map(secret);
  const s2 = indices(MLDSA_K).map((r) => secret(r + MLDSA_L));
  const t = matrixTimes(
    rho,
    s1.map((poly) => ntt(poly, q)),
  ).map((poly, r) => power2round(pwa(intt(poly, q), s2[r] as Poly, q)));
  const publicKey = encodePublicKey({ rho, t1: t.map(({ high }) => high) });
  const tr = keccak('SHAKE256', 64, publicKey);
  return { publicKey, privateKey: encodePrivateKey({ rho, K, tr, s1, s2, t0: t.map(({ low }) => low) }) };
}

/** mu of a message with its prefix (pure: 00, length of the context, context). */
export const messageRepresentative = (tr: Uint8Array, ...message: readonly Uint8Array[]): Uint8Array =>
  keccak('SHAKE256', 64, tr, ...message);

/** What made a pass of the signing loop begin again. */
type Rejection = 'z' | 'r0' | 'ct0' | 'hint';

export interface Signed {
  readonly signature: Uint8Array;
  /** Of each refused pass, every check that failed. */
  readonly rejections: readonly (readonly Rejection[])[];
}

export function sign(privateKey: Uint8Array, mu: Uint8Array, rnd: Uint8Array): Signed {
  const key = decodePrivateKey(privateKey);
  const rhoPrime = keccak('SHAKE256', 64, key.K, rnd, mu);
  const [s1, s2, t0] = [key.s1, key.s2, key.t0].map((polys) => polys.map((poly) => ntt(poly, q))) as [
    Poly[],
    Poly[],
    Poly[],
  ];
  const rejections: Rejection[][] = [];
  for (let kappa = 0; ; kappa += MLDSA_L) {
    const y = indices(MLDSA_L).map((i) => expandMask(new Keccak('SHAKE256').absorb(rhoPrime).absorb(u16(kappa + i))));
    const w = matrixTimes(
      key.rho,
      y.map((poly) => ntt(poly, q)),
    ).map((poly) => decompose(intt(poly, q)));
    const hash = new Keccak('SHAKE256').absorb(mu);
    for (const { high } of w) hash.absorb(encodeW1(high));
    const commitmentHash = hash.squeeze(MLDSA_BYTES.commitmentHash);
    const c = ntt(sampleInBall(new Keccak('SHAKE256').absorb(commitmentHash)).poly, q);
    const times = (polys: readonly Poly[]): Poly[] => polys.map((poly) => intt(pwm(c, poly, q), q));
    const z = times(s1).map((poly, i) => pwa(poly, y[i] as Poly, q));
    const ct0 = times(t0);
    const r0 = times(s2).map((cs2, i) => pws((w[i] as { low: Poly }).low, cs2, q));
    const h = r0.map((poly, i) => makeHint(pwa(poly, ct0[i] as Poly, q), (w[i] as { high: Poly }).high));
    const failed: Rejection[] = [];
    if (z.some((poly) => exceedsNorm(poly, 'z'))) failed.push('z');
    if (r0.some((poly) => exceedsNorm(poly, 'r0'))) failed.push('r0');
    if (ct0.some((poly) => exceedsNorm(poly, 'ct0'))) failed.push('ct0');
    if (h.reduce((sum, poly) => sum + poly.reduce((a, b) => a + b), 0) > OMEGA) failed.push('hint');
    if (failed.length === 0) return { signature: encodeSignature({ commitmentHash, z, h }), rejections };
    rejections.push(failed);
  }
}

/** The recomputed c~, or undefined where verification ends before it is computed. */
export function verifyResult(publicKey: Uint8Array, mu: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const { rho, t1 } = decodePublicKey(publicKey);
  const { commitmentHash, z, h } = decodeSignature(signature);
  if (h === undefined || z.some((poly) => exceedsNorm(poly, 'z'))) return undefined;
  const c = ntt(sampleInBall(new Keccak('SHAKE256').absorb(commitmentHash)).poly, q);
  const az = matrixTimes(
    rho,
    z.map((poly) => ntt(poly, q)),
  );
  const hash = new Keccak('SHAKE256').absorb(mu);
  for (const [i, poly] of az.entries()) {
    const ct1 = pwm(c, ntt(shiftT1(t1[i] as Poly), q), q);
    hash.absorb(encodeW1(useHint(h[i] as Poly, intt(pws(poly, ct1, q), q))));
  }
  return hash.squeeze(MLDSA_BYTES.commitmentHash);
}
