import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fetchPacks, MANIFEST_FORMAT, type ManifestFile, type PackManifest } from '@rootcap/vectors';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const CONTENT = Buffer.from(JSON.stringify({ tests: Array.from({ length: 20_000 }, (_, i) => i) }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A public source of raw files, as far as the fetcher sees one. */
class Source {
  readonly files = new Map<string, Buffer>();
  readonly requests: { readonly url: string; readonly range: string | undefined }[] = [];
  takesRanges = true;
  /** Closes the connection after so many bytes of each answer. */
  cutAfter: number | undefined;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  reset(): void {
    this.files.clear();
    this.requests.length = 0;
    this.takesRanges = true;
    this.cutAfter = undefined;
  }

  #answer({ headers, url = '' }: IncomingMessage, response: ServerResponse): void {
    this.requests.push({ url, range: headers.range });
    const file = this.files.get(url);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const start = this.takesRanges ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    if (start > 0 && start >= file.length) {
      response.writeHead(416).end();
      return;
    }
    const body = file.subarray(start);
    const range = { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length, ...(start > 0 ? range : {}) });
    if (this.cutAfter === undefined) response.end(body);
    else response.write(body.subarray(0, this.cutAfter), () => setTimeout(() => response.destroy(), 50));
  }
}

const source = new Source();
let base = '';
let cache = '';
beforeAll(async () => {
  base = await source.listen();
});
beforeEach(() => {
  source.reset();
  cache = mkdtempSync(join(tmpdir(), 'rootcap-vectors-'));
});
afterAll(() => source.close());

/** A manifest of files that the source has, with these contents. */
function publish(files: Readonly<Record<string, { readonly path: string; readonly content: Buffer }>>): PackManifest {
  const list = Object.entries(files).map(([file, { content, path }]): ManifestFile => {
    source.files.set(`/owner/name/${COMMIT}/${path}`, content);
    return { file, path, sha256: sha256(content) };
  });
  return {
    format: MANIFEST_FORMAT,
    sources: [{ repository: 'owner/name', commit: COMMIT, licence: 'none', files: list }],
  };
}

const onePack = (): PackManifest => publish({ 'acvp/set/prompt.json.gz': { path: 'a/prompt.json', content: CONTENT } });
const cached = (file: string): string => join(cache, file);

function leave(file: string, content: Uint8Array): void {
  mkdirSync(dirname(cached(file)), { recursive: true });
  writeFileSync(cached(file), content);
}

