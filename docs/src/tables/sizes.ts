import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { bundleForBrowsers } from '@rootcap/proofs';
import { markdownTable } from './markdown.ts';

const PACKAGES = new URL('../../../../packages/', import.meta.url);
/** Modules made only to be bundled; inside this package, so that its dependencies are found. */
const ENTRIES = new URL('../sizes/', import.meta.url);

/** What one import costs a page. */
export interface Size {
  readonly specifier: string;
  /** Bytes, minified. */
  readonly minified: number;
  readonly gzip: number;
}

/** What a package can be imported by; Node-only entries weigh nothing that anybody counts. */
function specifiersOf(folder: string): string[] {
  const { name, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, PACKAGES), 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, unknown>>;
  };
  return Object.keys(exports)
    .filter((path) => path !== './package.json' && path !== './node')
    .map((path) => name + path.slice(1));
}

/** Bundles everything that an entry exports, with all that it needs, as a web application would. */
export async function sizeOf(specifier: string): Promise<Size> {
  mkdirSync(ENTRIES, { recursive: true });
  const entry = new URL(`${specifier.replaceAll(/\W+/g, '-')}.js`, ENTRIES);
  writeFileSync(entry, `import * as all from '${specifier}';\nglobalThis.all = all;\n`);
  const { bytes, gzip, nodeModules } = await bundleForBrowsers(entry.pathname);
  if (nodeModules.length > 0) throw new Error(`${specifier}: asks for ${nodeModules.join(', ')}`);
  return { specifier, minified: bytes, gzip };
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

/** Sizes of all entries of a package. */
export async function sizeTable(folder: string): Promise<string> {
  const sizes = await Promise.all(specifiersOf(folder).map(sizeOf));
  const rows = sizes.map(({ specifier, minified, gzip }) => [`\`${specifier}\``, kib(minified), kib(gzip)]);
  return markdownTable(['Import, with all it needs', 'Minified', 'gzip'], rows);
}
