import { decodePrivateKey, encodePublicKey, MLDSA_K, MLDSA_L } from '../units/codecs/mldsa.ts';
import { Keccak } from '../units/keccak.ts';
import { MLDSA_Q, N, type Poly } from '../units/modular.ts';
import { intt, ntt } from '../units/ntt.ts';
import { pwa, pwm } from '../units/pointwise.ts';
import { power2round } from '../units/rounding.ts';
import { rejNtt } from '../units/samplers/rejection.ts';

/**
 * Public key of a private key: t = As1 + s2, rounded. FIPS 204, algorithm 6.
 *
 * @param privateKey - 4896 bytes
 * @throws AbrError `LENGTH`, `SK_DECODE`
 */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const { rho, s1, s2 } = decodePrivateKey(privateKey);
  const positive = (poly: Poly): Poly => poly.map((x) => (x < 0 ? x + MLDSA_Q : x));
  const transformed = s1.map((poly) => ntt(positive(poly), MLDSA_Q));
  const t1 = Array.from({ length: MLDSA_K }, (_, i) => {
    const sum = new Int32Array(N);
    for (let j = 0; j < MLDSA_L; j++) {
      const { poly } = rejNtt(new Keccak('SHAKE128').absorb(rho).absorb(Uint8Array.of(j, i)));
      pwm(poly, transformed[j] as Poly, MLDSA_Q, sum);
    }
    return power2round(pwa(intt(sum, MLDSA_Q), positive(s2[i] as Poly), MLDSA_Q)).high;
  });
  return encodePublicKey({ rho, t1 });
}
