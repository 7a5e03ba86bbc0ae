/** One file of a pack, and where its public source keeps it. */
export interface ManifestFile {
  /** Path in the cache, e.g. `acvp/ML-KEM-keyGen-FIPS203/prompt.json.gz`. Ends in `.gz` where the source's file does not: it is packed then. */
  readonly file: string;
  readonly path: string;
  /** SHA-256 of the file as the source has it, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** A public repository at one commit. */
export interface ManifestSource {
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly licence: string;
  readonly files: readonly ManifestFile[];
}

/** What `pnpm vectors` fetches. */
export interface PackManifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly sources: readonly ManifestSource[];
}

export const MANIFEST_FORMAT = 'rootcap/vector-packs/1';

const SOURCE_FIELDS = { repository: /^[\w.-]+\/[\w.-]+$/, commit: /^[0-9a-f]{40}$/, licence: /./ } as const;
const FILE_FIELDS = { file: /./, path: /./, sha256: /^[0-9a-f]{64}$/ } as const;

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${where}: expected an object`);
  return value as Json;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError(`${where}: expected a list`);
  return value;
}

function checkFields(value: Json, fields: Readonly<Record<string, RegExp>>, where: string): void {
  for (const [name, pattern] of Object.entries(fields))
    if (typeof value[name] !== 'string' || !pattern.test(value[name]))
      throw new RangeError(`${where}.${name}: expected text like ${pattern}, got ${JSON.stringify(value[name])}`);
}

/** A manifest comes from elsewhere: it may not write outside of the cache. */
function checkPath(path: string, where: string): void {
  if (path.startsWith('/') || path.includes('\\') || path.split('/').some((part) => part === '..' || part === ''))
    throw new RangeError(`${where}: expected a path below the root, got ${JSON.stringify(path)}`);
}

/** Reads a manifest. @throws RangeError naming the field that is not as it has to be */
export function parseManifest(json: unknown): PackManifest {
  const manifest = object(json, 'manifest');
  if (manifest.format !== MANIFEST_FORMAT)
    throw new RangeError(`format: expected "${MANIFEST_FORMAT}", got ${JSON.stringify(manifest.format)}`);
  for (const [s, source] of list(manifest.sources, 'sources').entries()) {
    const where = `sources[${s}]`;
    const fields = object(source, where);
    checkFields(fields, SOURCE_FIELDS, where);
    for (const [f, file] of list(fields.files, `${where}.files`).entries()) {
      const entry = object(file, `${where}.files[${f}]`);
      checkFields(entry, FILE_FIELDS, `${where}.files[${f}]`);
      checkPath(String(entry.file), `${where}.files[${f}].file`);
      checkPath(String(entry.path), `${where}.files[${f}].path`);
    }
  }
  return json as PackManifest;
}
