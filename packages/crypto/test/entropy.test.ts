import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  blockEntropy,
  concatBytes,
  entropyBlock,
  equalBytes,
  bytesToHex as hex,
  SecretBytes,
  seededEntropy,
  systemEntropy,
  hexToBytes as unhex,
  utf8ToBytes,
} from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import fc from 'fast-check';
import { readPack, withPack } from './vectors.ts';

const SEED = utf8ToBytes('seed');

function expectedBlock(index: number): string {
  const counter = Uint8Array.of(index >>> 24, (index >>> 16) & 0xff, (index >>> 8) & 0xff, index & 0xff);
  return createHash('sha384').update(SEED).update(counter).digest('hex');
}

describe('entropy', () => {
  test('block i is SHA-384(seed ‖ u32be(i))', () => {
    for (const index of [0, 1, 255, 256, 0xffff_ffff])
      expect(hex(entropyBlock(SEED, index))).toBe(expectedBlock(index));
    expect(entropyBlock(SEED, 3, nodeProvider())).toEqual(entropyBlock(SEED, 3));
  });
  test('a seeded stream does not depend on how it is read', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(130), { maxLength: 8 }), (lengths) => {
        const stream = seededEntropy(SEED);
        const read = concatBytes(...lengths.map((length) => stream.bytes(length)));
        expect(hex(read)).toBe(
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
            .map(expectedBlock)
            .join('')
            .slice(0, 2 * read.length),
        );
      }),
    );
  });
  test('a block source drops the rest of a block', () => {
    const source = blockEntropy(SEED);
    expect(hex(source.bytes(12))).toBe(expectedBlock(0).slice(0, 24));
    expect(hex(source.bytes(64))).toBe((expectedBlock(1) + expectedBlock(2)).slice(0, 128));
    expect(source.bytes(0)).toEqual(new Uint8Array(0));
    expect(hex(source.bytes(48))).toBe(expectedBlock(3));
  });
  test('a source keeps its own copy of the seed', () => {
    const seed = SEED.slice();
    const sources = [seededEntropy(seed), blockEntropy(seed)];
    seed.fill(0);
    for (const source of sources) expect(hex(source.bytes(48))).toBe(expectedBlock(0));
  });
  test('the platform gives other bytes each time', () => {
    const source = systemEntropy();
    expect(source.bytes(32)).not.toEqual(source.bytes(32));
    expect(source.bytes(0)).toEqual(new Uint8Array(0));
  });
  test.each([-1, 0.5, Number.NaN])('%p bytes are refused', (length) => {
    for (const source of [seededEntropy(SEED), blockEntropy(SEED), systemEntropy()])
      expect(() => source.bytes(length)).toThrow('length: expected an integer in 0..');
  });
  test('a block index is 32 bits', () => {
    expect(() => entropyBlock(SEED, 2 ** 32)).toThrow('index: expected an integer in 0..4294967295, got 4294967296');
  });
});

withPack('caliptra', () => {
  test('the responses of a recorded boot', () => {
    const path = 'caliptra/goldens/a-passive-mldsa';
    const { trng } = readPack<{ trng: { seed_hex: string } }>(`${path}/config.json`);
    const { trng: recorded } = readPack<{ trng: { etrng: readonly string[] } }>(`${path}/state.json`);
    const source = blockEntropy(unhex(trng.seed_hex));
    expect(recorded.etrng.length).toBeGreaterThan(100);
    expect(recorded.etrng.map(() => hex(source.bytes(48)))).toEqual(recorded.etrng);
  });
});

describe('SecretBytes', () => {
  test('holds a copy until it is wiped', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const secret = new SecretBytes(bytes);
    bytes.fill(0);
    const exposed = secret.expose();
    expect([...exposed]).toEqual([1, 2, 3]);
    secret.wipe();
    expect([...exposed]).toEqual([0, 0, 0]);
    expect(() => secret.expose()).toThrow('secret: expected a live secret, got a wiped one');
    secret.wipe();
    expect([secret.wiped, secret.length]).toEqual([true, 3]);
  });
  test('shows only its length', () => {
    const secret = new SecretBytes(Uint8Array.of(0xaa, 0xbb));
    expect([`${secret}`, JSON.stringify({ secret })]).toEqual(['SecretBytes(2)', '{"secret":"SecretBytes(2)"}']);
  });
});

describe('equalBytes', () => {
  test('compares content and length', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});
