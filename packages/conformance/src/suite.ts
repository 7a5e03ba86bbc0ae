import type { CryptoProvider } from '@rootcap/crypto';
import type { VectorEntry, VectorStore } from './store.ts';

export interface NotRunCount {
  readonly reason: string;
  readonly count: number;
}

export interface Failure {
  /** As the source numbers it: `tgId/tcId` in ACVP, `tcId` in Wycheproof. */
  readonly id: string;
  readonly detail: string;
}

export interface SuiteResult {
  readonly name: string;
  readonly source: string;
  readonly passed: number;
  readonly failed: number;
  readonly notRun: readonly NotRunCount[];
  /** The first {@link MAX_FAILURES} failures; absent if there is none. */
  readonly failures?: readonly Failure[];
}

/** How much of a set is run. Whatever is cut off counts as not run. */
export interface Limits {
  /** Tests of one set, taken evenly from the whole of it. Default: all. */
  readonly testsPerSuite?: number;
  /** Rounds of 1000 iterations of a Monte Carlo test, compared one by one. Default: all. */
  readonly monteCarloRounds?: number;
  /** Longest message in bytes. Default 256 MiB; the large-data tests of ACVP go up to 8 GiB. */
  readonly messageBytes?: number;
}

export interface ConformanceContext {
  /** What is tested. Functions of `@rootcap/crypto` that are built on a provider run on this one. */
  readonly provider: CryptoProvider;
  /**
   * Whether messages that are not whole bytes go through this package's bit-level SHA-2 and Keccak, since a provider
   * takes bytes only. Default true; a test of somebody else's provider sets it to false.
   */
  readonly bitMessages?: boolean;
  readonly limits?: Limits;
  /** Is told of each mailbox command that a recorded device answered with success, and the model with the same bytes. */
  readonly onSameAnswer?: (command: number) => void;
}

/** A set of tests that can be run. */
export interface Suite {
  /** Where it was found, without the file's ending, e.g. `acvp/ML-KEM-keyGen-FIPS203`. */
  readonly name: string;
  /** Who published it, e.g. `NIST ACVP ML-KEM keyGen FIPS203`. */
  readonly source: string;
  run(context: ConformanceContext): SuiteResult;
}

/** Knows one layout of vectors by its contents, never by the names of folders above it. */
export interface Recognizer {
  readonly kind: string;
  /**
   * @param store - where the entry is from, for layouts that lie in more than one folder
   * @returns undefined if the entry is something else
   */
  recognize(entry: VectorEntry, store: VectorStore): Suite | undefined;
}

/** Longest list of failures kept; the count is exact all the same. */
export const MAX_FAILURES = 20;

/** @internal Thrown inside a test that cannot be run; becomes a count under its reason and never leaves the package. */
class NotRun extends Error {
  override readonly name = 'NotRun';
}

/** Ends a test as not run. */
export function notRun(reason: string): never {
  throw new NotRun(reason);
}

/** What went wrong, or undefined if all is as expected. */
export type Mismatch = string | undefined;

/** One test of a set. */
export interface TestCase {
  readonly id: string;
  /** @returns what is wrong, or nothing */
  run(): Mismatch;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Whether test `index` of `total` belongs to a sample of `size`: spread evenly, the first always in it. */
function inSample(index: number, total: number, size: number): boolean {
  return total <= size || Math.floor((index * size) / total) !== Math.floor(((index - 1) * size) / total);
}

/** Outcome of one test: passed, failed with a detail, or not run for a reason. */
type Outcome = 'passed' | { readonly failed: string } | { readonly notRun: string };

/** An exception is a failure: a provider has no reason to throw on a valid vector. */
function outcomeOf(test: TestCase): Outcome {
  try {
    const mismatch = test.run();
    return mismatch === undefined ? 'passed' : { failed: mismatch };
  } catch (error) {
    return error instanceof NotRun ? { notRun: error.message } : { failed: describe(error) };
  }
}

/** Runs the tests and counts. What a test throws is a failure, unless {@link notRun} threw it. */
export function runTests(
  name: string,
  source: string,
  tests: readonly TestCase[],
  { testsPerSuite = tests.length }: Limits = {},
): SuiteResult {
  const reasons = new Map<string, number>();
  const failures: Failure[] = [];
  let passed = 0;
  let failed = 0;
  for (const [index, test] of tests.entries()) {
    const outcome = inSample(index, tests.length, testsPerSuite) ? outcomeOf(test) : { notRun: 'outside the sample' };
    if (outcome === 'passed') passed++;
    else if ('notRun' in outcome) reasons.set(outcome.notRun, (reasons.get(outcome.notRun) ?? 0) + 1);
    else {
      failed++;
      if (failures.length < MAX_FAILURES) failures.push({ id: test.id, detail: outcome.failed });
    }
  }
  const notRun = [...reasons].map(([reason, count]) => ({ reason, count }));
  return { name, source, passed, failed, notRun, ...(failures.length > 0 ? { failures } : {}) };
}
