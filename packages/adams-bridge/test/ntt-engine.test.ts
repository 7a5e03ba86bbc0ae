import { describe, expect, test } from '@jest/globals';
import {
  CoeffMemory,
  intt,
  MLDSA_Q,
  MLKEM_Q,
  N,
  ntt,
  nttCycles,
  type Prime,
  rowAddress,
  runNtt,
  splitAddress,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

const SRC = rowAddress(2, 0);
const INTERIM = rowAddress(0, 1600);
const DEST = rowAddress(1, 64);
const ADDRESSES = { src: SRC, interim: INTERIM, dest: DEST };
const MODES = ['ct', 'gs'] as const;
const PRIMES: readonly Prime[] = [MLDSA_Q, MLKEM_Q];

const polyOf = (q: Prime) =>
  fc.array(fc.integer({ min: 0, max: q - 1 }), { minLength: N, maxLength: N }).map((values) => Int32Array.from(values));
const pure = { ct: ntt, gs: intt };
const cases = MODES.flatMap((mode) => PRIMES.map((q) => [mode, q] as const));

describe.each(cases)('%s modulo %d', (mode, q) => {
  test('leaves in memory what the pure transform gives, in whatever order it is shuffled', () => {
    fc.assert(
      fc.property(
        polyOf(q),
        fc.array(fc.integer({ min: 0, max: 63 }), { minLength: 68, maxLength: 68 }),
        (poly, bits) => {
          const memory = new CoeffMemory();
          memory.setPoly(SRC, poly);
          let at = 0;
          for (const _ of runNtt(memory, mode, ADDRESSES, q, { shuffle: () => bits[at++] as number }));
          expect(at).toBe(bits.length);
          expect(memory.poly(DEST)).toEqual(pure[mode](poly, q));
          expect(memory.poly(SRC)).toEqual(poly);
        },
      ),
      { numRuns: 10 },
    );
  });

  test('may write over its operand', () => {
    const memory = new CoeffMemory();
    const poly = Int32Array.from({ length: N }, (_, i) => (i * 7919) % q);
    memory.setPoly(SRC, poly);
    for (const _ of runNtt(memory, mode, { src: SRC, interim: INTERIM, dest: SRC }, q));
    expect(memory.poly(SRC)).toEqual(pure[mode](poly, q));
  });

  test('every round reads, computes and writes each of 64 rows once', () => {
    const memory = new CoeffMemory();
    const rounds = [0, 1, 2, 3].map(() => ({ reads: [] as number[], passes: 0 }));
    const writes: number[] = [];
    for (const cycle of runNtt(memory, mode, ADDRESSES, q, { shuffle: () => 0b0110_10 })) {
      rounds[cycle.round]?.reads.push(...cycle.reads.map(({ address }) => address));
      (rounds[cycle.round] as { passes: number }).passes += cycle.butterflies.length;
      writes.push(...cycle.writes.map(({ address }) => address));
      expect([cycle.reads.length <= 1, cycle.writes.length <= 1]).toEqual([true, true]);
    }
    const rowsFrom = (address: number): number[] => Array.from({ length: 64 }, (_, i) => address + i);
    const sorted = (addresses: number[]): number[] => addresses.toSorted((a, b) => a - b);
    expect(rounds.map(({ reads }) => sorted(reads))).toEqual([SRC, INTERIM, DEST, INTERIM].map(rowsFrom));
    expect([0, 1, 2, 3].map((round) => sorted(writes.slice(64 * round, 64 * round + 64)))).toEqual(
      [INTERIM, DEST, INTERIM, DEST].map(rowsFrom),
    );
    expect(rounds.map(({ passes }) => passes)).toEqual([64, 64, 64, 64]);
  });
});

test('a forward transform reads rows a quarter apart and writes in order; the inverse is the mirror', () => {
  const traffic = (mode: 'ct' | 'gs') => {
    const cycles = [...runNtt(new CoeffMemory(), mode, ADDRESSES, MLDSA_Q)].filter(({ round }) => round === 0);
    const rows = (kind: 'reads' | 'writes'): number[] =>
      cycles.flatMap((cycle) => cycle[kind].map(({ address }) => splitAddress(address).row)).slice(0, 6);
    return [rows('reads'), rows('writes')];
  };
  expect(traffic('ct')).toEqual([
    [0, 16, 32, 48, 1, 17],
    [1600, 1601, 1602, 1603, 1604, 1605],
  ]);
  expect(traffic('gs')).toEqual([
    [0, 1, 2, 3, 4, 5],
    [1600, 1616, 1632, 1648, 1601, 1617],
  ]);
});

describe('cycles', () => {
  /** Cycles of the instructions in a simulation of RTL v2.0.3, which the sequencer's four are part of. */
  test.each([
    ['NTT', 'ct', MLDSA_Q, false, 328],
    ['INTT', 'gs', MLDSA_Q, false, 336],
    ['masked INTT', 'gs', MLDSA_Q, true, 598],
    ['NTT of ML-KEM', 'ct', MLKEM_Q, false, 312],
    ['masked INTT of ML-KEM', 'gs', MLKEM_Q, true, 332],
  ] as const)('%s', (_, mode, q, masked, measured) => {
    expect(nttCycles(mode === 'gs', q, masked) + 4).toBe(measured);
    const cycles = [...runNtt(new CoeffMemory(), mode, ADDRESSES, q, { masked })];
    // The last write of a forward transform falls into the first cycle after it.
    expect(cycles.length).toBe(nttCycles(mode === 'gs', q, masked) + (mode === 'ct' ? 1 : 0));
    expect(cycles.map(({ cycle }) => cycle)).toEqual(cycles.map((_, i) => i));
  });
});

test('a row that is changed between cycles changes the result', () => {
  const memory = new CoeffMemory();
  for (const { cycle } of runNtt(memory, 'ct', ADDRESSES, MLDSA_Q)) if (cycle === 0) memory.writeRow(SRC, [1, 0, 0, 0]);
  expect(memory.poly(DEST)).toEqual(new Int32Array(N).fill(1));
});

test('rows outside of a bank are refused before anything happens', () => {
  const memory = new CoeffMemory();
  const before = memory.snapshot();
  const run = runNtt(memory, 'ct', { src: SRC, interim: INTERIM, dest: rowAddress(3, 1) }, MLDSA_Q);
  expect(() => run.next()).toThrow('address 0x1801: rows 1..64 are not in bank 3 of 64 rows');
  expect(memory.diff(before)).toEqual([]);
});
