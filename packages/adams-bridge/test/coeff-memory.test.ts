import { expect, test } from '@jest/globals';
import { BANKS, CoeffMemory, N, type RowAccess, rowAddress, splitAddress } from '@rootcap/adams-bridge';
import fc from 'fast-check';

test('addresses have the bank above the row', () => {
  expect([rowAddress(1, 64), rowAddress(2, 896), rowAddress(4, 0)]).toEqual([0x840, 0x1380, 0x2000]);
  expect(splitAddress(0x1380)).toEqual({ bank: 2, row: 896 });
});

test('rows and polynomials are copies; a view is live', () => {
  const memory = new CoeffMemory();
  memory.writeRow(rowAddress(1, 5), [1, 2, 3, 4]);
  const row = memory.row(1, 5);
  row[0] = 9;
  const poly = memory.poly(rowAddress(1, 0));
  expect([memory.row(1, 5)[0], poly[20], poly.length]).toEqual([1, 1, N]);
  memory.view(rowAddress(1, 5), 1)[0] = 7;
  expect([...memory.readRow(rowAddress(1, 5))]).toEqual([7, 2, 3, 4]);
});

test('a cell holds 24 bits', () => {
  const memory = new CoeffMemory();
  memory.writeRow(0, [0x1ff_ffff, -1, 0x80_0000, 0]);
  expect([...memory.row(0, 0)]).toEqual([0xff_ffff, 0xff_ffff, 0x80_0000, 0]);
});

test('the difference from a snapshot is what was written since', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          bank: fc.integer({ min: 0, max: BANKS.length - 1 }),
          row: fc.integer({ min: 0, max: 63 }),
          value: fc.integer({ min: 1, max: 0xff_ffff }),
        }),
        { maxLength: 20 },
      ),
      (writes) => {
        const memory = new CoeffMemory();
        const empty = memory.snapshot();
        const last = new Map<number, number>();
        for (const { bank, row, value } of writes) {
          memory.writeRow(rowAddress(bank, row), [0, value, 0, 0]);
          last.set(rowAddress(bank, row), value);
        }
        const differences = memory.diff(empty);
        expect(differences.map(({ address, after }) => [address, after[1]])).toEqual(
          [...last].toSorted(([a], [b]) => a - b),
        );
        expect(differences.every(({ before }) => before.every((x) => x === 0))).toBe(true);
        memory.restore(empty);
        expect(memory.diff(empty)).toEqual([]);
      },
    ),
  );
});

test('watchpoints report the accesses to their rows until they end', () => {
  const memory = new CoeffMemory();
  const seen: RowAccess[] = [];
  const end = memory.watch(rowAddress(2, 10), (access) => seen.push(access), { rows: 2 });
  const endWrites = memory.watch(rowAddress(2, 11), (access) => seen.push(access), { access: 'write' });
  memory.writeRow(rowAddress(2, 9), [1, 1, 1, 1]);
  memory.writeRow(rowAddress(2, 11), [2, 2, 2, 2]);
  endWrites();
  memory.readRow(rowAddress(2, 11));
  memory.readRow(rowAddress(2, 12));
  end();
  memory.readRow(rowAddress(2, 10));
  expect(seen.map(({ access, address, before, after }) => [access, address, before[0], after[0]])).toEqual([
    ['write', 0x100b, 0, 2],
    ['write', 0x100b, 0, 2],
    ['read', 0x100b, 2, 2],
  ]);
});

test('zeroize clears every bank', () => {
  const memory = new CoeffMemory();
  const empty = memory.snapshot();
  for (const [bank, { rows }] of BANKS.entries()) memory.writeRow(rowAddress(bank, rows - 1), [1, 2, 3, 4]);
  memory.zeroize();
  expect(memory.diff(empty)).toEqual([]);
});

test.each([
  [rowAddress(0, 1664), 'address 0x680: rows 1664..1664 are not in bank 0 of 1664 rows'],
  [rowAddress(1, 576), 'address 0xa40: rows 576..576 are not in bank 1 of 576 rows'],
  [rowAddress(5, 0), 'address 0x2800: there is no bank 5'],
])('row 0x%x is refused', (address, message) => {
  const memory = new CoeffMemory();
  expect(() => memory.writeRow(address, [0, 0, 0, 0])).toThrow(new RangeError(message));
  expect(() => memory.readRow(address)).toThrow(RangeError);
  expect(() => memory.watch(address, () => {})).toThrow(RangeError);
});

test('a polynomial has 256 coefficients', () => {
  expect(() => new CoeffMemory().setPoly(0, new Int32Array(4))).toThrow('poly: 4 coefficients, not 256');
});
