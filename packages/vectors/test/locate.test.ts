import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  cacheDirectory,
  findVectorPacks,
  hasPack,
  ownVectors,
  packPath,
  parseManifest,
  workingCopy,
} from '@rootcap/vectors';

function repository(...directories: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'rootcap-locate-'));
  for (const directory of ['copy', ...directories]) mkdirSync(join(root, directory), { recursive: true });
  return join(root, 'copy');
}

describe('where the packs are', () => {
  const cwd = repository('packs/acvp', 'empty', 'shared/vectors', 'copy/.cache/vectors');
  writeFileSync(join(cwd, 'file'), 'x');

  test('the variable comes first, relative to the current directory', () => {
    for (const value of ['../packs', join(cwd, '../packs')])
      expect(findVectorPacks({ env: { ROOTCAP_VECTORS: value }, cwd, repository: cwd })).toEqual({
        directory: join(cwd, '../packs'),
        named: true,
      });
  });

  test.each([
    ['', /ROOTCAP_VECTORS: expected a directory of vector packs, got an empty text/],
    ['nowhere', /ROOTCAP_VECTORS: expected a directory of vector packs, .*nowhere is none/],
    ['file', /file is none/],
    ['../empty', /empty is empty/],
  ])('a variable that names nothing is refused: "%s"', (value, message) => {
    expect(() => findVectorPacks({ env: { ROOTCAP_VECTORS: value }, cwd, repository: cwd })).toThrow(message);
  });

  test('then the directory beside the working copy, then its cache, then nothing', () => {
    const found = (root: string | undefined) => findVectorPacks({ env: {}, cwd, repository: root });
    const beside = repository('shared/vectors', 'copy/.cache/vectors');
    expect(found(beside)).toEqual({ directory: join(beside, '../shared/vectors'), named: false });
    const fetched = repository('copy/.cache/vectors');
    expect(found(fetched)).toEqual({ directory: cacheDirectory(fetched), named: false });
    expect(found(repository())).toBeUndefined();
  });

  test('this working copy: a pack nobody has', () => {
    expect(workingCopy()).toBeDefined();
    expect(hasPack('no such pack')).toBe(process.env.ROOTCAP_VECTORS !== undefined);
    if (findVectorPacks() === undefined) expect(() => packPath('acvp')).toThrow('acvp: no vector packs');
    else expect(packPath('acvp', 'a')).toMatch(/acvp.a$/);
  });
});

describe('the manifest', () => {
  const own = JSON.parse(readFileSync(join(ownVectors(workingCopy() as string), 'packs.json'), 'utf8'));

  test('of this working copy is one', () => {
    const { sources } = parseManifest(own);
    expect(sources.map(({ repository: name }) => name)).toEqual([
      'usnistgov/ACVP-Server',
      'C2SP/wycheproof',
      'paulmillr/acvp-vectors',
    ]);
    const files = sources.flatMap((source) => source.files.map(({ file }) => file));
    expect(new Set(files).size).toBe(files.length);
  });

  const source = { repository: 'a/b', commit: '0'.repeat(40), licence: 'none' };
  const file = { file: 'a', path: 'b', sha256: '0'.repeat(64) };
  const withFile = (change: object) => ({ sources: [{ ...source, files: [{ ...file, ...change }] }] });
  test.each([
    [{ format: 'other' }, /^format: expected "rootcap\/vector-packs\/1", got "other"/],
    [{ sources: {} }, /^sources: expected a list/],
    [{ sources: [1] }, /^sources\[0\]: expected an object/],
    [{ sources: [{ ...source, commit: 'main', files: [] }] }, /^sources\[0\]\.commit: .* got "main"/],
    [withFile({ sha256: 'ff' }), /^sources\[0\]\.files\[0\]\.sha256/],
    [withFile({ file: '../../outside' }), /^sources\[0\]\.files\[0\]\.file: expected a path below the root/],
    [withFile({ file: '/etc/passwd' }), /below the root/],
    [withFile({ path: 'a//b' }), /files\[0\]\.path: expected a path below the root/],
  ])('%j is refused', (change, message) => {
    expect(() => parseManifest({ format: 'rootcap/vector-packs/1', sources: [], ...change })).toThrow(message);
  });

  test('no object at all', () => {
    expect(() => parseManifest(null)).toThrow('manifest: expected an object');
  });
});
