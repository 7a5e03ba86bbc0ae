import type { VectorEntry, VectorFile, VectorFolder, VectorStore } from './store.ts';

/** Name of a set: where it was found, without the file's ending. */
export function suiteName(entry: VectorEntry): string {
  const name = entry.kind === 'file' ? entry.path.replace(/(\.json)?(\.gz)?$/, '') : entry.path;
  return name === '' ? '.' : name;
}

/** Path of the folder that an entry lies in. */
export function folderPathOf({ path }: VectorEntry): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

export function folderAt(store: VectorStore, path: string): VectorFolder | undefined {
  return store.folders.find((folder) => folder.path === path);
}

/** A file beside an entry, or beside the folder it lies in. */
export function sibling(store: VectorStore, entry: VectorEntry, name: string): VectorFile | undefined {
  return folderAt(store, folderPathOf(entry))?.file(name);
}
