import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A directory of vector packs, one folder or file a pack. */
export interface VectorPacks {
  readonly directory: string;
  /** Whether `ROOTCAP_VECTORS` names it: then every pack that is asked for has to be there. */
  readonly named: boolean;
}

export interface LocateOptions {
  /** Default: the variables of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What a relative name in the variable is relative to. Default: the current directory. */
  readonly cwd?: string;
  /** Root of a working copy of the project. Default: the one that this package lies in, if it lies in one. */
  readonly repository?: string | undefined;
}

/** Root of the working copy that this package lies in. @returns undefined if the package was installed from a registry */
export function workingCopy(): string | undefined {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  return existsSync(join(root, 'pnpm-workspace.yaml')) ? root : undefined;
}

/** Where `pnpm vectors` puts packs. */
export const cacheDirectory = (repository: string): string => join(repository, '.cache', 'vectors');

/** Vectors that come with the project. */
export const ownVectors = (repository: string): string => join(repository, 'test-vectors');

function named(value: string, cwd: string): VectorPacks {
  if (value === '') throw new RangeError('ROOTCAP_VECTORS: expected a directory of vector packs, got an empty text');
  const directory = resolve(cwd, value);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new RangeError(`ROOTCAP_VECTORS: expected a directory of vector packs, ${directory} is none`);
  if (readdirSync(directory).length === 0)
    throw new RangeError(`ROOTCAP_VECTORS: expected a directory of vector packs, ${directory} is empty`);
  return { directory, named: true };
}

/**
 * The vector packs of this machine: what `ROOTCAP_VECTORS` names; without the variable, in a working copy, the directory
 * `../shared/vectors` beside it, or else its cache `.cache/vectors`.
 *
 * @returns undefined if there are none
 * @throws RangeError if the variable is set, but is empty, or names no directory or an empty one
 */
export function findVectorPacks(options: LocateOptions = {}): VectorPacks | undefined {
  const { env = process.env, cwd = process.cwd(), repository = workingCopy() } = options;
  const { ROOTCAP_VECTORS: value } = env;
  if (value !== undefined) return named(value, cwd);
  if (repository === undefined) return undefined;
  const directory = [resolve(repository, '../shared/vectors'), cacheDirectory(repository)].find((place) =>
    existsSync(place),
  );
  return directory === undefined ? undefined : { directory, named: false };
}

/**
 * Path of a file or folder in the packs.
 *
 * @throws RangeError if there are no packs
 */
export function packPath(...path: readonly string[]): string {
  const packs = findVectorPacks();
  if (packs === undefined) throw new RangeError(`${path.join('/')}: no vector packs are on this machine`);
  return join(packs.directory, ...path);
}

/** Whether a test can have this file or folder of the packs. It must have it if `ROOTCAP_VECTORS` names the packs. */
export function hasPack(...path: readonly string[]): boolean {
  const packs = findVectorPacks();
  return packs !== undefined && (packs.named || existsSync(join(packs.directory, ...path)));
}
