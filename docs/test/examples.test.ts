import { readdirSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { exampleModule, exampleSource, examplesOf, ROOT, renderPage } from '@rootcap/docs';
import { bundleForBrowsers } from '@rootcap/proofs';
import { PAGES, printed } from './helpers.ts';

const shown = PAGES.flatMap(({ text }) => examplesOf(text));
/** Needs a page; see below. */
const IN_BROWSER = 'browser';

test('every example is on a page', () => {
  const files = readdirSync(new URL('docs/examples/', ROOT)).filter((file) => file.endsWith('.ts'));
  expect(shown.toSorted()).toEqual(files.map((file) => file.slice(0, -3)).toSorted());
});

describe('the page shows the example as it is, and what it prints', () => {
  test.each(shown.filter((name) => name !== IN_BROWSER))('%s', async (name) => {
    const { text } = PAGES.find(({ text }) => examplesOf(text).includes(name)) as (typeof PAGES)[number];
    const output = await printed(name);
    const current = (example: string, part: string): string => (example === name ? part : '');
    const sources = (code: string, out: string) => ({
      code: (example: string) => current(example, code),
      output: (example: string) => current(example, out),
      table: () => '',
    });
    // Only this example's blocks are kept, as they are on the page and as they ought to be.
    const block = (info: string): string =>
      new RegExp(`^\`\`\`${info}=${name}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1] ?? '';
    expect(renderPage(text, sources(block('ts example'), block('text output')))).toBe(
      renderPage(text, sources(exampleSource(name), text.includes(`text output=${name}\n`) ? output : '')),
    );
  });
});

test.each(shown.filter((name) => name.startsWith('extend-')))('%s takes at most ten lines', (name) => {
  const [, extension = ''] = exampleSource(name).split('\n\n');
  expect([extension, extension.split('\n').length <= 10]).toEqual([extension, true]);
});

test('the browser example runs without anything of Node', async () => {
  const { script, nodeModules } = await bundleForBrowsers(exampleModule(IN_BROWSER).pathname);
  expect(nodeModules).toEqual([]);
  const document = { body: { textContent: '' } };
  runInContext(script, createContext({ document, TextEncoder, TextDecoder, crypto: globalThis.crypto }));
  expect(document.body.textContent).toMatch(/^portable\ncertificate of Caliptra 2.1, ecdsa-p384 — RT alias/);
});
