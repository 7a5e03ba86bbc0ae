import {
  createStore,
  findSuites,
  type Limits,
  runConformance,
  type SuiteResult,
  type VectorStore,
} from '@rootcap/conformance';
import { portableProvider } from '@rootcap/crypto';
import { createAbrBench } from './bench.ts';
import { type CommandCounts, RegisterDriver, registerProvider } from './register-driver.ts';

/** Parameter sets that the accelerator has. */
const SETS = ['ML-DSA-87', 'ML-KEM-1024'];
const ACVP_FOLDER = /(^|\/)ML-(DSA|KEM)-[^/]*$/;
const WYCHEPROOF_FILE = /^(mldsa_87|mlkem_1024)_.*\.json$/;

interface Group {
  readonly tgId: number;
  readonly parameterSet?: string;
}
interface GroupedSet {
  readonly testGroups: readonly Group[];
}

/** The ACVP and Wycheproof tests of ML-DSA-87 and ML-KEM-1024 in a store of vectors, and no others. */
export function latticeVectors(store: VectorStore): VectorStore {
  const encode = (json: unknown) => () => new TextEncoder().encode(JSON.stringify(json));
  const entries = store.folders.flatMap((folder) => {
    const files = folder.files.filter(({ name }) => WYCHEPROOF_FILE.test(name));
    const own = files.map((file) => [`${folder.path}/${file.name}`, () => file.bytes()] as const);
    const [prompt, results] = [folder.file('prompt.json'), folder.file('expectedResults.json')];
    if (!ACVP_FOLDER.test(folder.path) || prompt === undefined || results === undefined) return own;
    const asked = prompt.json() as GroupedSet;
    const groups = asked.testGroups.filter(({ parameterSet }) => SETS.includes(parameterSet ?? ''));
    const kept = new Set(groups.map(({ tgId }) => tgId));
    const answered = results.json() as GroupedSet;
    const answers = answered.testGroups.filter(({ tgId }) => kept.has(tgId));
    return [
      ...own,
      [`${folder.path}/prompt.json`, encode({ ...asked, testGroups: groups })] as const,
      [`${folder.path}/expectedResults.json`, encode({ ...answered, testGroups: answers })] as const,
    ];
  });
  return createStore(entries);
}

/**
 * Runs the vectors with an accelerator whose registers are driven as firmware drives them, on the model's engine.
 *
 * @returns result of each set, and how often each command was given
 */
export function runThroughRegisters(
  store: VectorStore,
  limits?: Limits,
): { readonly results: readonly SuiteResult[]; readonly commands: CommandCounts } {
  const driver = new RegisterDriver(createAbrBench('rtl-2.0.3').abr);
  const provider = registerProvider(portableProvider, driver);
  const results: SuiteResult[] = [];
  runConformance(findSuites(latticeVectors(store)), { provider, ...(limits && { limits }) }, (result) =>
    results.push(result),
  );
  return { results, commands: driver.counts };
}
