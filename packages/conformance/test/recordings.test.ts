import { describe, expect, test } from '@jest/globals';
import { findSuites, RECOGNIZERS } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { hasPack, packPath } from '@rootcap/vectors';
import { PROVIDERS } from './helpers.ts';

const KINDS = [
  'rom-scenarios',
  'rom-refusals',
  'smoke',
  'boot-recording',
  'firmware-uploads',
  'transcript',
  'dpe-recording',
];
/** Sessions of one device are enough here; the command line runs all. */
const SESSIONS =
  /a-passive-mldsa\/(boot-certs|rom|rom-errors|reset|crypto)\/|c-subsystem.*\/rom\/|f-passive.*\/crypto\//;

function recordings(vectors: string): void {
  const recognizers = RECOGNIZERS.filter(({ kind }) => KINDS.includes(kind));
  const suites = findSuites(openVectors(vectors), recognizers).filter(
    ({ name }) => !name.endsWith('transcript') || SESSIONS.test(name),
  );
  const provider = PROVIDERS.find(({ id }) => id === 'node')?.provider;
  test('there are recordings of boots and sessions', () => expect(suites.length).toBeGreaterThan(10));
  test.each(suites.map((suite) => ({ name: suite.name, suite })))('$name', ({ suite }) => {
    if (provider === undefined) throw new Error('no Node provider');
    const result = suite.run({ provider });
    expect(result.failures ?? []).toEqual([]);
    expect(result.failed).toBe(0);
    expect(result.passed).toBeGreaterThan(0);
  });
}

if (!hasPack('caliptra') || !hasPack('dpe')) test('left out: no caliptra or dpe pack', () => {});
else describe('recordings of the real firmware', () => recordings(packPath()));
