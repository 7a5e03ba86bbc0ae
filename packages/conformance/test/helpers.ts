import {
  type ConformanceContext,
  createStore,
  findSuites,
  type Report,
  runConformance,
  type SuiteResult,
  type VectorStore,
} from '@rootcap/conformance';
import { portableProvider } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';

export const PROVIDERS = [
  { id: 'portable', provider: portableProvider },
  { id: 'node', provider: nodeProvider() },
] as const;

/** A store of JSON files by path. */
export function jsonStore(files: Readonly<Record<string, unknown>>): VectorStore {
  return createStore(
    Object.entries(files).map(
      ([path, value]) => [path, () => new TextEncoder().encode(JSON.stringify(value))] as const,
    ),
  );
}

export interface AcvpGroup {
  readonly group?: Readonly<Record<string, unknown>>;
  readonly answerGroup?: Readonly<Record<string, unknown>>;
  readonly tests: readonly { readonly input: object; readonly answer: object }[];
}

/** The two files of an ACVP folder. */
export function acvpSet(folder: string, about: object, groups: readonly AcvpGroup[]): Record<string, unknown> {
  let tcId = 0;
  const ids = groups.map(({ tests }) => tests.map(() => ++tcId));
  const side = (pick: 'input' | 'answer') =>
    groups.map(({ group = {}, answerGroup = {}, tests }, g) => ({
      tgId: g + 1,
      ...(pick === 'input' ? { testType: 'AFT', ...group } : answerGroup),
      tests: tests.map((test, t) => ({ tcId: ids[g]?.[t], ...test[pick] })),
    }));
  return {
    [`${folder}/prompt.json`]: { vsId: 0, ...about, testGroups: side('input') },
    [`${folder}/expectedResults.json`]: { vsId: 0, ...about, testGroups: side('answer') },
  };
}

/** Runs everything in a store. The results keep the details of failures. */
export function runAll(
  store: VectorStore,
  context: ConformanceContext = { provider: portableProvider },
): { report: Report; results: readonly SuiteResult[] } {
  const results: SuiteResult[] = [];
  const report = runConformance(findSuites(store), context, (result) => results.push(result));
  return { report, results };
}

/** Result of the only suite in these files. */
export function runOne(files: Readonly<Record<string, unknown>>, context?: ConformanceContext): SuiteResult {
  const { results } = runAll(jsonStore(files), context);
  const [only] = results;
  if (only === undefined || results.length !== 1) throw new Error(`expected one suite, got ${results.length}`);
  return only;
}
