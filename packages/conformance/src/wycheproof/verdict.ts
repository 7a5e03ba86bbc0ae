import { compare, compareVerdict, type Fields } from '../fields.ts';
import type { Mismatch } from '../suite.ts';

/** Judges a yes-or-no operation by `result`: `acceptable` allows both. */
export function judgeVerdict(test: Fields, accepted: boolean): Mismatch {
  const result = test.text('result');
  return result === 'acceptable' ? undefined : compareVerdict(accepted, result === 'valid');
}

/**
 * Judges an operation that gives bytes or refuses. A valid test must give `want`, an invalid one must be refused, an
 * acceptable one may be refused but must not give anything else.
 */
export function judgeOutput(test: Fields, name: string, got: Uint8Array | undefined, want: () => Uint8Array): Mismatch {
  const result = test.text('result');
  if (result === 'invalid') return compareVerdict(got !== undefined, false);
  if (result === 'acceptable' && got === undefined) return undefined;
  return compare(name, got, want());
}
