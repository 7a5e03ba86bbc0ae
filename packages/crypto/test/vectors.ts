import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type CryptoProvider, portableProvider } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { hasPack, packPath } from '@rootcap/vectors';

/** Every test of a provider runs on both. */
export const PROVIDERS: readonly CryptoProvider[] = [portableProvider, nodeProvider()];

/** Defines tests that need a pack of vectors, or says that they are left out because the pack is not there. */
export function withPack(pack: string, define: () => void): void {
  if (hasPack(pack)) describe(pack, define);
  else test(`left out: no ${pack} pack`, () => expect(hasPack(pack)).toBe(false));
}

export function readPack<T>(path: string): T {
  const bytes = readFileSync(packPath(path));
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as T;
}

type Fields = Readonly<Record<string, string>>;

/** A test of a vector file with the fields of its group. Numbers and flags arrive as strings. */
export interface Vector {
  readonly group: Fields;
  readonly input: Fields;
  readonly expected: Fields;
}

interface Group {
  readonly tgId?: number;
  readonly tests: readonly Record<string, unknown>[];
}

/** Plain fields as strings; those of an object inside as `object.field`. Lists are left out. */
function fieldsOf(record: object, prefix = ''): Fields {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]: [string, unknown]) => {
      if (Array.isArray(value) || value === null) return [];
      if (typeof value === 'object') return Object.entries(fieldsOf(value as object, `${prefix}${name}.`));
      return [[`${prefix}${name}`, String(value)]];
    }),
  );
}

/** At most `count` tests, spread evenly over the file. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, i) => i % step === 0);
}

export function wycheproof(name: string, count: number): readonly Vector[] {
  const { testGroups } = readPack<{ testGroups: readonly Group[] }>(`wycheproof/${name}_test.json.gz`);
  const all = testGroups.flatMap((group) =>
    group.tests.map((t) => ({ group: fieldsOf(group), input: fieldsOf(t), expected: fieldsOf(t) })),
  );
  return spread(all, count);
}

export function acvp(name: string, count: number): readonly Vector[] {
  const [prompt, expected] = ['prompt', 'expectedResults'].map((file) =>
    readPack<{ testGroups: readonly Group[] }>(`acvp/${name}/${file}.json.gz`),
  );
  const all = (prompt?.testGroups ?? []).flatMap((group, g) =>
    group.tests.map((t, i) => ({
      group: fieldsOf(group),
      input: fieldsOf(t),
      expected: fieldsOf(expected?.testGroups[g]?.tests[i] ?? {}),
    })),
  );
  return spread(all, count);
}

/** The value, or `undefined` if malformed input was refused. Any other error is a failure of the test. */
export function unlessRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
