import { describe, expect, test } from '@jest/globals';
import { type BlockFactory, BusFault, defineBlock, RegisterFile } from '@rootcap/hardware';
import { register, registerBlock } from '@rootcap/struct';
import { makeChip } from './chips.ts';

const BASE = 0x1005_0000;

const counter = defineBlock({
  name: 'COUNTER',
  base: BASE,
  registers: {
    LIMIT: register(0, { soc: 'ro' }),
    COUNT: register(4, { uc: 'ro', soc: 'ro', clearedBy: 'cold' }),
    BOTH: register(8, { count: 2 }),
  },
  read: { BOTH: (own, index, { side }) => own.get('LIMIT') * 10 + index + (side === 'soc' ? 100 : 0) },
  write: {
    LIMIT: (own, value) => own.set('COUNT', own.get('COUNT') + value),
    BOTH: (own, value, index, { axiUser }) => own.set('COUNT', value + index + axiUser),
  },
});

describe('a block of one’s own', () => {
  test('firmware and SoC reach it, by its access rules', () => {
    const chip = makeChip({ blocks: [counter] });
    chip.uc.write(BASE, 5);
    chip.socBus.write(BASE, 9, 1);
    expect([chip.uc.read(BASE), chip.socBus.read(BASE + 4, 1)]).toEqual([5, 5]);
    expect([chip.uc.read(BASE + 12), chip.socBus.read(BASE + 8, 1)]).toEqual([51, 150]);
    chip.socBus.write(BASE + 12, 20, 3);
    expect(chip.uc.read(BASE + 4)).toBe(24);
    expect(() => chip.uc.read(BASE + 16)).toThrow(BusFault);
    expect(() => chip.socBus.read(BASE + 16, 1)).toThrow(BusFault);
  });

  test('resets clear what its declaration says', () => {
    const chip = makeChip({ blocks: [counter] });
    chip.uc.write(BASE, 5);
    chip.reset('warm');
    expect([chip.uc.read(BASE), chip.uc.read(BASE + 4)]).toEqual([0, 5]);
    chip.reset('cold');
    expect(chip.uc.read(BASE + 4)).toBe(0);
  });

  test('is saved and restored, each chip has its own, and a chip without it refuses the state', () => {
    const chip = makeChip({ blocks: [counter] });
    chip.uc.write(BASE, 5);
    const other = makeChip({ blocks: [counter] });
    expect(other.uc.read(BASE)).toBe(0);
    other.restore(chip.save());
    expect([other.uc.read(BASE), other.block('COUNTER').save()]).toEqual([5, chip.block('COUNTER').save()]);
    expect(() => other.restore(makeChip().save())).toThrow(TypeError);
    expect(other.uc.read(BASE)).toBe(5);
    expect(() => chip.block('NOTHING')).toThrow(RangeError);
  });

  test('may be a class of its own that looks at the chip', () => {
    const declaration = registerBlock('LIFECYCLE', BASE, { STATE: register(0, { uc: 'ro' }) });
    const factory: BlockFactory = (chip) =>
      new (class extends RegisterFile {
        protected override onRead(): number {
          return chip.options.lifecycle;
        }
      })(declaration);
    const chip = makeChip({ blocks: [factory] });
    expect(chip.uc.read(BASE)).toBe(chip.options.lifecycle);
  });

  test.each([
    ['MBOX_CSR', BASE, /its name is taken/],
    ['TWICE', 0x1001_8000, /overlaps KV_REG/],
    ['IN_ICCM', 0x4000_0000, /overlaps ICCM/],
    ['ODD', BASE + 2, /not at an address of a word/],
    ['OUTSIDE', 2 ** 32, /not at an address of a word/],
  ])('%s at %i is refused', (name, base, message) => {
    const block = defineBlock({ name, base, registers: { R: register(0) } });
    expect(() => makeChip({ blocks: [block] })).toThrow(RangeError);
    expect(() => makeChip({ blocks: [block] })).toThrow(message);
  });

  test('two of them at one place are refused', () => {
    expect(() => makeChip({ blocks: [counter, counter] })).toThrow(/COUNTER at 0x10050000: its name is taken/);
  });
});
