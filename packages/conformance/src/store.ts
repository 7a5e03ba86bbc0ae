/**
 * Where vector files come from. Recognition only sees folders and files with lazy contents, so the same suites run on a
 * directory, on files a page has fetched, or on a table in a test.
 */

/** A file whose contents are read when asked for. */
export interface VectorFile {
  readonly kind: 'file';
  /** From the root of the store, with `/`, e.g. `acvp/ML-KEM-keyGen-FIPS203/prompt.json.gz`. */
  readonly path: string;
  /** Last part of the path without a trailing `.gz`. */
  readonly name: string;
  /** Contents, decompressed if the file is a `.gz`. */
  bytes(): Uint8Array;
  /** Contents of a `.json` file. @throws SyntaxError if it is not JSON */
  json(): unknown;
}

export interface VectorFolder {
  readonly kind: 'folder';
  /** From the root of the store, with `/`; the root itself is the empty string. */
  readonly path: string;
  /** The files directly in it, by path. */
  readonly files: readonly VectorFile[];
  /** File with that name, packed or not. */
  file(name: string): VectorFile | undefined;
}

export type VectorEntry = VectorFile | VectorFolder;

export interface VectorStore {
  /** Every folder that holds a file, by path, at any depth. */
  readonly folders: readonly VectorFolder[];
}

/** Undoes gzip. */
export type Gunzip = (packed: Uint8Array) => Uint8Array;

/** A JSON text is parsed by every recogniser that looks at it; keeping the last one is enough, keeping all is 100 MB. */
class LastParsed {
  #path: string | undefined;
  #value: unknown;

  get(path: string, parse: () => unknown): unknown {
    if (this.#path !== path) {
      this.#value = parse();
      this.#path = path;
    }
    return this.#value;
  }
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

/**
 * A store over named contents.
 *
 * @param contents - path from the root of the store → how to read that file
 * @param gunzip - needed only if there are `.gz` files
 */
export function createStore(
  contents: Iterable<readonly [path: string, read: () => Uint8Array]>,
  gunzip?: Gunzip,
): VectorStore {
  const parsed = new LastParsed();
  const groups = new Map<string, VectorFile[]>();
  for (const [path, read] of contents) {
    const packed = path.endsWith('.gz');
    const name = path.slice(path.lastIndexOf('/') + 1, packed ? -3 : undefined);
    const bytes = () => {
      if (!packed) return read();
      if (gunzip === undefined) throw new TypeError(`gunzip: expected a function to read ${path}, got undefined`);
      return gunzip(read());
    };
    const json = () => parsed.get(path, () => JSON.parse(new TextDecoder().decode(bytes())) as unknown);
    const files = groups.get(folderOf(path)) ?? [];
    files.push({ kind: 'file', path, name, bytes, json });
    groups.set(folderOf(path), files);
  }
  const folders = [...groups].map(([path, files]): VectorFolder => {
    files.sort(byPath);
    return { kind: 'folder', path, files, file: (name) => files.find((file) => file.name === name) };
  });
  return { folders: folders.sort(byPath) };
}
