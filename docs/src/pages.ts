/**
 * What programs write into hand-written pages: the example files, what they print, and tables made from declarations.
 * Everything else on a page is left as it is.
 */

/** Where the written parts come from. */
export interface PageSources {
  /** Text of an example, by its name without `.ts`. */
  code(example: string): string;
  /** What that example prints. */
  output(example: string): string;
  /** Markdown of a table, by its name. */
  table(name: string): string;
}

/** A block of code or output: its fence says of which example it is. */
const BLOCK = /^(```(?:ts example|text output)=([\w-]+)\n)[\s\S]*?^```$/gm;
const TABLE = /^(<!-- table ([^\n]+?) -->\n)[\s\S]*?^<!-- end -->$/gm;

const endLine = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** The page with all of its written parts as they are now. */
export function renderPage(page: string, sources: PageSources): string {
  return page
    .replace(BLOCK, (_, fence: string, example: string) => {
      const body = fence.startsWith('```ts') ? sources.code(example) : sources.output(example);
      return `${fence}${endLine(body)}\`\`\``;
    })
    .replace(TABLE, (_, start: string, name: string) => `${start}\n${endLine(sources.table(name))}\n<!-- end -->`);
}

/** Names of the examples on a page, each once. */
export function examplesOf(page: string): string[] {
  return [...new Set([...page.matchAll(BLOCK)].map(([, , example]) => example as string))];
}

/** Names of the tables on a page. */
export function tablesOf(page: string): string[] {
  return [...page.matchAll(TABLE)].map(([, , name]) => name as string);
}
