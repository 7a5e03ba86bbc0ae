import { compare } from '../fields.ts';
import type { ConformanceContext, Mismatch } from '../suite.ts';
import type { AcvpTest } from './recognize.ts';

/** Steps between two results of a Monte Carlo test. */
export const ITERATIONS = 1000;

/**
 * Compares the rounds of a Monte Carlo test with `resultsArray`.
 *
 * @param round - goes {@link ITERATIONS} steps on and gives what stands in the results, by field name
 */
export function monteCarlo(
  { answer }: AcvpTest,
  { limits: { monteCarloRounds = Number.POSITIVE_INFINITY } = {} }: ConformanceContext,
  round: (index: number) => Readonly<Record<string, Uint8Array>>,
): Mismatch {
  for (const [index, want] of answer.list('resultsArray').entries()) {
    if (index >= monteCarloRounds) break;
    const got = round(index);
    for (const [name, value] of Object.entries(got)) {
      const mismatch = compare(`round ${index}, ${name}`, value, want.hex(name));
      if (mismatch !== undefined) return mismatch;
    }
  }
  return undefined;
}
