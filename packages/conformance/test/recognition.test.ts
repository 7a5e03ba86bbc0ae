import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createStore, findSuites, type Recognizer, runConformance } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { portableProvider } from '@rootcap/crypto';
import { acvpSet, jsonStore, runAll, runOne } from './helpers.ts';

const HMAC = { algorithm: 'HMAC-SHA2-256', revision: '1.0' };
const KEY = '000102030405060708090a0b0c0d0e0f';
const MAC = createHmac('sha256', Buffer.from(KEY, 'hex')).update('abc').digest('hex').toUpperCase();

/** One HMAC test in the layout of revision 1.0: lengths in the group. */
const hmacSet = (folder: string, mac = MAC) =>
  acvpSet(folder, HMAC, [
    {
      group: { keyLen: 128, msgLen: 24, macLen: 256 },
      tests: [{ input: { key: KEY, msg: '616263' }, answer: { mac } }],
    },
  ]);

const WYCHEPROOF = {
  algorithm: 'HMACSHA256',
  schema: 'mac_test_schema_v1.json',
  numberOfTests: 2,
  testGroups: [
    {
      type: 'MacTest',
      keySize: 128,
      tagSize: 128,
      tests: [
        { tcId: 1, key: KEY, msg: '616263', tag: MAC.slice(0, 32).toLowerCase(), result: 'valid' },
        { tcId: 2, key: KEY, msg: '616264', tag: MAC.slice(0, 32).toLowerCase(), result: 'invalid' },
      ],
    },
  ],
};

describe('recognition', () => {
  test('goes by contents and works at any depth under any name', () => {
    const { report } = runAll(jsonStore({ ...hmacSet('a/b/c/unheard-of'), 'x/y.json': WYCHEPROOF, ...hmacSet('z') }));
    expect(report).toEqual({
      suites: [
        { name: 'a/b/c/unheard-of', source: 'NIST ACVP HMAC-SHA2-256 1.0', passed: 1, failed: 0, notRun: [] },
        { name: 'x/y', source: 'Project Wycheproof HMACSHA256', passed: 2, failed: 0, notRun: [] },
        { name: 'z', source: 'NIST ACVP HMAC-SHA2-256 1.0', passed: 1, failed: 0, notRun: [] },
      ],
      passed: 4,
      failed: 0,
      notRun: 0,
    });
  });

  test('a set at the root of the directory is named by its contents', () => {
    const files = Object.entries(hmacSet('')).map(([path, value]) => [path.slice(1), value] as const);
    expect(runOne(Object.fromEntries(files)).name).toBe('NIST ACVP HMAC-SHA2-256 1.0');
  });

  test('passes over what it does not know', () => {
    const store = createStore([
      ['README.md', () => new TextEncoder().encode('# vectors')],
      ['manifest.json', () => new TextEncoder().encode('[{"file":"x"}]')],
      ['broken.json', () => new TextEncoder().encode('{"algorithm":')],
      ['acvp/lonely/prompt.json', () => new TextEncoder().encode('{"algorithm":"KDF","testGroups":[]}')],
    ]);
    expect(findSuites(store)).toEqual([]);
  });

  test('takes the older ACVP layout, an array with the version first', () => {
    const wrapped = Object.entries(hmacSet('old')).map(([path, value]) => [path, [{ acvVersion: '0.5' }, value]]);
    expect(runOne(Object.fromEntries(wrapped))).toMatchObject({ passed: 1, failed: 0, notRun: [] });
  });

  test('takes results without groups', () => {
    const files = hmacSet('old');
    files['old/expectedResults.json'] = { ...HMAC, testResults: [{ tcId: 1, mac: MAC }] };
    expect(runOne(files)).toMatchObject({ passed: 1, failed: 0, notRun: [] });
  });

  test('an algorithm that the library lacks is not run, with the reason', () => {
    const siv = { ...WYCHEPROOF, algorithm: 'AES-GCM-SIV', testGroups: [{ type: 'AeadTest', tests: [{ tcId: 1 }] }] };
    expect(runOne({ 'aes_gcm_siv_test.json': siv })).toEqual({
      name: 'aes_gcm_siv',
      source: 'Project Wycheproof AES-GCM-SIV',
      passed: 0,
      failed: 0,
      notRun: [{ reason: 'AES-GCM-SIV AeadTest is not part of the library', count: 1 }],
    });
    const tdes = acvpSet('ACVP-TDES-CBC-1.0', { algorithm: 'ACVP-TDES-CBC', revision: '1.0' }, [
      {
        tests: [
          { input: {}, answer: {} },
          { input: {}, answer: {} },
        ],
      },
    ]);
    expect(runOne(tdes).notRun).toEqual([{ reason: 'ACVP-TDES-CBC 1.0 is not part of the library', count: 2 }]);
  });

  test('a field that is missing makes a test not run, not failed', () => {
    const set = acvpSet('new', HMAC, [{ tests: [{ input: { key: KEY, message: '00' }, answer: { mac: MAC } }] }]);
    expect(runOne(set).notRun).toEqual([{ reason: 'unknown layout: no field "macLen" with a number', count: 1 }]);
  });

  test('further recognisers can be given, for files and for whole folders', () => {
    const suite = (name: string) => ({
      name,
      source: 'test',
      run: () => ({ name, source: 'test', passed: 1, failed: 0, notRun: [] }),
    });
    const recordings: Recognizer = {
      kind: 'recordings',
      recognize: (entry) => (entry.kind === 'folder' && entry.file('boot.bin') ? suite(entry.path) : undefined),
    };
    const store = createStore([
      ['boots/a/boot.bin', () => Uint8Array.of(1, 2)],
      ['boots/a/extra.json', () => new TextEncoder().encode('{}')],
    ]);
    expect(findSuites(store, [recordings]).map(({ name }) => name)).toEqual(['boots/a']);
    expect(runConformance(findSuites(store, [recordings]), { provider: portableProvider }).passed).toBe(1);
  });
});

