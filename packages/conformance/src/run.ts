import { acvp } from './acvp/recognize.ts';
import { nttImages } from './adams-bridge/ntt-images.ts';
import { programCheck } from './adams-bridge/program-check.ts';
import { referenceFiles } from './adams-bridge/reference-files.ts';
import { rtlTraces } from './adams-bridge/rtl-traces.ts';
import { smokeArrays } from './adams-bridge/smoke-arrays.ts';
import { uvmKats } from './adams-bridge/uvm-kats.ts';
import { bootDigests } from './caliptra/boot-digests.ts';
import { bootRecordings } from './caliptra/boot-recording.ts';
import { firmwareUploads } from './caliptra/firmware-uploads.ts';
import { romRefusals } from './caliptra/rom-refusals.ts';
import { romScenarios } from './caliptra/rom-scenarios.ts';
import { smoke } from './caliptra/smoke.ts';
import { transcripts } from './caliptra/transcript.ts';
import { dpeRecordings } from './dpe/simulator-recording.ts';
import { identity } from './own/identity.ts';
import { keyLadder } from './own/key-ladder.ts';
import { rfc6979 } from './rfc6979.ts';
import type { VectorEntry, VectorStore } from './store.ts';
import type { ConformanceContext, Recognizer, Suite, SuiteResult } from './suite.ts';
import { wycheproof } from './wycheproof/recognize.ts';

/** Every layout this package knows. */
export const RECOGNIZERS: readonly Recognizer[] = [
  acvp,
  wycheproof,
  rfc6979,
  bootDigests,
  romScenarios,
  romRefusals,
  smoke,
  bootRecordings,
  firmwareUploads,
  transcripts,
  dpeRecordings,
  keyLadder,
  identity,
  programCheck,
  rtlTraces,
  uvmKats,
  smokeArrays,
  referenceFiles,
  nttImages,
];

export interface Report {
  /** Results without the details of failures. */
  readonly suites: readonly Omit<SuiteResult, 'failures'>[];
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
}

function firstMatch(entry: VectorEntry, store: VectorStore, recognizers: readonly Recognizer[]): Suite | undefined {
  for (const recognizer of recognizers) {
    const suite = recognizer.recognize(entry, store);
    if (suite !== undefined) return suite;
  }
  return undefined;
}

/**
 * The sets of a store, at any depth, ordered by path. A folder that is recognised as a whole owns the files directly in
 * it; other files are looked at one by one, and what nobody knows is passed over.
 */
export function findSuites(store: VectorStore, recognizers: readonly Recognizer[] = RECOGNIZERS): Suite[] {
  return store.folders.flatMap((folder) => {
    const whole = firstMatch(folder, store, recognizers);
    if (whole !== undefined) return [whole];
    return folder.files.flatMap((file) => firstMatch(file, store, recognizers) ?? []);
  });
}

/**
 * Runs the suites in order.
 *
 * @param onResult - is given each result, with details of failures, as soon as it is there
 */
export function runConformance(
  suites: readonly Suite[],
  context: ConformanceContext,
  onResult: (result: SuiteResult) => void = () => {},
): Report {
  const results: Omit<SuiteResult, 'failures'>[] = [];
  let passed = 0;
  let failed = 0;
  let notRun = 0;
  for (const suite of suites) {
    const result = suite.run(context);
    onResult(result);
    const { failures: _, ...counts } = result;
    results.push(counts);
    passed += result.passed;
    failed += result.failed;
    for (const { count } of result.notRun) notRun += count;
  }
  return { suites: results, passed, failed, notRun };
}
