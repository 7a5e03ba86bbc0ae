import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { hexToBytes } from '@rootcap/crypto';
import {
  BLOCK_SIZE,
  decodeMetadata,
  encodeMetadata,
  LockedRangeError,
  type RangeMetadata,
  XTS_ERROR,
  XtsDataPath,
} from '@rootcap/drive';
import { ENGINE_ERROR } from '@rootcap/hardware';
import { hasPack, packPath } from '@rootcap/vectors';
import fc from 'fast-check';
import { AUX, blocks, ENGINES, MEK, opensslXts, patterned } from './helpers.ts';

interface Unit {
  readonly name: string;
  readonly key: string;
  readonly tweak: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}

interface Case {
  readonly tcId: number;
  readonly result?: string;
  readonly key: string;
  readonly iv: string;
  readonly tweakValue?: string;
  readonly sequenceNumber: number;
  readonly msg: string;
  readonly pt?: string;
  readonly ct?: string;
  readonly dataUnitLen: number;
  readonly payloadLen: number;
}

interface Group {
  readonly keySize?: number;
  readonly keyLen?: number;
  readonly tests: readonly Case[];
}

const groups = (...path: string[]): readonly Group[] =>
  JSON.parse(gunzipSync(readFileSync(packPath(...path))).toString()).testGroups;

/** Official data units with AES-256 keys. */
function units(): Unit[] {
  const found: Unit[] = [];
  for (const { keySize, tests } of groups('wycheproof', 'aes_xts_test.json.gz'))
    for (const { tcId, key, iv, msg, ct, result } of tests)
      if (keySize === 512 && result === 'valid')
        found.push({
          name: `wycheproof ${tcId}`,
          key,
          tweak: iv.padEnd(32, '0'),
          plaintext: msg,
          ciphertext: ct as string,
        });
  const folder = 'ACVP-AES-XTS-2.0';
  const answers = new Map<number, { ct?: string; pt?: string }>();
  for (const { tests } of groups('acvp', folder, 'expectedResults.json.gz'))
    for (const { tcId, ...answer } of tests) answers.set(tcId, answer);
  for (const { keyLen, tests } of groups('acvp', folder, 'prompt.json.gz'))
    for (const { tcId, key, tweakValue, sequenceNumber, pt, ct, dataUnitLen, payloadLen } of tests) {
      if (keyLen !== 256 || payloadLen > dataUnitLen) continue;
      const answer = answers.get(tcId);
      const tweak = tweakValue ?? Buffer.from([sequenceNumber]).toString('hex').padEnd(32, '0');
      const plaintext = (pt ?? answer?.pt) as string;
      const ciphertext = (ct ?? answer?.ct) as string;
      if (payloadLen % 8 === 0) found.push({ name: `acvp ${tcId}`, key, tweak, plaintext, ciphertext });
    }
  return found;
}

/** Bytes at the start of a unit that do not depend on its length: without the two blocks that stealing touches. */
const comparable = (size: number): number =>
  Math.min(BLOCK_SIZE, size % 16 === 0 ? size : 16 * (Math.floor(size / 16) - 1));

describe.each(ENGINES)('$name engine', (engine) => {
  const packs = hasPack('acvp') && hasPack('wycheproof');
  if (!packs) test('left out: no acvp and wycheproof packs', () => {});
  else
    test('official vectors are the first bytes of a block', () => {
      let compared = 0;
      for (const { name, key, tweak, plaintext, ciphertext } of units()) {
        const cipher = engine.create(hexToBytes(key));
        const size = comparable(plaintext.length / 2);
        for (const [input, output, direction] of [
          [plaintext, ciphertext, 'encrypt'],
          [ciphertext, plaintext, 'decrypt'],
        ] as const) {
          cipher.buffer.fill(0, 0, BLOCK_SIZE);
          cipher.buffer.set(hexToBytes(input.slice(0, 2 * size)));
          cipher[direction](hexToBytes(tweak));
          const got = Buffer.from(cipher.buffer.subarray(0, size)).toString('hex');
          expect([name, direction, got]).toEqual([name, direction, output.slice(0, 2 * size).toLowerCase()]);
          compared += size;
        }
        cipher.destroy();
      }
      expect(compared).toBeGreaterThan(10_000);
    });

  test.each([
    [0, 1],
    [7, 3],
    [2 ** 32 - 2, 40],
    [2 ** 40 + 5, 17],
  ])('LBA %d, %d blocks: as aes-256-xts of OpenSSL with the LBA as tweak', (lba, count) => {
    const path = new XtsDataPath({ engine });
    expect(path.load(encodeMetadata({ start: lba, end: lba + count - 1, nsid: 3 }), AUX, MEK)).toBe(0);
    const plaintext = blocks('text', count);
    const ciphertext = new Uint8Array(plaintext.length);
    path.encrypt(3, lba, [plaintext.subarray(0, 100), plaintext.subarray(100)], (at, data) =>
      ciphertext.set(data, (at - lba) * BLOCK_SIZE),
    );
    for (let i = 0; i < count; i++) {
      const block = (bytes: Uint8Array): Uint8Array => bytes.slice(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE);
      expect(block(ciphertext)).toEqual(opensslXts(MEK, lba + i, block(plaintext)));
    }
    const back = new Uint8Array(plaintext.length);
    const source = (at: number, data: Uint8Array): undefined =>
      data.set(ciphertext.subarray((at - lba) * BLOCK_SIZE).subarray(0, data.length)) as undefined;
    path.decrypt(3, lba, back, source, () => undefined);
    expect(back).toEqual(plaintext);
  });
});

