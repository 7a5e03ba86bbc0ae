import { describe, expect, test } from '@jest/globals';
import {
  BLOCK_SIZE,
  DriveError,
  EncryptedNamespace,
  LockedRangeError,
  MemoryMedium,
  RangeOutOfBoundsError,
} from '@rootcap/drive';
import fc from 'fast-check';
import { blocks, dataPath, MEK, memoryNamespace, opensslXts } from './helpers.ts';

const COUNT = 64;

describe('encrypted namespace', () => {
  test('the medium holds the ciphertext of each block, at the block', () => {
    const { medium, namespace } = memoryNamespace();
    const data = blocks('data', 3);
    namespace.write(5, data);
    expect(namespace.read(5, 3)).toEqual(data);
    const block = new Uint8Array(BLOCK_SIZE);
    medium.read(6 * BLOCK_SIZE, block);
    expect(block).toEqual(opensslXts(MEK, 6, data.slice(BLOCK_SIZE, 2 * BLOCK_SIZE)));
    expect(medium.end).toBe(8 * BLOCK_SIZE);
  });

  test('written zeros are ciphertext; deallocated blocks are zeros on the medium; both read as zeros', () => {
    const { medium, namespace } = memoryNamespace();
    const zeros = new Uint8Array(BLOCK_SIZE);
    const block = new Uint8Array(BLOCK_SIZE);
    namespace.writeZeroes(0, 100, false);
    medium.read(99 * BLOCK_SIZE, block);
    expect(block).toEqual(opensslXts(MEK, 99, zeros));
    expect(namespace.allocation(0, 200)).toEqual({ allocated: true, count: 100 });
    namespace.writeZeroes(1, 10, true);
    namespace.deallocate(20, 1);
    medium.read(20 * BLOCK_SIZE, block);
    expect(block).toEqual(zeros);
    expect(namespace.read(0, 100).every((byte) => byte === 0)).toBe(true);
    expect(namespace.allocation(0, 1024)).toEqual({ allocated: true, count: 1 });
    expect(namespace.allocation(1, 1023)).toEqual({ allocated: false, count: 10 });
    expect(namespace.allocation(11, 5)).toEqual({ allocated: true, count: 5 });
  });

  test('a locked block refuses the whole request and changes nothing', () => {
    const medium = new MemoryMedium();
    const namespace = new EncryptedNamespace({ nsid: 1, blockCount: 100, dataPath: dataPath(0, 9), medium });
    const data = blocks('data', 2);
    for (const action of [
      () => namespace.read(9, 2),
      () => namespace.write(9, data),
      () => namespace.writeZeroes(9, 2, false),
      () => namespace.writeZeroes(9, 2, true),
      () => namespace.deallocate(9, 2),
    ])
      expect(action).toThrow(new LockedRangeError(1, 10));
    expect(medium.end).toBe(0);
    namespace.discard(9, 2);
    expect(namespace.allocation(0, 100)).toEqual({ allocated: false, count: 100 });
  });

  test.each<[string, (namespace: EncryptedNamespace) => unknown]>([
    ['beyond the end', (namespace) => namespace.read(1023, 2)],
    ['before the start', (namespace) => namespace.read(-1, 1)],
    ['no block', (namespace) => namespace.deallocate(0, 0)],
    ['half a block', (namespace) => namespace.write(0, new Uint8Array(2048))],
    ['a target of another size', (namespace) => namespace.read(0, 2, new Uint8Array(BLOCK_SIZE))],
    ['not a number', (namespace) => namespace.allocation(Number.NaN, 1)],
  ])('out of bounds: %s', (_, action) => {
    const { namespace } = memoryNamespace();
    expect(() => action(namespace)).toThrow(RangeOutOfBoundsError);
  });

  test('a closed medium is an error of the drive', async () => {
    const { medium, namespace } = memoryNamespace();
    medium.close();
    expect(() => namespace.read(0, 1)).toThrow(DriveError);
    await expect(namespace.flush()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('any sequence of operations reads as a plain array of blocks would', () => {
    const run = fc.tuple(fc.nat(COUNT - 1), fc.integer({ min: 1, max: 20 }));
    const operation = fc.tuple(fc.constantFrom('write', 'zero', 'unmap', 'trim', 'look'), run, fc.nat());
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        const { namespace } = memoryNamespace(COUNT);
        const model = new Uint8Array(COUNT * BLOCK_SIZE);
        const allocated = new Array<boolean>(COUNT).fill(false);
        for (const [kind, [lba, length], seed] of operations) {
          const count = Math.min(length, COUNT - lba);
          const [from, to] = [lba * BLOCK_SIZE, (lba + count) * BLOCK_SIZE];
          if (kind === 'look') {
            const { allocated: kindOfRun, count: found } = namespace.allocation(lba, count);
            const end = allocated.slice(lba, lba + count).findIndex((value) => value !== allocated[lba]);
            expect([kindOfRun, found]).toEqual([allocated[lba], end < 0 ? count : end]);
            continue;
          }
          if (kind === 'write') {
            const data = blocks(`${seed}`, count);
            namespace.writeParts(lba, [data.subarray(0, 1000), data.subarray(1000)]);
            model.set(data, from);
          } else {
            if (kind === 'trim') namespace.deallocate(lba, count);
            else namespace.writeZeroes(lba, count, kind === 'unmap');
            model.fill(0, from, to);
          }
          allocated.fill(kind === 'write' || kind === 'zero', lba, lba + count);
        }
        expect(Buffer.compare(namespace.read(0, COUNT), model)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
