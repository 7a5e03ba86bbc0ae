import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { rootcap, temporaryDirectory } from './helpers.ts';

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url)), 'utf8');
const page = read('cli.md');

/** Fenced blocks with this info string. */
function blocks(info: string, text = page): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${info}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, body]) => body as string);
}

/** Every command that does something, found by asking for help. */
async function commands(path: readonly string[] = []): Promise<string[]> {
  const { out } = await rootcap([...path, '--help']);
  const list = out.split('Commands:\n')[1]?.split('\n\n')[0] ?? '';
  const names = [...list.matchAll(/^ {2}(\S+) /gm)].map(([, name]) => name as string).filter((name) => name !== 'help');
  if (names.length === 0) return [path.join(' ')];
  return (await Promise.all(names.map((name) => commands([...path, name])))).flat();
}

/** Runs the examples of a page, one after the other in one directory. */
function examplesOf(text: string): void {
  const cwd = temporaryDirectory();
  const lines = blocks('sh run', text).flatMap((block) => block.trimEnd().split('\n'));
  test.each(lines)('%s', async (line) => {
    const [, command = '', code = '0'] = /^(.*?)(?: # exit (\d))?$/.exec(line) ?? [];
    if (command.startsWith('rootcap ')) {
      const ran = await rootcap(command.split(' ').slice(1), { cwd });
      expect(ran).toMatchObject({ code: Number(code) });
    } else expect(spawnSync('sh', ['-c', command], { cwd }).status).toBe(0);
  });
}

describe('docs/cli.md', () => {
  test('has a section for every command', async () => {
    const sections = [...page.matchAll(/^## `rootcap (.*)`$/gm)].map(([, name]) => name);
    expect(sections).toEqual(await commands());
  });

  test('shows the help of each command as it is', async () => {
    const shown = blocks('text help').map((text) => text.trimEnd());
    const actual = await Promise.all(
      (await commands()).map(async (path) => {
        const { out } = await rootcap([...path.split(' '), '--help']);
        return (out.split('\nExamples:')[0] as string).trimEnd();
      }),
    );
    expect(shown).toEqual(actual);
  });

  describe('its examples', () => examplesOf(page));

  test("every example in a command's help is one of a known command with known options", async () => {
    for (const path of await commands()) {
      const { out } = await rootcap([...path.split(' '), '--help']);
      const examples = out.split('Examples:\n')[1]?.split('\n\n')[0] ?? '';
      expect([path, examples]).toEqual([path, expect.stringContaining('$ rootcap ')]);
      for (const [option] of examples.matchAll(/(?<= )--?[a-z][a-z0-9-]*/g))
        expect(`${path}: ${out.split('Examples:')[0]}`).toContain(option);
    }
  });
});

describe('docs/soc-manifest.md', () => examplesOf(read('soc-manifest.md')));
describe('docs/kms.md', () => examplesOf(read('kms.md')));
describe('docs/subsystem.md', () => examplesOf(read('subsystem.md')));
