import { describe, expect, test } from '@jest/globals';
import { keccakP, sha3_256, sha3_512, shake128, shake256 } from '@noble/hashes/sha3.js';
import { KECCAK_MODES, Keccak, keccak, keccakRound } from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { hex } from './vectors.ts';

const ORACLE = {
  SHAKE128: (message: Uint8Array, length: number) => shake128(message, { dkLen: length }),
  SHAKE256: (message: Uint8Array, length: number) => shake256(message, { dkLen: length }),
  'SHA3-256': (message: Uint8Array) => sha3_256(message),
  'SHA3-512': (message: Uint8Array) => sha3_512(message),
};
const LENGTHS = { 'SHA3-256': 32, 'SHA3-512': 64 } as Record<string, number>;
const modes = Object.keys(KECCAK_MODES) as (keyof typeof KECCAK_MODES)[];

describe.each(modes)('%s', (mode) => {
  test('is that of noble, however message and output are cut', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), cuts, fc.integer({ min: 0, max: 500 }), (message, at, first) => {
        const sponge = new Keccak(mode);
        let from = 0;
        for (const length of at) {
          sponge.absorb(message.subarray(from, from + length));
          from += length;
        }
        sponge.absorb(message.subarray(from));
        const length = LENGTHS[mode] ?? 500;
        const start = Math.min(first, length);
        const output = hex(sponge.squeeze(start)) + hex(sponge.squeeze(length - start));
        expect(output).toBe(hex(ORACLE[mode](message, length)));
      }),
    );
  });

  test('counts a permutation for each block', () => {
    const { rate } = KECCAK_MODES[mode];
    const count = (absorbed: number, squeezed: number): number => {
      const sponge = new Keccak(mode).absorb(new Uint8Array(absorbed));
      sponge.squeeze(squeezed);
      return sponge.permutations;
    };
    expect([count(0, 1), count(rate - 1, rate), count(rate, 1), count(0, rate + 1)]).toEqual([1, 1, 2, 2]);
  });
});

test('a permutation takes twelve cycles', () => {
  const sponge = new Keccak('SHAKE256').absorb(new Uint8Array(136));
  expect([sponge.permutations, sponge.cycles]).toEqual([1, 12]);
});

test('the state begins with the first block of output', () => {
  const sponge = new Keccak('SHAKE128').absorb(Uint8Array.of(1, 2, 3));
  const output = sponge.squeeze(168);
  expect(hex(sponge.state().subarray(0, 168))).toBe(hex(output));
  expect(sponge.state()).toHaveLength(200);
});

test('parts of a message are absorbed one after the other', () => {
  expect(hex(keccak('SHAKE256', 20, Uint8Array.of(1), Uint8Array.of(2, 3)))).toBe(
    hex(shake256(Uint8Array.of(1, 2, 3), { dkLen: 20 })),
  );
});

test('nothing is absorbed after output', () => {
  const sponge = new Keccak('SHAKE256');
  sponge.squeeze(1);
  expect(() => sponge.absorb(Uint8Array.of(1))).toThrow('SHAKE256: absorb after squeeze');
});

describe('rounds', () => {
  const lanes = fc.uint8Array({ minLength: 200, maxLength: 200 });
  const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.slice().buffer);

  test('one after the other are the permutation of noble, from any round on', () => {
    fc.assert(
      fc.property(lanes, fc.integer({ min: 0, max: 23 }), (bytes, first) => {
        const [ours, noble] = [wordsOf(bytes), wordsOf(bytes)];
        for (let round = first; round < 24; round++) keccakRound(ours, round);
        keccakP(noble, 24 - first);
        expect(hex(new Uint8Array(ours.buffer))).toBe(hex(new Uint8Array(noble.buffer)));
      }),
    );
  });

  test('a flip before the first round is one before the permutation; in another one it waits', () => {
    const digest = (change: (sponge: Keccak) => void): string => {
      const sponge = new Keccak('SHAKE256').absorb(new Uint8Array(300));
      change(sponge);
      return hex(sponge.squeeze(300));
    };
    // The message leaves 28 bytes for the last block, which the padding ends.
    expect(digest((sponge) => sponge.flipInRound({ permutation: 0, round: 0, bit: 1599 }))).toBe(
      digest((sponge) => sponge.flip(1599)),
    );
    const [plain, late] = [
      digest(() => {}),
      digest((sponge) => sponge.flipInRound({ permutation: 1, round: 3, bit: 5 })),
    ];
    expect(late.slice(0, 272)).toBe(plain.slice(0, 272));
    expect(late.slice(272)).not.toBe(plain.slice(272));
    for (const flip of [
      { permutation: 0, round: 24, bit: 0 },
      { permutation: 0, round: 0, bit: 1600 },
    ])
      expect(() => new Keccak('SHAKE128').flipInRound(flip)).toThrow(RangeError);
  });
});
