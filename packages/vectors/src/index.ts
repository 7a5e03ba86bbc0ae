export { type Fetch, type FetchOptions, type FileResult, fetchPacks, GITHUB_RAW } from './fetch-packs.ts';
export {
  cacheDirectory,
  findVectorPacks,
  hasPack,
  type LocateOptions,
  ownVectors,
  packPath,
  type VectorPacks,
  workingCopy,
} from './locate.ts';
export {
  MANIFEST_FORMAT,
  type ManifestFile,
  type ManifestSource,
  type PackManifest,
  parseManifest,
} from './manifest.ts';
