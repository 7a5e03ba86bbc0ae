import { expect, test } from '@jest/globals';
import { BLOCK_SIZE, EncryptedNamespace, type Namespace, PowerLossStore } from '@rootcap/drive';
import fc from 'fast-check';
import { blocks, dataPath } from './helpers.ts';
import { seeded } from './random.ts';

const COUNT = 12;

interface Written {
  /** Operations of the media after which it may be found. */
  readonly from: number;
  readonly lba: number;
  /** A block; zeros if it was deallocated. */
  readonly data: Uint8Array;
}

const mount = (store: PowerLossStore): Namespace =>
  new EncryptedNamespace({ nsid: 1, blockCount: COUNT, dataPath: dataPath(0, COUNT - 1), medium: store.open('ns1') });

const operation = fc.oneof(
  fc.record({
    kind: fc.constantFrom('write' as const, 'trim' as const, 'zero' as const),
    lba: fc.nat(COUNT - 1),
    count: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
  }),
  fc.constant({ kind: 'flush' as const }),
);

test.each([BLOCK_SIZE, 512])(
  'power fails after every operation: what was flushed is there (sector of %d bytes)',
  async (sector) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 4, maxLength: 16 }), fc.nat(), async (operations, seed) => {
        const store = new PowerLossStore();
        const namespace = mount(store);
        await store.flush();
        const written: Written[] = [];
        const flushed: { readonly at: number; readonly upTo: number }[] = [];
        for (const next of operations) {
          if (next.kind === 'flush') {
            const upTo = written.length;
            await namespace.flush();
            flushed.push({ at: store.operations, upTo });
            continue;
          }
          const count = Math.min(next.count, COUNT - next.lba);
          const data = next.kind === 'write' ? blocks(`${next.seed}`, count) : new Uint8Array(count * BLOCK_SIZE);
          const from = store.operations + 1;
          if (next.kind === 'write') namespace.write(next.lba, data);
          else if (next.kind === 'trim') namespace.deallocate(next.lba, count);
          else namespace.writeZeroes(next.lba, count, false);
          for (let i = 0; i < count; i++)
            written.push({ from, lba: next.lba + i, data: data.subarray(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE) });
        }
        const random = seeded(seed);
        for (let at = 0; at <= store.operations; at++) {
          const found = mount(store.fail({ at, sector, random })).read(0, COUNT);
          const durable = flushed.findLast((flush) => flush.at <= at)?.upTo ?? 0;
          for (let lba = 0; lba < COUNT; lba++) {
            const of = (list: readonly Written[]): Uint8Array[] =>
              list.filter((one) => one.lba === lba).map(({ data }) => data);
            const kept = of(written.slice(0, durable)).at(-1) ?? new Uint8Array(BLOCK_SIZE);
            const later = of(written.slice(durable).filter(({ from }) => from <= at));
            const block = found.subarray(lba * BLOCK_SIZE, (lba + 1) * BLOCK_SIZE);
            const possible = [kept, ...later];
            // A smaller sector may mix what was written since with what was there: never anything else's block.
            if (later.length > 0 && sector < BLOCK_SIZE) continue;
            expect(possible.some((data) => Buffer.compare(data, block) === 0)).toBe(true);
          }
        }
      }),
      { numRuns: 40 },
    );
  },
);
