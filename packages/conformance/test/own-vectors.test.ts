import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createStore, findSuites, type Suite, type SuiteResult } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { hasPack, ownVectors, workingCopy } from '@rootcap/vectors';
import { PROVIDERS } from './helpers.ts';

const directory = ownVectors(workingCopy() as string);
const suites = findSuites(openVectors(directory));
const [, node] = PROVIDERS;

/** What a boot may leave out. */
const LEFT_OUT: readonly RegExp[] = [
  /^measurements of SoC firmware, which the recording does not give$/,
  /^outside the sample$/,
];

/** The same refusals are tested with the recordings, where they are there. */
const REFUSALS = hasPack('caliptra') ? 16 : Number.POSITIVE_INFINITY;
const SLOW = 300_000;

const passes = (result: SuiteResult): void => {
  expect(result.failures ?? []).toEqual([]);
  expect(result.failed).toBe(0);
  for (const { reason } of result.notRun) expect(LEFT_OUT.some((known) => known.test(reason))).toBe(true);
};

describe('test-vectors/ of the project', () => {
  test('every file but the manifest and the page is a known set, and all fit into a few hundred kilobytes', () => {
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const size = files.reduce((sum, { name, parentPath }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(size).toBeLessThan(400_000);
    const known = new Set(suites.map(({ name }) => name));
    for (const { name, parentPath } of files) {
      if (name === 'README.md' || name === 'packs.json') continue;
      const path = join(parentPath, name)
        .slice(directory.length + 1)
        .replace(/\.json$/, '');
      expect([...known].some((suite) => path === suite || path.startsWith(`${suite}/`))).toBe(true);
    }
    expect(suites.filter(({ name }) => name.startsWith('boots/'))).toHaveLength(21);
  });

  test.each(suites.map((suite) => ({ name: suite.name, suite })))(
    '$name',
    ({ suite }) => {
      const limits = suite.name === 'refusals' ? { limits: { testsPerSuite: REFUSALS } } : {};
      const result = suite.run({ provider: node.provider, ...limits });
      passes(result);
      expect(result.passed).toBeGreaterThan(5);
    },
    SLOW,
  );

  test.each(['boots/mldsa-prod', 'identity'])('%s with the portable provider', (name) => {
    const suite = suites.find((candidate) => candidate.name === name) as Suite;
    passes(suite.run({ provider: PROVIDERS[0].provider }));
  });
});

/** The same file with every digest, key, list or register changed by `change` where `path` leads. */
function falsified(name: string, change: (json: Record<string, unknown>) => void): SuiteResult {
  const json = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Record<string, unknown>;
  change(json);
  const store = createStore([[name, () => new TextEncoder().encode(JSON.stringify(json))]]);
  const [suite] = findSuites(store);
  return (suite as Suite).run({ provider: node.provider });
}

describe('a wrong expectation is noticed', () => {
  /** Where an expectation of a boot stands, and something else in its place. */
  const CHANGES: readonly (readonly [path: string, value: unknown])[] = [
    ['rom.registers.flow_status', 0],
    ['runtime.boot_status', [1, 2]],
    ['runtime.key_vault.4.sha256', '00'.repeat(32)],
    ['runtime.key_vault.6.control', 0],
    ['runtime.pcrs.2.sha256', '00'.repeat(32)],
    ['runtime.memory.pcr_log.sha256', '00'.repeat(32)],
    ['runtime.registers.fw_rev_id', '0'],
    ['runtime.trng_responses', 1],
    ['documents.ldevid_ecc.size', 10],
    ['documents.rt_alias_mldsa.sha256', '00'.repeat(32)],
  ];

  test('in each part of a boot', () => {
    const { failed, failures = [] } = falsified('boots/a-passive-mldsa.json', (json) => {
      for (const [path, value] of CHANGES) {
        const names = path.split('.');
        const last = names.pop() as string;
        let object = json.expect as Record<string, unknown>;
        for (const name of names) object = object[name] as Record<string, unknown>;
        object[last] = value;
      }
    });
    expect(failed).toBe(10);
    expect(failures.map(({ id }) => id)).toEqual([
      'ROM: register flow_status',
      'runtime: boot status',
      'runtime: key vault slot 4',
      'runtime: key vault slot 6',
      'runtime: PCR 2',
      'runtime: memory pcr_log',
      'runtime: register fw_rev_id',
      'runtime: TRNG responses',
      'document ldevid_ecc',
      'document rt_alias_mldsa',
    ]);
  });

  test('in a key ladder and a name', () => {
    const ladder = falsified('key-ladder.json', (json) => {
      const [device] = json.devices as unknown as { expect: { idevid: object; firmware_ladder: string } }[];
      if (device === undefined) return;
      device.expect.firmware_ladder = '00'.repeat(64);
      Object.assign(json, { devices: [device] });
    });
    expect(ladder.failures?.map(({ id }) => id)).toEqual(['production, SVN 0: firmware_ladder']);
    const names = falsified('identity.json', (json) => {
      const [key] = json.keys as unknown as { expect: { ueid: string } }[];
      if (key !== undefined) key.expect.ueid = '00'.repeat(17);
    });
    expect(names.failed).toBe(1);
  });
});
