import { Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import type { VectorEntry, VectorFile } from '../store.ts';
import {
  type ConformanceContext,
  type Mismatch,
  notRun,
  type Recognizer,
  runTests,
  type Suite,
  type SuiteResult,
  type TestCase,
} from '../suite.ts';
import { findHandler } from './handlers.ts';

/** A test as a handler sees it. */
export interface AcvpTest {
  /** `prompt.json`: the test, then its group, then the set. */
  readonly input: Fields;
  /** `expectedResults.json`: the same test, then its group. */
  readonly answer: Fields;
}

export type AcvpHandler = (test: AcvpTest, context: ConformanceContext) => Mismatch;

/** What a set says about itself. */
export interface AcvpSet {
  readonly algorithm: string;
  readonly mode: string;
  readonly revision: string;
}

/**
 * The vector set of a file: an object with `testGroups`, or the older layout, an array with a version object before it.
 */
function vectorSet(file: VectorFile): JsonObject | undefined {
  const json = readJson(file);
  return [...(isObject(json) ? [json] : objects(json))].find((part) =>
    Array.isArray(part.testGroups ?? part.testResults),
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function describeSet(set: JsonObject): AcvpSet | undefined {
  const algorithm = textOf(set.algorithm);
  return algorithm === '' ? undefined : { algorithm, mode: textOf(set.mode), revision: textOf(set.revision) };
}

/** Answers by tcId, which is unique in a set; some early sets list them without groups. */
function answersOf(set: JsonObject): Map<unknown, Fields> {
  const answers = new Map<unknown, Fields>();
  for (const test of objects(set.testResults)) answers.set(test.tcId, new Fields(test));
  for (const group of objects(set.testGroups))
    for (const test of objects(group.tests)) answers.set(test.tcId, new Fields(test, group));
  return answers;
}

function testCases(prompt: JsonObject, expected: JsonObject, about: AcvpSet, context: ConformanceContext): TestCase[] {
  const handler = findHandler(about);
  const answers = answersOf(expected);
  return objects(prompt.testGroups).flatMap((group) =>
    objects(group.tests).map((test) => ({
      id: `${String(group.tgId ?? '')}/${String(test.tcId ?? '')}`,
      run() {
        if (handler === undefined) return notRun(`${sourceName(about)} is not part of the library`);
        const answer = answers.get(test.tcId) ?? notRun('no expected result');
        return handler({ input: new Fields(test, group, prompt), answer }, context);
      },
    })),
  );
}

const sourceName = ({ algorithm, mode, revision }: AcvpSet): string =>
  [algorithm, mode, revision].filter((part) => part !== '').join(' ');

function runSet(
  name: string,
  source: string,
  prompt: VectorFile,
  expected: VectorFile,
  context: ConformanceContext,
): SuiteResult {
  const set = vectorSet(prompt);
  const about = set === undefined ? undefined : describeSet(set);
  const results = vectorSet(expected);
  const tests =
    set === undefined || about === undefined || results === undefined
      ? [{ id: expected.path, run: () => 'expected an ACVP vector set with testGroups' }]
      : testCases(set, results, about, context);
  return runTests(name, source, tests, context.limits);
}

/** A folder with `prompt.json` and `expectedResults.json`, as NIST's ACVP server publishes them. */
export const acvp: Recognizer = {
  kind: 'acvp',
  recognize(entry: VectorEntry): Suite | undefined {
    if (entry.kind !== 'folder') return undefined;
    const prompt = entry.file('prompt.json');
    const expected = entry.file('expectedResults.json');
    if (prompt === undefined || expected === undefined) return undefined;
    const set = vectorSet(prompt);
    const about = set === undefined ? undefined : describeSet(set);
    const source = about === undefined ? 'NIST ACVP' : `NIST ACVP ${sourceName(about)}`;
    const name = entry.path === '' ? source : entry.path;
    return { name, source, run: (context) => runSet(name, source, prompt, expected, context) };
  },
};
