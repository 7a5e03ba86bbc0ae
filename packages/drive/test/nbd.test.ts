import { describe, expect, test } from '@jest/globals';
import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { BLOCK_SIZE, encodeMetadata, type Namespace, NbdProtocolError } from '@rootcap/drive';
import fc from 'fast-check';
import { AUX, MEK, memoryNamespace, patterned } from './helpers.ts';
import { client, link } from './nbd-harness.ts';
import { seeded } from './random.ts';

const MIB = 2 ** 20;
const be32 = (...words: number[]): Uint8Array =>
  concatBytes(...words.map((w) => Uint8Array.of(w >>> 24, w >>> 16, w >>> 8, w)));
const option = (id: number, data: Uint8Array = new Uint8Array(0)): Uint8Array =>
  concatBytes(utf8ToBytes('IHAVEOPT'), be32(id, data.length), data);
const counted = (text: string): Uint8Array => concatBytes(be32(utf8ToBytes(text).length), utf8ToBytes(text));
const request = (type: number, offset: number, length: number, flags = 0): Uint8Array =>
  concatBytes(be32(0x2560_9513, (flags << 16) | type, 7, 8, Math.floor(offset / 2 ** 32), offset, length));
const FLAGS = be32(3);
/** Client flags, then the first export by its name: from here on requests follow. */
const begin = concatBytes(FLAGS, option(1));
const hexOf = (parts: readonly Uint8Array[]): string => Buffer.from(concatBytes(...parts)).toString('hex');

describe('haggling', () => {
  const { namespace } = memoryNamespace();
  const GREETING = '4e42444d4147494349484156454f50540003';
  const reply = (id: number, type: number, data = ''): string =>
    `0003e889045565a9${hexOf([be32(id, type, data.length / 2)])}${data}`;
  const text = (value: string): string => Buffer.from(value).toString('hex');

  test.each<[string, Uint8Array, string]>([
    ['EXPORT_NAME', option(1), '0000000000400000016d'],
    ['EXPORT_NAME of a name', option(1, utf8ToBytes('ns1')), '0000000000400000016d'],
    ['LIST', option(3), `${reply(3, 2, `00000003${text('ns1')}`)}${reply(3, 1)}`],
    ['LIST with data', option(3, Uint8Array.of(1)), reply(3, 0x8000_0003, text('malformed'))],
    ['STARTTLS without TLS', option(5), reply(5, 0x8000_0002, text('TLS is not configured'))],
    [
      'INFO with the name',
      option(6, concatBytes(counted('ns1'), Uint8Array.of(0, 1, 0, 1))),
      reply(6, 3, '00000000000000400000016d') +
        reply(6, 3, `0001${text('ns1')}`) +
        reply(6, 3, '0003000000010000100002000000') +
        reply(6, 1),
    ],
    [
      'INFO of no export',
      option(6, concatBytes(counted('x'), new Uint8Array(2))),
      reply(6, 0x8000_0006, text('there is no export of that name')),
    ],
    ['GO, cut off', option(7, be32(9)), reply(7, 0x8000_0003, text('malformed'))],
    ['SET_META_CONTEXT too early', option(10), reply(10, 0x8000_0003, text('structured replies come first'))],
    [
      'LIST_META_CONTEXT of all',
      concatBytes(option(8), option(9, concatBytes(counted('ns1'), be32(0)))),
      reply(8, 1) + reply(9, 4, `00000000${text('base:allocation')}`) + reply(9, 1),
    ],
    [
      'SET_META_CONTEXT',
      concatBytes(
        option(8),
        option(10, concatBytes(counted(''), be32(2), counted('qemu:x'), counted('base:allocation'))),
      ),
      reply(8, 1) + reply(10, 4, `00000001${text('base:allocation')}`) + reply(10, 1),
    ],
    ['an option nobody knows', option(99, utf8ToBytes('?')), reply(99, 0x8000_0001, text('not supported'))],
    [
      'too long',
      concatBytes(option(3, new Uint8Array(20_000)), option(3)),
      `${reply(3, 0x8000_0009, text('at most 16384 bytes'))}${reply(3, 2, `00000003${text('ns1')}`)}${reply(3, 1)}`,
    ],
  ])('%s', (_, options, expected) => {
    for (const cut of [1, 7, 65_536]) {
      const linked = link([namespace], { cut: () => cut });
      linked.send(concatBytes(FLAGS, options));
      expect(hexOf(linked.said)).toBe(GREETING + expected);
      expect(linked.errors).toEqual([]);
    }
  });

  test('a client without NO_ZEROES gets 124 of them', () => {
    const linked = link([namespace]);
    linked.send(concatBytes(be32(1), option(1)));
    expect(hexOf(linked.said)).toBe(`${GREETING}0000000000400000016d${'00'.repeat(124)}`);
  });

  test('ABORT is answered and ends the connection', () => {
    const linked = link([namespace]);
    linked.send(concatBytes(FLAGS, option(2)));
    expect([hexOf(linked.said), linked.ended]).toEqual([GREETING + reply(2, 1), true]);
  });

  test('where TLS is required nothing is told without it; plain bytes after STARTTLS do not count', () => {
    const linked = link([namespace], { tls: 'require' });
    linked.send(concatBytes(FLAGS, option(3), option(8), option(5), option(3)));
    const refusal = (id: number): string => reply(id, 0x8000_0005, text('TLS is required'));
    expect(hexOf(linked.said)).toBe(GREETING + refusal(3) + refusal(8) + reply(5, 1));
    linked.session.secured();
    linked.send(option(5));
    expect(hexOf(linked.said.slice(-1))).toBe(reply(5, 0x8000_0003, text('malformed')));
  });

  test.each<[string, Uint8Array, string]>([
    ['unknown client flags', be32(4), 'BAD_FLAGS'],
    ['no option', concatBytes(FLAGS, new Uint8Array(16)), 'BAD_MAGIC'],
    ['an option of 2 MiB', concatBytes(FLAGS, utf8ToBytes('IHAVEOPT'), be32(3, 2 * MIB)), 'TOO_BIG'],
    ['no such export', concatBytes(FLAGS, option(1, utf8ToBytes('x'))), 'UNKNOWN_EXPORT'],
    ['many options', concatBytes(FLAGS, ...Array.from({ length: 65 }, () => option(3))), 'TOO_MANY_OPTIONS'],
    ['no request', concatBytes(begin, new Uint8Array(28)), 'BAD_MAGIC'],
  ])('%s ends the connection with an error that says so', (_, bytes, code) => {
    const linked = link([namespace]);
    linked.send(bytes);
    expect(linked.ended).toBe(true);
    expect(linked.errors).toEqual([expect.objectContaining({ name: 'NbdProtocolError', code })]);
  });

  test('whatever comes, a session ends with a typed error or waits for more', () => {
    const word = fc.constantFrom(
      FLAGS,
      begin,
      option(7),
      option(1),
      utf8ToBytes('IHAVEOPT'),
      request(0, 0, 4096),
      request(1, 1, 9),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.uint8Array({ maxLength: 40 })), { maxLength: 12 }), (parts) => {
        const linked = link([namespace]);
        linked.send(concatBytes(FLAGS, ...parts));
        for (const error of linked.errors) expect(error).toBeInstanceOf(NbdProtocolError);
      }),
      { numRuns: 300 },
    );
  });
});

