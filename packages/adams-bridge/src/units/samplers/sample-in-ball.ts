import { MLDSA_Q, N } from '../modular.ts';
import { type ByteSource, type Misjudged, NONE_MISJUDGED, type Sampled } from './byte-source.ts';

/** Coefficients of the challenge that are not 0. */
export const TAU = 60;
/** Bytes of signs at the beginning; the upper 4 bits of the last are not used. */
const SIGN_BYTES = 8;

/**
 * SampleInBall: the challenge polynomial, with 60 coefficients 1 or q - 1. FIPS 204 algorithm 29, a Fisher-Yates
 * shuffle of the last 60 places in the order in which the bytes come.
 *
 * @param source - SHAKE256(c~)
 * @param misjudged - of a faulty comparator
 * @see adams-bridge:src/sample_in_ball/rtl/sample_in_ball_ctrl.sv
 */
export function sampleInBall(source: ByteSource, misjudged: Misjudged = NONE_MISJUDGED): Sampled {
  const poly = new Int32Array(N);
  const signs = source.squeeze(SIGN_BYTES);
  const rejected: number[] = [];
  let candidates = 0;
  let bytes: Uint8Array = new Uint8Array();
  for (let i = N - TAU; i < N; ) {
    if (candidates % 4 === 0) bytes = source.squeeze(4);
    const j = bytes[candidates % 4] as number;
    if (j > i !== misjudged.has(candidates)) {
      rejected.push(candidates++);
      continue;
    }
    candidates++;
    const n = i - (N - TAU);
    poly[i] = poly[j] as number;
    poly[j] = ((signs[n >> 3] as number) >> (n & 7)) & 1 ? MLDSA_Q - 1 : 1;
    i++;
  }
  return { poly, candidates, rejected };
}