describe('fetching', () => {
  test('packs what the source has unpacked, leaves packed files as they are, and checks the digest of the source', async () => {
    const packed = gzipSync(CONTENT);
    const manifest = publish({
      'acvp/set/prompt.json.gz': { path: 'a b/prompt.json', content: CONTENT },
      'rfc/vectors.json.gz': { path: 'rfc/vectors.json.gz', content: packed },
      'plain.json': { path: 'plain.json', content: CONTENT },
    });
    source.files.set(`/owner/name/${COMMIT}/a%20b/prompt.json`, CONTENT);
    const results = await fetchPacks(manifest, { cache, base });
    expect(results.map(({ outcome }) => outcome)).toEqual(['fetched', 'fetched', 'fetched']);
    expect(gunzipSync(readFileSync(cached('acvp/set/prompt.json.gz')))).toEqual(CONTENT);
    expect(readFileSync(cached('rfc/vectors.json.gz'))).toEqual(packed);
    expect(readFileSync(cached('plain.json'))).toEqual(CONTENT);
  });

  test('what is there and right is not fetched again; what is there and wrong is', async () => {
    const manifest = onePack();
    await fetchPacks(manifest, { cache, base });
    expect((await fetchPacks(manifest, { cache, base }))[0]).toEqual({
      file: 'acvp/set/prompt.json.gz',
      outcome: 'kept',
    });
    expect(source.requests).toHaveLength(1);
    for (const wrong of [gzipSync(Buffer.from('{}')), Buffer.from('not gzip')]) {
      leave('acvp/set/prompt.json.gz', wrong);
      expect((await fetchPacks(manifest, { cache, base }))[0]?.outcome).toBe('fetched');
    }
    expect(gunzipSync(readFileSync(cached('acvp/set/prompt.json.gz')))).toEqual(CONTENT);
  });

  test('an interrupted file is continued where it stopped', async () => {
    const manifest = onePack();
    source.cutAfter = 50_000;
    expect((await fetchPacks(manifest, { cache, base }))[0]).toMatchObject({ outcome: 'failed' });
    expect(existsSync(cached('acvp/set/prompt.json.gz'))).toBe(false);
    const have = readFileSync(cached('acvp/set/prompt.json.gz.part')).length;
    expect(have).toBeGreaterThan(0);
    source.cutAfter = undefined;
    expect((await fetchPacks(manifest, { cache, base }))[0]).toMatchObject({ outcome: 'fetched' });
    expect(source.requests.at(-1)?.range).toBe(`bytes=${have}-`);
    expect(existsSync(cached('acvp/set/prompt.json.gz.part'))).toBe(false);
  });

  test('a server without ranges sends everything again', async () => {
    leave('acvp/set/prompt.json.gz.part', CONTENT.subarray(0, 100));
    source.takesRanges = false;
    expect((await fetchPacks(onePack(), { cache, base }))[0]).toMatchObject({ outcome: 'fetched' });
    expect(source.requests).toHaveLength(1);
  });

  test.each([
    ['another file', Buffer.from('x'.repeat(100))],
    ['as long as the whole, but another', Buffer.alloc(CONTENT.length)],
    ['longer than the whole', Buffer.alloc(CONTENT.length + 1)],
  ])('a remainder of %s is thrown away', async (_, remainder) => {
    leave('acvp/set/prompt.json.gz.part', remainder);
    expect((await fetchPacks(onePack(), { cache, base }))[0]).toMatchObject({ outcome: 'fetched' });
    expect(source.requests.map(({ range }) => range)).toEqual([`bytes=${remainder.length}-`, undefined]);
  });

  test('a complete remainder only has to be checked', async () => {
    leave('acvp/set/prompt.json.gz.part', CONTENT);
    expect((await fetchPacks(onePack(), { cache, base }))[0]).toMatchObject({ outcome: 'fetched' });
    expect(source.requests).toHaveLength(1);
  });

  test('another digest is refused with both digests, and leaves no file', async () => {
    const manifest = onePack();
    const other = Buffer.from('{"tests":[]}');
    source.files.set(`/owner/name/${COMMIT}/a/prompt.json`, other);
    const [result] = await fetchPacks(manifest, { cache, base });
    expect(result?.outcome).toBe('failed');
    expect(result?.reason).toBe(
      `${base}/owner/name/${COMMIT}/a/prompt.json is not the file of the manifest: ` +
        `expected SHA-256 ${sha256(CONTENT)}, got ${sha256(other)}`,
    );
    expect(existsSync(cached('acvp/set/prompt.json.gz'))).toBe(false);
    expect(existsSync(cached('acvp/set/prompt.json.gz.part'))).toBe(false);
  });

  test('one failure does not keep the others from being fetched', async () => {
    const manifest = publish({
      'gone.json': { path: 'gone.json', content: CONTENT },
      'there.json': { path: 'there.json', content: CONTENT },
    });
    source.files.delete(`/owner/name/${COMMIT}/gone.json`);
    const results = await fetchPacks(manifest, { cache, base });
    expect(results).toEqual([
      { file: 'gone.json', outcome: 'failed', reason: `${base}/owner/name/${COMMIT}/gone.json answers 404` },
      { file: 'there.json', outcome: 'fetched' },
    ]);
  });

  test('only what is asked for, with any fetch', async () => {
    const manifest = publish({
      'acvp/a.json': { path: 'a.json', content: CONTENT },
      'rfc/b.json': { path: 'b.json', content: CONTENT },
    });
    const urls: string[] = [];
    const fetch = async (url: string): Promise<Response> => {
      urls.push(url);
      return new Response(new Uint8Array(CONTENT));
    };
    const results = await fetchPacks(manifest, { cache, fetch, only: /^rfc\// });
    expect(results).toEqual([{ file: 'rfc/b.json', outcome: 'fetched' }]);
    expect(urls).toEqual([`https://raw.githubusercontent.com/owner/name/${COMMIT}/b.json`]);
  });

  test('nobody there', async () => {
    const manifest = onePack();
    const [result] = await fetchPacks(manifest, { cache, base: 'http://127.0.0.1:1' });
    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/./) });
    rmSync(cache, { recursive: true });
  });
});