describe('requests', () => {
  test.each([true, false])(
    'any reads and writes, at any byte, as on plain bytes (structured replies: %s)',
    async (structured) => {
      const size = 64 * BLOCK_SIZE;
      const operation = fc.record({
        kind: fc.constantFrom('write', 'fua', 'read', 'trim', 'zero', 'hole'),
        offset: fc.nat(size - 1),
        length: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 100_000 })),
        aligned: fc.boolean(),
        seed: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 20 }), fc.nat(), async (operations, cutSeed) => {
          const random = seeded(cutSeed);
          const cut = (): number => 1 + Math.floor(random() * (random() < 0.5 ? 100 : 66_000));
          const { namespace } = memoryNamespace(size / BLOCK_SIZE);
          const { client: nbd } = await client([namespace], { cut, structured });
          expect(nbd.size).toBe(size);
          const model = new Uint8Array(size);
          for (const { kind, aligned, seed, ...at } of operations) {
            const offset = aligned ? at.offset - (at.offset % BLOCK_SIZE) : at.offset;
            const length = Math.min(
              aligned ? Math.ceil(at.length / BLOCK_SIZE) * BLOCK_SIZE : at.length,
              size - offset,
            );
            if (kind === 'read')
              expect(Buffer.compare(await nbd.read(offset, length), model.subarray(offset, offset + length))).toBe(0);
            else if (kind === 'trim') {
              await nbd.trim(offset, length);
              const end = Math.floor((offset + length) / BLOCK_SIZE) * BLOCK_SIZE;
              const start = Math.min(end, Math.ceil(offset / BLOCK_SIZE) * BLOCK_SIZE);
              model.fill(0, start, Math.max(start, end));
            } else if (kind === 'zero' || kind === 'hole') {
              await nbd.writeZeroes(offset, length, { noHole: kind === 'zero' });
              model.fill(0, offset, offset + length);
            } else {
              const data = patterned(`${seed}`, length);
              await nbd.write(offset, data, { fua: kind === 'fua' });
              model.set(data, offset);
            }
          }
          expect(Buffer.compare(namespace.read(0, size / BLOCK_SIZE), model)).toBe(0);
        }),
        { numRuns: 40 },
      );
    },
  );

  test('a locked range is EPERM for reads and writes; the connection goes on, and works once it is unlocked', async () => {
    const { namespace, path } = memoryNamespace();
    const data = patterned('x', 8192);
    for (const structured of [true, false]) {
      path.zeroize();
      const { client: nbd } = await client([namespace], { structured });
      for (const action of [
        () => nbd.read(0, 512),
        () => nbd.write(4096, data),
        () => nbd.write(1, data),
        () => nbd.trim(0, MIB),
        () => nbd.writeZeroes(0, MIB),
        () => nbd.writeZeroes(1, 10, { noHole: true }),
      ])
        await expect(action()).rejects.toMatchObject({ name: 'NbdReplyError', errno: 1 });
      path.load(encodeMetadata({ start: 0, end: 1023, nsid: 1 }), AUX, MEK);
      await nbd.write(4096, data);
      expect(await nbd.read(4096, 8192)).toEqual(data);
    }
  });

  test('requests out of bounds, too large or unknown are refused, and the next one is understood', async () => {
    const { namespace } = memoryNamespace();
    const linked = link([namespace]);
    const size = 1024 * BLOCK_SIZE;
    linked.send(begin);
    const answers = async (bytes: Uint8Array): Promise<number> => {
      linked.said.length = 0;
      linked.send(bytes);
      await Promise.resolve();
      const reply = Buffer.from(concatBytes(...linked.said));
      expect([reply.readUInt32BE(0), reply.readUInt32BE(8), reply.readUInt32BE(12)]).toEqual([0x6744_6698, 7, 8]);
      return reply.readUInt32BE(4);
    };
    expect(await answers(request(0, size - 1, 2))).toBe(22);
    expect(await answers(request(0, 0, 0))).toBe(22);
    expect(await answers(request(0, 0, 2 ** 25 + 1))).toBe(22);
    expect(await answers(request(0, 0, 1, 0x100))).toBe(22);
    expect(await answers(concatBytes(request(1, size - 1, 2), new Uint8Array(2)))).toBe(28);
    expect(await answers(concatBytes(request(1, 0, 40 * MIB), new Uint8Array(40 * MIB)))).toBe(22);
    expect(await answers(request(1, 0, 0))).toBe(0);
    expect(await answers(request(4, size, 1))).toBe(22);
    expect(await answers(request(6, 0xffff_ffff_f000, 4096))).toBe(28);
    expect(await answers(request(7, 0, 4096))).toBe(22);
    expect(await answers(request(5, 0, 0))).toBe(22);
    expect(await answers(request(3, 0, 0, 2))).toBe(22);
    expect(await answers(request(3, 0, 0))).toBe(0);
    linked.send(request(2, 0, 0));
    expect(linked.ended).toBe(true);
  });

  test('block status tells holes, one run if so asked, and clips to the bytes', async () => {
    const { namespace } = memoryNamespace();
    const { client: nbd } = await client([namespace]);
    await nbd.write(8192, patterned('x', 8192));
    await nbd.writeZeroes(MIB, MIB, { noHole: true });
    expect(await nbd.blockStatus(100, 4 * MIB - 100)).toEqual([
      { length: 8092, flags: 3 },
      { length: 8192, flags: 0 },
      { length: MIB - 16_384, flags: 3 },
      { length: MIB, flags: 0 },
      { length: 2 * MIB, flags: 3 },
    ]);
    expect(await nbd.blockStatus(9000, 5)).toEqual([{ length: 5, flags: 0 }]);
  });

  test('FLUSH and FUA are answered after the flush; other requests do not wait for it', async () => {
    const { namespace } = memoryNamespace();
    const flushes: ((error?: Error) => void)[] = [];
    const slow: Namespace = Object.assign(Object.create(namespace) as Namespace, {
      flush: () => new Promise<void>((resolve, reject) => flushes.push((error) => (error ? reject(error) : resolve()))),
      read: namespace.read.bind(namespace),
      write: namespace.write.bind(namespace),
      writeParts: namespace.writeParts.bind(namespace),
      blockCount: namespace.blockCount,
      blockSize: BLOCK_SIZE,
      name: 'slow',
    });
    const { client: nbd, linked } = await client([slow]);
    const done: string[] = [];
    const flush = nbd.flush().then(() => done.push('flush'));
    const fua = nbd.write(0, patterned('x', 4096), { fua: true }).then(() => done.push('fua'));
    await nbd.write(4096, patterned('x', 4096));
    done.push('write');
    for (const resolve of flushes) resolve();
    await Promise.all([flush, fua]);
    expect(done).toEqual(['write', 'flush', 'fua']);
    const failing = nbd.flush();
    flushes[2]?.(new Error('no disk'));
    await expect(failing).rejects.toMatchObject({ errno: 5 });
    expect(linked.errors).toEqual([new Error('no disk')]);
    // Good-bye waits for what runs.
    const last = nbd.flush().catch(() => undefined);
    nbd.disconnect();
    expect(linked.ended).toBe(false);
    flushes[3]?.();
    await last;
    await Promise.resolve();
    expect(linked.ended).toBe(true);
  });
});
