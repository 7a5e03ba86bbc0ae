import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ManifestFile, ManifestSource, PackManifest } from './manifest.ts';

/** Raw files of GitHub: `BASE/OWNER/NAME/COMMIT/PATH`. */
export const GITHUB_RAW = 'https://raw.githubusercontent.com';

/** The part of the web's `fetch` that is needed. */
export type Fetch = (url: string, init: { readonly headers: Readonly<Record<string, string>> }) => Promise<Response>;

export interface FetchOptions {
  /** Directory that the packs are put into. */
  readonly cache: string;
  /** Where raw files are; default {@link GITHUB_RAW}. */
  readonly base?: string;
  readonly fetch?: Fetch;
  /** Only files whose path in the cache matches. */
  readonly only?: RegExp;
  readonly onFile?: (result: FileResult) => void;
}

/** What happened to one file. */
export interface FileResult {
  readonly file: string;
  readonly outcome: 'kept' | 'fetched' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
}

/** A file that could not be fetched, or is not the one the manifest means. */
class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The manifest's digest is that of the source's file; the cache packs what the source has unpacked. */
const isPackedHere = ({ file, path }: ManifestFile): boolean => file.endsWith('.gz') && !path.endsWith('.gz');

function isComplete(target: string, entry: ManifestFile): boolean {
  if (!existsSync(target)) return false;
  try {
    const bytes = readFileSync(target);
    return sha256(isPackedHere(entry) ? gunzipSync(bytes) : bytes) === entry.sha256;
  } catch {
    return false;
  }
}

function urlOf(base: string, { repository, commit }: ManifestSource, { path }: ManifestFile): string {
  return [base, repository, commit, path.split('/').map(encodeURIComponent).join('/')].join('/');
}

/**
 * Downloads into `part`, going on after the bytes that an earlier run left there if the server can, from the beginning if
 * not. Bytes are written as they come, so that the next run can go on after these.
 */
async function download(url: string, part: string, fetch: Fetch): Promise<void> {
  const have = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  // Ranges count bytes of what is sent: compressed on the way, they would be other bytes each time.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) };
  const response = await fetch(url, { headers });
  const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`);
  // Nothing is left to send, or it is another part: the digest of what is there decides.
  if (have > 0 && (response.status === 416 || (response.status === 206 && !goesOn))) return;
  if (!goesOn && response.status !== 200) throw new FetchFailure(`${url} answers ${response.status}`);
  if (!goesOn) writeFileSync(part, '');
  if (response.body === null) return;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) appendFileSync(part, chunk);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** One attempt at what an earlier run began may end in a file of which the first half is another version's. */
async function fetchChecked(url: string, part: string, entry: ManifestFile, fetch: Fetch): Promise<Uint8Array> {
  for (const resumed of existsSync(part) ? [true, false] : [false]) {
    if (!resumed) rmSync(part, { force: true });
    await download(url, part, fetch);
    const bytes = readFileSync(part);
    const digest = sha256(bytes);
    if (digest === entry.sha256) return bytes;
    rmSync(part, { force: true });
    if (!resumed)
      throw new FetchFailure(`${url} is not the file of the manifest: expected SHA-256 ${entry.sha256}, got ${digest}`);
  }
  throw new FetchFailure(`${url} cannot be fetched`);
}

async function fetchFile(source: ManifestSource, entry: ManifestFile, options: FetchOptions): Promise<FileResult> {
  const { cache, base = GITHUB_RAW, fetch = globalThis.fetch } = options;
  const { file } = entry;
  const target = join(cache, file);
  if (isComplete(target, entry)) return { file, outcome: 'kept' };
  const part = `${target}.part`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    const bytes = await fetchChecked(urlOf(base, source, entry), part, entry, fetch);
    writeFileSync(part, isPackedHere(entry) ? gzipSync(bytes) : bytes);
    renameSync(part, target);
    return { file, outcome: 'fetched' };
  } catch (error) {
    return { file, outcome: 'failed', reason: describe(error) };
  }
}

/**
 * Brings the cache to what the manifest says. A file that is there and right is not fetched again, an interrupted one is
 * continued, and what does not have the manifest's digest never becomes a file of the cache.
 *
 * @returns one result a file, in the manifest's order; a failure does not keep the others from being fetched
 */
export async function fetchPacks(manifest: PackManifest, options: FetchOptions): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const source of manifest.sources)
    for (const entry of source.files) {
      if (options.only?.test(entry.file) === false) continue;
      const result = await fetchFile(source, entry, options);
      options.onFile?.(result);
      results.push(result);
    }
  return results;
}
