import { readFileSync, writeFileSync } from 'node:fs';
import { exampleOutput, exampleSource, pages, ROOT } from './files.ts';
import { examplesOf, renderPage, tablesOf } from './pages.ts';
import { makeTable } from './tables/table.ts';

/** Writes examples, what they print, and tables into the pages. */
for (const url of pages()) {
  const page = readFileSync(url, 'utf8');
  if (examplesOf(page).length + tablesOf(page).length === 0) continue;
  const tables = new Map<string, string>();
  for (const name of tablesOf(page)) tables.set(name, await makeTable(name));
  const written = renderPage(page, {
    code: exampleSource,
    output: exampleOutput,
    table: (name) => tables.get(name) as string,
  });
  if (written === page) continue;
  writeFileSync(url, written);
  console.log(`wrote ${url.pathname.slice(ROOT.pathname.length)}`);
}
