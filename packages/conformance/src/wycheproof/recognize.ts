import { Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import type { VectorEntry } from '../store.ts';
import {
  type ConformanceContext,
  type Mismatch,
  notRun,
  type Recognizer,
  runTests,
  type Suite,
  type TestCase,
} from '../suite.ts';
import { findHandler } from './handlers.ts';

/** @param test - the test, then its group, then the file: a field is looked for in this order */
export type WycheproofHandler = (test: Fields, context: ConformanceContext) => Mismatch;

function isTestFile(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    typeof value.algorithm === 'string' &&
    Array.isArray(value.testGroups) &&
    (typeof value.schema === 'string' || typeof value.numberOfTests === 'number')
  );
}

function testCases(file: JsonObject, context: ConformanceContext): TestCase[] {
  const algorithm = String(file.algorithm);
  return objects(file.testGroups).flatMap((group) => {
    const handler = findHandler(algorithm, String(group.type ?? ''));
    return objects(group.tests).map((test) => ({
      id: String(test.tcId ?? ''),
      run() {
        if (handler === undefined) return notRun(`${algorithm} ${String(group.type ?? '')} is not part of the library`);
        return handler(new Fields(test, group, file), context);
      },
    }));
  });
}

/** A file of Project Wycheproof, known by `algorithm`, `testGroups` and `schema` or `numberOfTests`. */
export const wycheproof: Recognizer = {
  kind: 'wycheproof',
  recognize(entry: VectorEntry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isTestFile(json)) return undefined;
    const name = entry.path.replace(/(_test)?\.json(\.gz)?$/, '');
    const source = `Project Wycheproof ${String(json.algorithm)}`;
    return {
      name,
      source,
      run(context) {
        const file = readJson(entry);
        const tests = isTestFile(file) ? testCases(file, context) : [];
        return runTests(name, source, tests, context.limits);
      },
    };
  },
};
