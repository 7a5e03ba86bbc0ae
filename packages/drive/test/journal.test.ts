import { describe, expect, test } from '@jest/globals';
import { type Changes, Journal, MediumError, PowerLossStore } from '@rootcap/drive';
import fc from 'fast-check';
import { patterned } from './helpers.ts';
import { seeded } from './random.ts';

type Content = Readonly<Record<string, string>>;

const contentOf = (journal: Journal): Content =>
  Object.fromEntries(
    journal.keys.toSorted().map((key) => [key, Buffer.from(journal.get(key) as Uint8Array).toString('hex')]),
  );

function applied(content: Content, changes: Changes): Content {
  const after = new Map(Object.entries(content));
  for (const [key, value] of changes) {
    if (value === undefined) after.delete(key);
    else after.set(key, Buffer.from(value).toString('hex'));
  }
  return Object.fromEntries([...after].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function allBytes(store: PowerLossStore): Buffer {
  const media = store.names.map((name) => {
    const medium = store.open(name);
    const bytes = new Uint8Array(medium.end);
    medium.read(0, bytes);
    return bytes;
  });
  return Buffer.concat(media);
}

const changesArbitrary: fc.Arbitrary<Changes> = fc
  .array(
    fc.tuple(fc.constantFrom('a', 'b', 'ä', ''), fc.option(fc.uint8Array({ maxLength: 700 }), { nil: undefined })),
    {
      maxLength: 4,
    },
  )
  .map((entries) => new Map(entries));

describe('journal', () => {
  test('what was committed is there when it is opened again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changesArbitrary, { maxLength: 8 }), async (commits) => {
        const store = new PowerLossStore();
        const journal = await Journal.open(store);
        let expected: Content = {};
        for (const changes of commits) {
          await journal.commit(changes);
          expected = applied(expected, changes);
        }
        expect(contentOf(journal)).toEqual(expected);
        await journal.close();
        expect(contentOf(await Journal.open(store))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('power fails after every operation: a commit is there as a whole or not, an acknowledged one is', async () => {
    const store = new PowerLossStore();
    const journal = await Journal.open(store);
    /** What may be found if the power fails after so many operations. */
    const history: { readonly from: number; readonly before: Content; readonly after: Content }[] = [];
    let content: Content = {};
    const step = async (next: Content, action: () => Promise<void>): Promise<void> => {
      history.push({ from: store.operations, before: content, after: next });
      await action();
      content = next;
      history.push({ from: store.operations, before: content, after: content });
    };
    const put = (key: string, size: number): Changes => new Map([[key, patterned(key + size, size)]]);
    const begun = store.operations;
    for (const changes of [
      put('mek', 100),
      put('dpk', 3000),
      put('mek', 200),
      new Map([['dpk', undefined]]),
      put('x', 40_000),
    ])
      await step(applied(content, changes), () => journal.commit(changes));
    await step(applied(content, new Map([['mek', undefined]])), () => journal.erase(['mek']));
    // Long enough to be written anew.
    for (let i = 0; i < 3; i++)
      await step(applied(content, put('x', 30_000 + i)), () => journal.commit(put('x', 30_000 + i)));
    await step(applied(content, put('y', 10)), () => journal.commit(put('y', 10)));

    for (let at = 0; at <= store.operations; at++)
      for (let seed = 0; seed < 6; seed++) {
        const after = store.fail({ at, random: seeded(1000 * at + seed) });
        const restart = after.operations;
        const found = contentOf(await Journal.open(after));
        const now = history.findLast(({ from }) => from <= at);
        const allowed = at < begun || now === undefined ? [{}] : [now.before, now.after];
        expect([at, allowed.some((one) => JSON.stringify(one) === JSON.stringify(found))]).toEqual([at, true]);
        // And what is found stays, whatever happens while it is opened.
        const again = after.fail({
          random: seeded(seed),
          at: restart + Math.floor((after.operations - restart + 1) * seeded(seed)()),
        });
        if (at >= begun) expect(contentOf(await Journal.open(again))).toEqual(found);
      }
  });

  test('an erased value is in no file any more, nor what it was before', async () => {
    const store = new PowerLossStore();
    const journal = await Journal.open(store);
    const [first, second] = [Buffer.from(patterned('first', 48)), Buffer.from(patterned('second', 48))];
    await journal.commit(new Map([['key', first]]));
    await journal.commit(
      new Map([
        ['key', second],
        ['other', first.subarray(0, 8)],
      ]),
    );
    expect(allBytes(store).includes(first)).toBe(true);
    await journal.erase(['key']);
    expect(journal.keys).toEqual(['other']);
    expect(allBytes(store).includes(first)).toBe(false);
    expect(allBytes(store).includes(second)).toBe(false);
    for (let seed = 0; seed < 20; seed++) {
      const after = store.fail({ random: seeded(seed) });
      expect(allBytes(after).includes(second)).toBe(false);
      expect((await Journal.open(after)).keys).toEqual(['other']);
    }
  });

  test('commits that run at the same time are all kept, in order', async () => {
    const store = new PowerLossStore();
    const journal = await Journal.open(store);
    await Promise.all(Array.from({ length: 20 }, (_, i) => journal.commit(new Map([['n', Uint8Array.of(i)]]))));
    expect(contentOf(await Journal.open(store))).toEqual({ n: '13' });
  });

  test.each([
    ['the snapshot', 30, 'journal: no snapshot at its start'],
    ['a record before others', 100, 'journal: the record at byte 50 is damaged'],
  ])('damage in %s is an error, not an older state', async (_, offset, message) => {
    const store = new PowerLossStore();
    const journal = await Journal.open(store);
    await journal.commit(new Map([['k', new Uint8Array(10)]]));
    await journal.erase([]);
    for (let i = 0; i < 3; i++) await journal.commit(new Map([['k', new Uint8Array(100 + i)]]));
    store.open('journal').write(offset, Uint8Array.of(0x55));
    await expect(Journal.open(store)).rejects.toMatchObject({ code: 'CORRUPT', message });
  });

  test('a value that is too long is refused and hinders nothing', async () => {
    const journal = await Journal.open(new PowerLossStore());
    await expect(journal.commit(new Map([['k'.repeat(70_000), new Uint8Array(1)]]))).rejects.toThrow(/keyLength/);
    await journal.commit(new Map([['k', new Uint8Array(1)]]));
    expect(journal.keys).toEqual(['k']);
  });

  test('after a medium that failed nothing more is committed', async () => {
    const store = new PowerLossStore();
    const journal = await Journal.open(store);
    const { open } = store;
    store.open = () => {
      throw new MediumError('NO_SPACE', 'full');
    };
    await expect(journal.erase([])).rejects.toMatchObject({ code: 'NO_SPACE' });
    store.open = open;
    await expect(journal.commit(new Map())).rejects.toMatchObject({ code: 'NO_SPACE' });
  });
});
