import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import { jest } from '@jest/globals';
import { exampleModule, pages, ROOT } from '@rootcap/docs';

export interface Page {
  /** From the root of the working copy. */
  readonly path: string;
  readonly url: URL;
  readonly text: string;
}

export const PAGES: readonly Page[] = pages().map((url) => ({
  path: url.pathname.slice(ROOT.pathname.length),
  url,
  text: readFileSync(url, 'utf8'),
}));

/** Fenced blocks with this info string. */
export function blocks(text: string, info: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${info}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, body]) => body as string);
}

/** Runs an example in this process. @returns what it printed */
export async function printed(example: string): Promise<string> {
  const lines: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((...values) => {
    lines.push(`${format(...values)}\n`);
  });
  try {
    await import(exampleModule(example).href);
  } finally {
    log.mockRestore();
  }
  return lines.join('');
}
