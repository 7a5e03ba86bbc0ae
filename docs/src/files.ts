import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root of the working copy. */
export const ROOT = new URL('../../../', import.meta.url);
const DOCS = new URL('docs/', ROOT);
const PACKAGES = new URL('packages/', ROOT);

/** Pages that may have parts written by programs: those in docs/ and the README of every package. */
export function pages(): URL[] {
  const inDocs = readdirSync(DOCS).filter((file) => file.endsWith('.md'));
  return [
    ...inDocs.map((file) => new URL(file, DOCS)),
    ...readdirSync(PACKAGES).map((folder) => new URL(`${folder}/README.md`, PACKAGES)),
    new URL('README.md', ROOT),
  ];
}

export function exampleSource(name: string): string {
  return readFileSync(new URL(`examples/${name}.ts`, DOCS), 'utf8');
}

/** The compiled example. */
export function exampleModule(name: string): URL {
  return new URL(`dist/examples/${name}.js`, DOCS);
}

/** Runs an example in a process of its own. @throws Error with what it said, if it fails */
export function exampleOutput(name: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(exampleModule(name))], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return stdout;
}
