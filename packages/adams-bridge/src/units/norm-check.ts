import { MLDSA_Q, type Poly } from './modular.ts';
import { GAMMA2 } from './rounding.ts';
import { TAU } from './samplers/sample-in-ball.ts';
import { GAMMA1 } from './samplers/uniform.ts';

/** tau * eta: how far c * s can move a coefficient. */
export const BETA = TAU * 2;

/** The smallest absolute value that each check refuses. */
export const NORM_BOUNDS = { z: GAMMA1 - BETA, r0: GAMMA2 - BETA, ct0: GAMMA2 } as const;
export type NormCheck = keyof typeof NORM_BOUNDS;

/**
 * Whether a coefficient reaches the bound in absolute value, in which case signing begins another pass (z, r0, ct0) or
 * verification refuses (z). All coefficients are looked at.
 *
 * @see adams-bridge:src/norm_check/rtl/norm_check.sv
 */
export function exceedsNorm(poly: Poly, check: NormCheck): boolean {
  const bound = NORM_BOUNDS[check];
  let exceeds = false;
  for (const value of poly) exceeds = exceeds || (value >= bound && value <= MLDSA_Q - bound);
  return exceeds;
}
