import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { RUNTIME_COMMANDS } from '@rootcap/firmware';

const read = (page: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url)), 'utf8');

/** Fenced blocks with this info string. */
function blocks(page: string, info: string): string[] {
  return [...read(page).matchAll(new RegExp(`^\`\`\`${info}\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, body]) => body as string,
  );
}

/** Runs an example as a module of a package's own. */
function printed(code: string, packageFolder: string): { readonly stderr: string; readonly stdout: string } {
  const cwd = fileURLToPath(new URL(`../../${packageFolder}`, import.meta.url));
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd,
    encoding: 'utf8',
  });
  return { stderr, stdout };
}

describe.each(['mailbox-cryptography.md', 'mailbox.md', 'extending.md'])('docs/%s', (page) => {
  const examples = [...read(page).matchAll(/^```js run(?: (\w+))?\n([\s\S]*?)^```$/gm)];
  const outputs = blocks(page, 'text output');

  test('shows the output of each example', () => expect(outputs).toHaveLength(examples.length));

  test.each(examples.map(([, folder = 'rootcap', code], i) => [i, folder, code as string] as const))(
    'example %i prints what is shown',
    (i, folder, code) => expect(printed(code, folder)).toEqual({ stderr: '', stdout: outputs[i] }),
  );
});

test('docs/mailbox-cryptography.md names every command of the runtime', () => {
  const page = read('mailbox-cryptography.md');
  const names = RUNTIME_COMMANDS.map(({ name }) => name).filter((name) => name.startsWith('CM_'));
  expect(page).toContain(`${names.length} commands whose names begin with \`CM_\``);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('docs/extending.md: an extension takes at most ten lines', () => {
  for (const [, , code] of read('extending.md').matchAll(/^```js run(?: (\w+))?\n([\s\S]*?)^```$/gm)) {
    const [extension = ''] = (code as string)
      .replace(/^import .*\n/gm, '')
      .trim()
      .split('\n\n');
    expect([extension, extension.split('\n').length <= 10]).toEqual([extension, true]);
  }
});
