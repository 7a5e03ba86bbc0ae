import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BLOCK_SIZE, EncryptedNamespace, Journal } from '@rootcap/drive';
import { FileMedium, FileStore } from '@rootcap/drive/node';
import { blocks, dataPath } from './helpers.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rootcap-drive-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('an image is a sparse file of ciphertext', async () => {
  const path = join(directory, 'ns1.img');
  const medium = new FileMedium(path);
  const namespace = new EncryptedNamespace({ nsid: 1, blockCount: 2 ** 20, dataPath: dataPath(0, 2 ** 20), medium });
  const data = blocks('data', 3);
  namespace.write(2 ** 19, data);
  await Promise.all([namespace.flush(), namespace.flush(), namespace.flush()]);
  expect(statSync(path).size).toBe((2 ** 19 + 3) * BLOCK_SIZE);
  expect(statSync(path).blocks * 512).toBeLessThan(2 ** 20);
  medium.close();
  const again = new FileMedium(path);
  const other = new EncryptedNamespace({ nsid: 1, blockCount: 2 ** 20, dataPath: dataPath(0, 2 ** 20), medium: again });
  expect(other.read(2 ** 19, 3)).toEqual(data);
  expect(other.allocation(2 ** 19 - 10, 100)).toEqual({ allocated: false, count: 10 });
  expect(other.allocation(2 ** 19 + 3, 100)).toEqual({ allocated: false, count: 100 });
  const kept = new Uint8Array(3 * BLOCK_SIZE);
  again.read(2 ** 19 * BLOCK_SIZE, kept);
  expect(Buffer.from(kept).includes(Buffer.from(data.subarray(0, 64)))).toBe(false);
  again.close();
});

test('what is discarded reads as zeros, and at the end or in a long run takes no space', async () => {
  const path = join(directory, 'image');
  const medium = new FileMedium(path);
  const piece = new Uint8Array(2 ** 20).fill(0xaa);
  for (let i = 0; i < 24; i++) medium.write(i * piece.length, piece);
  await medium.flush();
  const full = statSync(path).blocks;
  medium.discard(2 ** 20, 17 * 2 ** 20);
  medium.discard(20 * 2 ** 20 + 100, 1000);
  medium.discard(22 * 2 ** 20, 2 ** 40);
  await medium.flush();
  const found = new Uint8Array(24 * piece.length);
  medium.read(0, found);
  const expected = new Uint8Array(found.length).fill(0xaa);
  expected
    .fill(0, 2 ** 20, 18 * 2 ** 20)
    .fill(0, 20 * 2 ** 20 + 100, 20 * 2 ** 20 + 1100)
    .fill(0, 22 * 2 ** 20);
  expect(Buffer.compare(found, expected)).toBe(0);
  expect([medium.end, statSync(path).size]).toEqual([22 * 2 ** 20, 22 * 2 ** 20]);
  expect(statSync(path).blocks).toBeLessThan(full);
  medium.close();
});

test('a closed medium, and a path that is none, are typed errors', async () => {
  const medium = new FileMedium(join(directory, 'image'));
  medium.close();
  expect(() => medium.read(0, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  await expect(medium.flush()).rejects.toMatchObject({ code: 'CLOSED' });
  expect(() => new FileMedium(join(directory, 'no', 'image'))).toThrow(
    expect.objectContaining({ name: 'MediumError', code: 'IO' }),
  );
});

test('a directory holds a journal, and belongs to one process', async () => {
  const store = new FileStore(join(directory, 'drive'));
  expect(() => new FileStore(store.directory)).toThrow(expect.objectContaining({ code: 'IN_USE' }));
  const journal = await Journal.open(store);
  await journal.commit(new Map([['key', Uint8Array.of(1, 2, 3)]]));
  await journal.erase(['none']);
  await journal.close();
  expect(store.names).toEqual(['journal']);
  expect(() => store.open('../x')).toThrow('../x is no name of a medium');
  expect(() => store.rename('no', 'name')).toThrow(expect.objectContaining({ code: 'IO' }));
  store.close();
  // The lock of a process that is gone.
  writeFileSync(join(directory, 'drive', 'lock'), '4194305');
  const again = new FileStore(join(directory, 'drive'));
  expect((await Journal.open(again)).get('key')).toEqual(Uint8Array.of(1, 2, 3));
  again.close();
});