describe('failures', () => {
  test('a corrupted expected value is a failure that says where', () => {
    const corrupted = `00${MAC.slice(2)}`;
    const { report, results } = runAll(jsonStore(hmacSet('bad', corrupted)));
    expect(report.failed).toBe(1);
    expect(report.suites[0]).not.toHaveProperty('failures');
    expect(results[0]?.failures).toEqual([
      {
        id: '1/1',
        detail: `mac: expected ${corrupted.slice(0, 16).toLowerCase()}… at byte 0, got ${MAC.slice(0, 16).toLowerCase()}…`,
      },
    ]);
  });

  test('an accepted forgery is a failure', () => {
    const [group] = WYCHEPROOF.testGroups;
    const forged = { ...WYCHEPROOF, testGroups: [{ ...group, tests: [{ ...group?.tests[0], result: 'invalid' }] }] };
    expect(runOne({ 'forged.json': forged }).failures).toEqual([
      { id: '1', detail: 'expected to be refused, was accepted' },
    ]);
  });

  test('a set whose results cannot be read fails', () => {
    const store = createStore([
      ['s/prompt.json', () => new TextEncoder().encode(JSON.stringify(hmacSet('s')['s/prompt.json']))],
      ['s/expectedResults.json', () => new TextEncoder().encode('{')],
    ]);
    expect(runAll(store).report).toMatchObject({ passed: 0, failed: 1 });
  });

  test('a provider that throws fails the test', () => {
    const provider = {
      ...portableProvider,
      hmac: {
        ...portableProvider.hmac,
        mac: (): Uint8Array => {
          throw new RangeError('key: expected 48 bytes, got 16');
        },
      },
    };
    expect(runOne(hmacSet('s'), { provider }).failures).toEqual([
      { id: '1/1', detail: 'RangeError: key: expected 48 bytes, got 16' },
    ]);
  });

  test('a sample is spread evenly and the rest counts as not run', () => {
    const test = { input: { key: KEY, msg: '616263' }, answer: { mac: MAC } };
    const set = acvpSet('s', HMAC, [{ group: { keyLen: 128, msgLen: 24, macLen: 256 }, tests: Array(10).fill(test) }]);
    expect(runOne(set, { provider: portableProvider, limits: { testsPerSuite: 3 } })).toMatchObject({
      passed: 3,
      notRun: [{ reason: 'outside the sample', count: 7 }],
    });
  });
});

describe('openVectors', () => {
  test('reads packed and plain files at any depth and follows links once', () => {
    const directory = mkdtempSync(join(tmpdir(), 'rootcap-conformance-'));
    try {
      for (const [path, value] of Object.entries(hmacSet('deep/down/HMAC-SHA2-999-1.0'))) {
        mkdirSync(join(directory, 'deep/down/HMAC-SHA2-999-1.0'), { recursive: true });
        writeFileSync(join(directory, `${path}.gz`), gzipSync(JSON.stringify(value)));
      }
      writeFileSync(join(directory, 'plain_test.json'), JSON.stringify(WYCHEPROOF));
      writeFileSync(join(directory, '.hidden.json'), JSON.stringify(WYCHEPROOF));
      symlinkSync(directory, join(directory, 'deep/loop'));
      const { report } = runAll(openVectors(directory));
      expect(report.suites.map(({ name, passed }) => [name, passed])).toEqual([
        ['plain', 2],
        ['deep/down/HMAC-SHA2-999-1.0', 1],
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('a packed file needs a function to unpack it', () => {
    const store = createStore([['a.json.gz', () => gzipSync('{}')]]);
    expect(() => store.folders[0]?.file('a.json')?.json()).toThrow(TypeError);
  });
});
