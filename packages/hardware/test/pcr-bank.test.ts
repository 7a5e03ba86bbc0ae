import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type ChipEvent, DataVault, PcrBank, UC_ACCESS } from '@rootcap/hardware';
import fc from 'fast-check';
import { counted, hex, provider } from './engines.ts';

const bank = (): PcrBank => new PcrBank({ provider });
const sha384 = (...parts: Uint8Array[]): string => {
  const hash = createHash('sha384');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

describe('PCR bank', () => {
  test('extends by SHA-384 of old value and data', () => {
    const pcrs = bank();
    pcrs.extend(31, counted(48));
    const once = sha384(new Uint8Array(48), counted(48));
    expect(hex(pcrs.read(31))).toBe(once);
    pcrs.extend(31, counted(18));
    expect(hex(pcrs.read(31))).toBe(sha384(Buffer.from(once, 'hex'), counted(18)));
  });

  test('a lock stops clearing, not extending, until any reset', () => {
    const pcrs = bank();
    pcrs.extend(2, counted(48));
    pcrs.lock(2);
    pcrs.extend(2, counted(48));
    const value = hex(pcrs.read(2));
    expect(pcrs.clear(2)).toBe(false);
    pcrs.reset('update');
    expect([pcrs.isLocked(2), hex(pcrs.read(2))]).toEqual([false, value]);
    expect(pcrs.clear(2)).toBe(true);
    expect(hex(pcrs.read(2))).toBe('00'.repeat(48));
  });

  test('values survive a warm reset and end with a cold one', () => {
    const pcrs = bank();
    pcrs.extend(1, counted(48));
    const value = hex(pcrs.read(1));
    pcrs.reset('warm');
    expect(hex(pcrs.read(1))).toBe(value);
    pcrs.reset('cold');
    expect(hex(pcrs.read(1))).toBe('00'.repeat(48));
  });

  test('the core reads entries and cannot write them', () => {
    const pcrs = bank();
    pcrs.extend(3, counted(48));
    const entry = 0x600 + 3 * 48;
    pcrs.writeRegister(entry, 0, UC_ACCESS);
    const words = Array.from({ length: 12 }, (_, i) => pcrs.readRegister(entry + 4 * i, UC_ACCESS));
    expect(words.map((word) => word.toString(16).padStart(8, '0')).join('')).toBe(hex(pcrs.read(3)));
  });

  test.each([
    ['clear', 2, true],
    ['lock', 1, false],
    ['lock and clear at once', 3, true],
  ])('PCR_CTRL: %s', (_, word, clears) => {
    const pcrs = bank();
    pcrs.extend(0, counted(48));
    pcrs.writeRegister(0, word, UC_ACCESS);
    expect(hex(pcrs.read(0)) === '00'.repeat(48)).toBe(clears);
    expect(pcrs.readRegister(0, UC_ACCESS)).toBe(word & 1);
    pcrs.extend(0, counted(48));
    pcrs.writeRegister(0, 2, UC_ACCESS);
    expect(hex(pcrs.read(0)) === '00'.repeat(48)).toBe((word & 1) === 0);
  });

  test.each([-1, 32, 1.5])('has no PCR %p', (index) => {
    expect(() => bank().read(index)).toThrow(RangeError);
    expect(() => bank().extend(index, counted(48))).toThrow(RangeError);
  });

  test('tells what it did', () => {
    const events: ChipEvent[] = [];
    const pcrs = new PcrBank({ provider, emit: (event) => events.push(event) });
    pcrs.extend(4, counted(48));
    pcrs.clear(4);
    pcrs.lock(4);
    pcrs.clear(4);
    expect(events.map((event) => event.kind === 'pcr' && event.operation)).toEqual(['extend', 'clear', 'lock']);
  });
});

describe('data vault', () => {
  const guarded = [
    { lock: 0x0, entry: 0x28, size: 48, count: 10, until: 'cold' },
    { lock: 0x208, entry: 0x230, size: 48, count: 10, until: 'update' },
    { lock: 0x410, entry: 0x438, size: 4, count: 10, until: 'update' },
    { lock: 0x480, entry: 0x4a0, size: 4, count: 8, until: 'cold' },
  ] as const;

  test.each(guarded)('entries at $entry under locks at $lock', ({ lock, entry, size, count, until }) => {
    fc.assert(
      fc.property(fc.nat(count - 1), fc.nat(size / 4 - 1), fc.nat(0xffff_ffff), (index, word, value) => {
        const vault = new DataVault();
        const at = entry + index * size + word * 4;
        vault.writeRegister(at, value, UC_ACCESS);
        vault.writeRegister(lock + index * 4, 1, UC_ACCESS);
        vault.writeRegister(lock + index * 4, 0, UC_ACCESS);
        vault.writeRegister(at, ~value >>> 0, UC_ACCESS);
        expect(vault.readRegister(at, UC_ACCESS)).toBe(value);
        for (const kind of ['update', 'warm', 'cold'] as const) {
          vault.reset(kind);
          const open = until === 'update' || kind === 'cold';
          expect(vault.readRegister(lock + index * 4, UC_ACCESS)).toBe(open ? 0 : 1);
          expect(vault.readRegister(at, UC_ACCESS)).toBe(kind === 'cold' ? 0 : value);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('a lock covers its own entry only', () => {
    const vault = new DataVault();
    vault.writeRegister(0x4, 1, UC_ACCESS);
    vault.writeRegister(0x28 + 47 * 1 - 3, 7, UC_ACCESS);
    vault.writeRegister(0x28 + 48, 8, UC_ACCESS);
    vault.writeRegister(0x28 + 96, 9, UC_ACCESS);
    const at = (offset: number) => vault.readRegister(offset, UC_ACCESS);
    expect([at(0x28 + 44), at(0x28 + 48), at(0x28 + 96)]).toEqual([7, 0, 9]);
  });

  test('free words last until a warm reset', () => {
    const vault = new DataVault();
    vault.writeRegister(0x460, 5, UC_ACCESS);
    vault.reset('update');
    expect(vault.readRegister(0x460, UC_ACCESS)).toBe(5);
    vault.reset('warm');
    expect(vault.readRegister(0x460, UC_ACCESS)).toBe(0);
  });
});