describe('key cache', () => {
  const range = (start: number, end: number, nsid = 1): Uint8Array => encodeMetadata({ start, end, nsid });
  const path = (): XtsDataPath => new XtsDataPath({ engine: ENGINES[0] as (typeof ENGINES)[number], capacity: 2 });

  test('METD: start, end, namespace, little-endian', () => {
    expect(Buffer.from(range(1, 0x1_0000_0002, 3)).toString('hex')).toBe(
      '01000000000000000200000001000000' + '03000000',
    );
    fc.assert(
      fc.property(fc.nat(), fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (a, b, nsid) => {
        const metadata: RangeMetadata = { start: Math.min(a, b), end: Math.max(a, b), nsid };
        expect(decodeMetadata(encodeMetadata(metadata))).toEqual(metadata);
      }),
    );
  });

  test.each([
    ['no namespace', range(0, 1, 0)],
    ['end before start', range(2, 1)],
    ['beyond 2^53', new Uint8Array(20).fill(0xff)],
    ['too short', new Uint8Array(19)],
    ['more than 2^44 blocks of 16 bytes', range(0, 2 ** 36)],
    ['overlap', range(5, 20)],
  ])('BAD_METADATA: %s', (_, metadata) => {
    const cache = path();
    cache.load(range(10, 19), AUX, MEK);
    expect(cache.load(metadata, AUX, patterned('other', 64))).toBe(XTS_ERROR.BAD_METADATA);
    expect(cache.ranges).toEqual([{ start: 10, end: 19, nsid: 1 }]);
  });

  test('one key of exactly 2^44 blocks of 16 bytes', () => {
    expect(path().load(range(0, 2 ** 36 - 1), AUX, MEK)).toBe(ENGINE_ERROR.NONE);
  });

  test('the other errors', () => {
    const cache = path();
    expect(cache.load(range(0, 9), AUX, new Uint8Array(64).fill(7))).toBe(XTS_ERROR.WEAK_KEY);
    expect(cache.load(range(0, 9), AUX, MEK)).toBe(ENGINE_ERROR.NONE);
    expect(cache.load(range(0, 9), AUX, MEK)).toBe(ENGINE_ERROR.REDUNDANT_METADATA);
    expect(cache.load(range(0, 9, 2), AUX, MEK)).toBe(ENGINE_ERROR.NONE);
    expect(cache.load(range(0, 9, 3), AUX, MEK)).toBe(ENGINE_ERROR.CACHE_FULL);
    expect(cache.unload(range(0, 8))).toBe(ENGINE_ERROR.NOT_FOUND);
    expect(cache.unload(range(0, 9))).toBe(ENGINE_ERROR.NONE);
    expect(cache.zeroize()).toBe(ENGINE_ERROR.NONE);
    expect(cache.ranges).toEqual([]);
  });

  test('a request over two ranges uses both keys; one block without a key refuses all of it', () => {
    const cache = path();
    const other = patterned('second key', 64);
    cache.load(range(0, 1), AUX, MEK);
    cache.load(range(2, 3), AUX, other);
    const written: [number, Uint8Array][] = [];
    const text = blocks('text', 4);
    cache.encrypt(1, 0, [text], (lba, data) => written.push([lba, data.slice()]));
    expect(written.map(([lba]) => lba)).toEqual([0, 2]);
    expect(written[1]?.[1].subarray(0, BLOCK_SIZE)).toEqual(
      opensslXts(other, 2, text.slice(2 * BLOCK_SIZE, 3 * BLOCK_SIZE)),
    );
    const sink = (): void => void written.push([-1, text]);
    expect(() => cache.encrypt(1, 3, [text.subarray(0, 2 * BLOCK_SIZE)], sink)).toThrow(new LockedRangeError(1, 4));
    expect(() => cache.encrypt(2, 0, [text], sink)).toThrow(LockedRangeError);
    expect(written).toHaveLength(2);
  });
});
