import { MLDSA_Q, MLKEM_Q, N } from '../modular.ts';
import { type ByteSource, type Misjudged, NONE_MISJUDGED, type Sampled } from './byte-source.ts';

/** Bytes that are asked for at once: a multiple of three and of no consequence for the result. */
const TAKE = 168;

/**
 * RejNTTPoly: coefficients of the matrix A, below q, in the NTT domain. FIPS 204 algorithm 30: 23 bits of every three
 * bytes.
 *
 * @param source - SHAKE128(rho, s, r)
 * @param misjudged - of a faulty comparator
 * @see adams-bridge:src/rej_sampler/rtl/rej_sampler.sv
 */
export function rejNtt(source: ByteSource, misjudged: Misjudged = NONE_MISJUDGED): Sampled {
  const faults = misjudged.size > 0;
  const poly = new Int32Array(N);
  const rejected: number[] = [];
  let candidates = 0;
  for (let found = 0; found < N; ) {
    const block = source.squeeze(TAKE);
    for (let i = 0; i < TAKE && found < N; i += 3, candidates++) {
      const value = (block[i] as number) | ((block[i + 1] as number) << 8) | (((block[i + 2] as number) & 0x7f) << 16);
      if (value < MLDSA_Q !== (faults && misjudged.has(candidates))) poly[found++] = value;
      else rejected.push(candidates);
    }
  }
  return { poly, candidates, rejected };
}

/**
 * SampleNTT of ML-KEM: 12-bit symbols below 3329. FIPS 203 algorithm 7.
 *
 * @param source - SHAKE128(rho, j, i)
 * @param misjudged - of a faulty comparator
 * @see adams-bridge:src/rej_sampler/rtl/rej_sampler_ctrl.sv
 */
export function rejNttMlkem(source: ByteSource, misjudged: Misjudged = NONE_MISJUDGED): Sampled {
  const faults = misjudged.size > 0;
  const poly = new Int32Array(N);
  const rejected: number[] = [];
  let candidates = 0;
  for (let found = 0; found < N; ) {
    const block = source.squeeze(TAKE);
    for (let i = 0; i < TAKE && found < N; i += 3) {
      const middle = block[i + 1] as number;
      const first = (block[i] as number) | ((middle & 0xf) << 8);
      if (first < MLKEM_Q !== (faults && misjudged.has(candidates))) poly[found++] = first;
      else rejected.push(candidates);
      candidates++;
      if (found === N) break;
      const second = (middle >> 4) | ((block[i + 2] as number) << 4);
      if (second < MLKEM_Q !== (faults && misjudged.has(candidates))) poly[found++] = second;
      else rejected.push(candidates);
      candidates++;
    }
  }
  return { poly, candidates, rejected };
}

/** 2 - (symbol mod 5), modulo q. */
const BOUNDED = Int32Array.from({ length: 16 }, (_, symbol) => (2 - (symbol % 5) + MLDSA_Q) % MLDSA_Q);

/**
 * RejBoundedPoly for eta = 2: secret coefficients in -2..2 modulo q. FIPS 204 algorithm 31: 4-bit symbols, 15 refused.
 *
 * @param source - SHAKE256(rho', r)
 * @param misjudged - of a faulty comparator
 * @see adams-bridge:src/rej_bounded/rtl/rej_bounded2.sv
 */
export function rejBounded(source: ByteSource, misjudged: Misjudged = NONE_MISJUDGED): Sampled {
  const faults = misjudged.size > 0;
  const poly = new Int32Array(N);
  const rejected: number[] = [];
  let candidates = 0;
  for (let found = 0; found < N; ) {
    const block = source.squeeze(4);
    for (let symbol = 0; symbol < 8 && found < N; symbol++, candidates++) {
      const value = ((block[symbol >> 1] as number) >> (4 * (symbol & 1))) & 0xf;
      if (value < 15 !== (faults && misjudged.has(candidates))) poly[found++] = BOUNDED[value] as number;
      else rejected.push(candidates);
    }
  }
  return { poly, candidates, rejected };
}
