import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { run } from '@rootcap/cli';
import { ABSENT_BLOCKS, makeTable, ROOT, registerBlocks, tablesOf } from '@rootcap/docs';
import { BusFault } from '@rootcap/hardware';
import { createDevice } from 'rootcap';
import { blocks, PAGES } from './helpers.ts';

const REWRITE = 'pnpm docs:pages writes it';

/** A table of a page, as the page has it. */
function tableIn(text: string, name: string): string {
  const start = `<!-- table ${name} -->\n`;
  return (
    text
      .slice(text.indexOf(start) + start.length)
      .split('<!-- end -->')[0]
      ?.trim() ?? ''
  );
}

describe('tables', () => {
  const tables = PAGES.flatMap(({ path, text }) => tablesOf(text).map((name) => [path, name, text] as const));
  const made = tables.filter(([, name]) => !name.startsWith('sizes '));
  const sizes = tables.filter(([, name]) => name.startsWith('sizes '));

  test.each(made)(`%s: "%s" is up to date; ${REWRITE}`, async (_, name, text) => {
    expect(tableIn(text, name)).toBe((await makeTable(name)).trim());
  });

  test.each(sizes)(`%s: "%s" is right within a quarter; ${REWRITE}`, async (_, name, text) => {
    const numbers = (table: string): number[] => [...table.matchAll(/([\d.]+) KiB/g)].map(([, size]) => Number(size));
    const now = numbers(await makeTable(name));
    const onPage = numbers(tableIn(text, name));
    expect(onPage).toHaveLength(now.length);
    for (const [i, size] of now.entries()) expect(Math.abs((onPage[i] as number) / size - 1)).toBeLessThan(0.25);
  });
});

describe('registers', () => {
  const { text } = PAGES.find(({ path }) => path === 'docs/registers.md') as (typeof PAGES)[number];

  test.each(registerBlocks().map((block) => [block.name, block] as const))('%s: a row each', (name, { registers }) => {
    const section = text.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
    expect([...section.matchAll(/^\| `(\w+)` /gm)].map(([, register]) => register)).toEqual(Object.keys(registers));
  });

  test.each(ABSENT_BLOCKS.filter(({ base }) => typeof base === 'number'))('$name is absent', ({ name, base }) => {
    const { chip } = createDevice();
    expect(chip.blocks().map(({ declaration }) => declaration.name)).not.toContain(name);
    expect(() => chip.uc.read(base as number)).toThrow(BusFault);
  });
});

describe('links', () => {
  /** As a Markdown viewer makes anchors from headings. */
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const anchors = (text: string): string[] => [...text.matchAll(/^#+ (.*)$/gm)].map(([, h]) => anchor(h as string));

  test.each(PAGES)('$path', ({ url, text }) => {
    const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
    const targets = [...prose.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target as string);
    for (const target of targets) {
      const [path = '', fragment] = target.split('#');
      const to = path === '' ? url : new URL(path, url);
      expect([target, existsSync(to)]).toEqual([target, true]);
      if (fragment === undefined) continue;
      expect([target, anchors(readFileSync(to, 'utf8'))]).toEqual([target, expect.arrayContaining([fragment])]);
    }
  });

  test('the index has every page', () => {
    const index = PAGES.find(({ path }) => path === 'docs/README.md')?.text ?? '';
    for (const file of readdirSync(new URL('docs/', ROOT)))
      if (file.endsWith('.md') && file !== 'README.md') expect(index).toContain(`(${file})`);
  });
});

test('every file on the specification map exists', () => {
  const map = PAGES.find(({ path }) => path === 'docs/specification-map.md')?.text ?? '';
  const files = [...map.matchAll(/`([\w-]+\/(?:src|test)\/[^`]+)`/g)].map(([, file]) => file as string);
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => !existsSync(new URL(`packages/${file}`, ROOT)))).toEqual([]);
});

/** Pages whose examples the tests of the command run. */
const RUN_BY_THE_CLI = ['docs/cli.md', 'docs/soc-manifest.md', 'docs/subsystem.md', 'docs/kms.md'];

describe('shell examples', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'rootcap-docs-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  const lines = PAGES.filter(({ path }) => !RUN_BY_THE_CLI.includes(path)).flatMap(({ text }) =>
    [...blocks(text, 'sh run'), ...(hasOpenssl ? blocks(text, 'sh openssl') : [])].flatMap((block) =>
      block.trimEnd().split('\n'),
    ),
  );

  test.each(lines)('%s', async (line) => {
    const [program = '', ...argv] = line.split(' ');
    if (program !== 'rootcap') {
      const { status, stderr } = spawnSync(program, argv, { cwd, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      return;
    }
    const quiet = { write: () => true };
    expect(await run(argv, { stdout: quiet, stderr: quiet, env: {}, cwd, stdin: () => new Uint8Array(0) })).toBe(0);
  });
});
