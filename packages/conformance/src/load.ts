import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createStore, type VectorStore } from './store.ts';

/** Paths of the files below `directory`. Links are followed; a folder reached a second time is passed over. */
function listFiles(directory: string): string[] {
  const paths: string[] = [];
  const seen = new Set<string>();
  const visit = (folder: string): void => {
    const real = realpathSync(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const name of readdirSync(folder)) {
      if (name.startsWith('.') || name === 'node_modules') continue;
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory()) visit(path);
      else if (stat?.isFile()) paths.push(path);
    }
  };
  visit(directory);
  return paths;
}

/**
 * The files below a directory, at any depth. Names are listed at once, contents are read when a suite asks for them.
 * Names that start with a dot and `node_modules` are left out.
 *
 * @throws the file system's error if `directory` cannot be listed
 */
export function openVectors(directory: string): VectorStore {
  return createStore(
    listFiles(directory).map((path) => {
      const inside = relative(directory, path).split(sep).join('/');
      return [inside, () => new Uint8Array(readFileSync(path))] as const;
    }),
    (packed) => new Uint8Array(gunzipSync(packed)),
  );
}
