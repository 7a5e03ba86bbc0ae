import { describe, expect, test } from '@jest/globals';
import { COMPARED_COMMANDS, findSuites, RECOGNIZERS, type VectorFolder } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { COMMAND_ID, commandName } from '@rootcap/firmware';
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
  /a-passive-mldsa\/(boot-certs|rom|rom-errors|reset|crypto)\/|c-subsystem.*\/(rom|errors|ocp-lock)\/|f-passive.*\/crypto\//;

/** Commands of which a session has an answer of success. */
function successes({ files }: VectorFolder): number[] {
  const entries = files.find(({ name }) => name === 'transcript.json')?.json() ?? [];
  const list = entries as readonly { readonly cmd?: number; readonly status?: string }[];
  return list.flatMap(({ cmd, status }) => (cmd === undefined || status === 'CMD_FAILURE' ? [] : [cmd]));
}

function recordings(vectors: string): void {
  const compared = new Set<number>();
  const recognizers = RECOGNIZERS.filter(({ kind }) => KINDS.includes(kind));
  const suites = findSuites(openVectors(vectors), recognizers).filter(
    ({ name }) => !name.endsWith('transcript') || SESSIONS.test(name),
  );
  const provider = PROVIDERS.find(({ id }) => id === 'node')?.provider;
  test('there are recordings of boots and sessions', () => expect(suites.length).toBeGreaterThan(10));
  test.each(suites.map((suite) => ({ name: suite.name, suite })))('$name', ({ suite }) => {
    if (provider === undefined) throw new Error('no Node provider');
    const result = suite.run({ provider, onSameAnswer: (command) => compared.add(command) });
    expect(result.failures ?? []).toEqual([]);
    expect(result.failed).toBe(0);
    expect(result.passed).toBeGreaterThan(0);
  });
  test('every command that a session compared is declared as compared, and there are recordings of those that are', () => {
    const declared: readonly number[] = COMPARED_COMMANDS.map((name) => COMMAND_ID[name]);
    expect([...compared].filter((id) => !declared.includes(id)).map(commandName)).toEqual([]);
    const recorded = new Set(openVectors(vectors).folders.flatMap(successes));
    expect(declared.filter((id) => !recorded.has(id)).map(commandName)).toEqual([]);
  });
}

if (!hasPack('caliptra') || !hasPack('dpe')) test('left out: no caliptra or dpe pack', () => {});
else describe('recordings of the real firmware', () => recordings(packPath()));
