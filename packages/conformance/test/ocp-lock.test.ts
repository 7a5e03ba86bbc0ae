import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findSuites } from '@rootcap/conformance';
import { hasPack, packPath } from '@rootcap/vectors';
import { jsonStore, PROVIDERS } from './helpers.ts';

const SUITES = ['hpke-lock-suites', 'hpke-pq-draft03-all', 'kdf', 'key-ladder', 'mdk-driver', 'sfr-trace'];
const provider = PROVIDERS.find(({ id }) => id === 'node')?.provider;

type Json = Readonly<Record<string, unknown>>;
const read = (name: string): Json => JSON.parse(readFileSync(packPath('ocp-lock', `${name}.json`), 'utf8')) as Json;

function run(name: string, json: unknown) {
  if (provider === undefined) throw new Error('no Node provider');
  const [suite] = findSuites(jsonStore({ [`ocp-lock/${name}.json`]: json }));
  return suite?.run({ provider });
}

/** The same with one hexadecimal digit changed. */
const altered = (json: unknown, text: string): unknown =>
  JSON.parse(JSON.stringify(json).replaceAll(text, `${text[0] === '0' ? '1' : '0'}${text.slice(1)}`));

if (!hasPack('ocp-lock')) test('left out: no ocp-lock pack', () => expect(hasPack('ocp-lock')).toBe(false));
else
  describe('vectors of OCP LOCK', () => {
    test('every file is a known set', () => {
      const files = readdirSync(packPath('ocp-lock')).flatMap((name) => (name.endsWith('.json') ? [name] : []));
      expect(files.map((name) => name.slice(0, -5)).sort()).toEqual(SUITES);
    });

    test.each(SUITES)('%s', (name) => {
      const result = run(name, read(name));
      expect(result).toMatchObject({ failed: 0 });
      expect(result?.passed).toBeGreaterThan(0);
    });

    test('only foreign suites of the HPKE drafts are left out', () => {
      expect(run('hpke-lock-suites', read('hpke-lock-suites'))?.notRun).toEqual([]);
      expect(run('hpke-pq-draft03-all', read('hpke-pq-draft03-all'))?.notRun).toEqual([
        { reason: 'a suite that OCP LOCK does not have', count: 55 },
      ]);
    });

    test.each([
      ['key-ladder', 'd002a1830850bbf66b5a15963ac23d34'],
      ['key-ladder', 'eb729a3b8a1105cd3a352d18fdc8ab4a'],
      ['mdk-driver', '000102030405060708090a0b0c0d0e0f'],
      ['kdf', 'c303887fb0aca8e78debb8a008e75c88'],
      ['hpke-lock-suites', 'ba95e8b9f0e4379e073383af32ee8359'],
      ['sfr-trace', '80040006'],
    ])('a wrong digit in %s is found', (name, text) => {
      expect(run(name, altered(read(name), text))?.failed).toBeGreaterThan(0);
    });
  });
