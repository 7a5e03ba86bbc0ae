import { describe, expect, test } from '@jest/globals';
import { findSuites, RECOGNIZERS, runConformance, type SuiteResult } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { hasPack, packPath } from '@rootcap/vectors';
import { acvpSet, PROVIDERS, runOne } from './helpers.ts';

const PACKS = ['acvp', 'wycheproof', 'rfc'];

const ALGORITHMS = RECOGNIZERS.filter(({ kind }) => ['acvp', 'wycheproof', 'rfc6979'].includes(kind));

/** Everything in the folder, a few tests of each set. The whole of it is the command line's business: it takes a minute. */
function sampleTests(vectors: string): void {
  test.each(PROVIDERS)('a sample of every set passes, $id', ({ provider }) => {
    const results: SuiteResult[] = [];
    const suites = findSuites(openVectors(vectors), ALGORITHMS);
    const limits = { testsPerSuite: 3, monteCarloRounds: 1 };
    const report = runConformance(suites, { provider, limits }, (result) => results.push(result));
    expect(results.flatMap(({ name, failures = [] }) => failures.map((failure) => ({ name, ...failure })))).toEqual([]);
    expect(report.failed).toBe(0);
    expect(report.passed).toBeGreaterThanOrEqual(2 * suites.length);
    const sources = new Set(suites.map(({ source }) => source.split(' ').slice(0, 2).join(' ')));
    expect(sources).toEqual(new Set(['NIST ACVP', 'Project Wycheproof', 'RFC 6979']));
  });
}

type Json = Readonly<Record<string, string>>;

/** What the tests below read of a file, in either format. */
interface VectorSet {
  readonly testGroups: readonly (Json & { readonly tests: readonly (Json & { readonly tcId: number })[] })[];
}

/** Official tests rewritten into the layouts of sets that take a seed where others take an expanded key, and back. */
function rewrittenTests(vectors: string): void {
  const { folders } = openVectors(vectors);
  const wycheproof = (name: string): VectorSet =>
    folders
      .flatMap(({ files }) => files)
      .find((file) => file.name === name)
      ?.json() as VectorSet;
  const acvp = (folder: string, file: string): VectorSet =>
    folders
      .find(({ path }) => path.endsWith(folder))
      ?.file(file)
      ?.json() as VectorSet;
  /** Group and tests of an ACVP set, each test with its expected result. */
  const acvpTests = (folder: string, wanted: (group: Readonly<Record<string, unknown>>) => boolean): Json[] => {
    const answers = acvp(folder, 'expectedResults.json').testGroups.flatMap(({ tests }) => tests);
    const group = acvp(folder, 'prompt.json').testGroups.find(wanted);
    return (group?.tests ?? [])
      .slice(0, 3)
      .map((test) => ({ ...test, ...answers.find(({ tcId }) => tcId === test.tcId) })) as Json[];
  };

  test('ML-DSA sigGen FIPS204-tr1: the key is a seed', () => {
    const [group] = wycheproof('mldsa_44_sign_seed_test.json').testGroups;
    const tests = (group?.tests ?? []).filter(({ result }) => result === 'valid').slice(0, 3);
    const set = acvpSet('s', { algorithm: 'ML-DSA', mode: 'sigGen', revision: 'FIPS204-tr1' }, [
      {
        group: {
          parameterSet: 'ML-DSA-44',
          keyFormat: 'seed',
          deterministic: true,
          signatureInterface: 'internal',
          externalMu: true,
        },
        tests: tests.map(({ mu, sig }) => ({ input: { seed: group?.privateSeed, mu }, answer: { signature: sig } })),
      },
    ]);
    expect(runOne(set)).toMatchObject({ passed: 3, failed: 0, notRun: [] });
  });

  test('ML-KEM encapDecap FIPS203-tr1: the key is two seeds', () => {
    const groups = wycheproof('mlkem_512_test.json').testGroups;
    const tests = groups.flatMap((group) => group.tests.filter(({ result }) => result === 'valid')).slice(0, 3);
    const set = acvpSet('s', { algorithm: 'ML-KEM', mode: 'encapDecap', revision: 'FIPS203-tr1' }, [
      {
        group: { parameterSet: 'ML-KEM-512', function: 'decapsulation', keyFormat: 'seed', testType: 'VAL' },
        tests: tests.map(({ seed = '', c, K }) => ({
          input: { d: seed.slice(0, 64), z: seed.slice(64), c },
          answer: { k: K },
        })),
      },
    ]);
    expect(runOne(set)).toMatchObject({ passed: 3, failed: 0, notRun: [] });
  });

  test('Wycheproof ML-DSA without seed: the key is expanded', () => {
    const wanted = (group: Readonly<Record<string, unknown>>) =>
      group.parameterSet === 'ML-DSA-65' && group.preHash === 'pure' && group.deterministic === true;
    const testGroups = acvpTests('ML-DSA-sigGen-FIPS204', wanted).flatMap(
      ({ sk = '', message, context, signature }) => [
        {
          type: 'MlDsaSign',
          privateKey: sk,
          tests: [{ tcId: 1, msg: message, ctx: context, sig: signature, result: 'valid' }],
        },
        { type: 'MlDsaSign', privateKey: sk.slice(2), tests: [{ tcId: 2, msg: message, sig: '', result: 'invalid' }] },
      ],
    );
    const file = { algorithm: 'ML-DSA-65', schema: 'mldsa_sign_noseed_schema.json', testGroups };
    expect(runOne({ 'mldsa_65_sign_noseed_test.json': file })).toMatchObject({ passed: 6, failed: 0, notRun: [] });
  });

  test('Wycheproof ML-KEM semi-expanded: only whether the key is taken', () => {
    const wanted = (group: Readonly<Record<string, unknown>>) =>
      group.parameterSet === 'ML-KEM-768' && group.function === 'decapsulation';
    const tests = acvpTests('ML-KEM-encapDecap-FIPS203', wanted).flatMap(({ dk = '', c }) => [
      { tcId: 1, flags: [], dk, c, result: 'valid' },
      { tcId: 2, flags: [], dk: `${dk.slice(0, -128)}${'00'.repeat(32)}${dk.slice(-64)}`, c, result: 'invalid' },
    ]);
    const testGroups = [{ type: 'MLKEMDecapsValidationTest', parameterSet: 'ML-KEM-768', tests }];
    const file = { algorithm: 'ML-KEM', schema: 'mlkem_semi_expanded_decaps_test_schema.json', testGroups };
    expect(runOne({ 'mlkem_768_semi_expanded_decaps_test.json': file })).toMatchObject({
      passed: 6,
      failed: 0,
      notRun: [],
    });
  });
}

if (!PACKS.every((pack) => hasPack(pack))) test(`left out: no ${PACKS.join(', ')} packs`, () => {});
else {
  const directory = packPath();
  describe('shared vectors', () => sampleTests(directory));
  describe('shared vectors in newer layouts', () => rewrittenTests(directory));
}
