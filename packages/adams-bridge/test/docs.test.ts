import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const inPackage = fileURLToPath(new URL('../', import.meta.url));

const EXAMPLE = /^```js run\n([\s\S]*?)^```\n\n```text output\n([\s\S]*?)^```$/gm;

/** Each example and what it prints. */
const examplesOf = (page: string) =>
  [...page.matchAll(EXAMPLE)].map(([, code = '', output = ''], i) => ({ i: i + 1, code, output }));

describe.each([
  ['docs/adams-bridge.md', readFileSync(`${root}docs/adams-bridge.md`, 'utf8'), 4],
  ['docs/adams-bridge-observers.md', readFileSync(`${root}docs/adams-bridge-observers.md`, 'utf8'), 6],
  ['README.md', readFileSync(`${inPackage}README.md`, 'utf8'), 1],
])('%s', (_, page, examples) => {
  test('has examples', () => expect(examplesOf(page).length).toBeGreaterThanOrEqual(examples));

  test.each(examplesOf(page))('example $i prints what it says', ({ code, output }) => {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: inPackage, encoding: 'utf8' });
    expect([run.stderr, run.stdout]).toEqual(['', output]);
  });
});
