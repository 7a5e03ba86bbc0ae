import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DERIVE_CONTEXT_FLAGS, DPE_COMMANDS } from '@rootcap/dpe';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const inPackage = fileURLToPath(new URL('../', import.meta.url));

const EXAMPLE = /^```js run\n([\s\S]*?)^```\n\n```text output\n([\s\S]*?)^```$/gm;

/** Each example and what it prints. */
const examplesOf = (page: string) =>
  [...page.matchAll(EXAMPLE)].map(([, code = '', output = ''], i) => ({ i: i + 1, code, output }));

/** First cells of the rows of the table with this head. */
function firstCells(page: string, head: string): string[] {
  const table = page.slice(page.indexOf(`| ${head} `)).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|')[1]?.trim().replaceAll('`', '') ?? '');
}

const dpe = readFileSync(`${root}docs/dpe.md`, 'utf8');

describe.each([
  ['docs/dpe.md', dpe],
  ['README.md', readFileSync(`${inPackage}README.md`, 'utf8')],
])('%s', (_, page) => {
  test('has examples', () => expect(examplesOf(page).length).toBeGreaterThan(0));

  test.each(examplesOf(page))('example $i prints what it says', ({ code, output }) => {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: inPackage, encoding: 'utf8' });
    expect([run.stderr, run.stdout]).toEqual(['', output]);
  });
});

describe('docs/dpe.md', () => {
  test('lists every command with its code', () => {
    const table = dpe.slice(dpe.indexOf('| command '));
    for (const { name, id } of Object.values(DPE_COMMANDS))
      expect(table).toMatch(new RegExp(`^\\| \`${name}\` +\\| 0x${id.toString(16)} `, 'm'));
    expect(firstCells(dpe, 'command').length).toBe(Object.keys(DPE_COMMANDS).length);
  });

  test('lists every flag of DeriveContext', () => {
    expect(firstCells(dpe, 'flag of `DeriveContext`').sort()).toEqual(Object.keys(DERIVE_CONTEXT_FLAGS).sort());
  });
});
