import { describe, expect, test } from '@jest/globals';
import { RegisterFile, type RegisterWrite, SOC_IFC_REG, UC_ACCESS } from '@rootcap/hardware';
import { bit, bits, register, registerBlock } from '@rootcap/struct';
import fc from 'fast-check';
import { soc } from './chips.ts';

const TEST_REG = registerBlock('TEST_REG', 0x1000_0000, {
  PLAIN: register(0x00, { reset: 0x55 }),
  FIELDS: register(0x04, { fields: { low: bits(3, 0), flag: bit(8) }, clearedBy: 'cold' }),
  UC_ONLY: register(0x08, { soc: 'none' }),
  READ_ONLY: register(0x0c, { uc: 'ro', soc: 'ro', reset: 7 }),
  WRITE_ONLY: register(0x10, { uc: 'wo' }),
  STATUS: register(0x14, { write: 'w1c', clearedBy: 'update', reset: 0xf }),
  LOCK: register(0x18, { write: 'w1s', count: 2, clearedBy: 'update', fields: { lock: bit(0) } }),
  PULSE: register(0x20, { write: 'pulse', fields: { go: bit(0) } }),
  ARRAY: register(0x40, { count: 4, stride: 8, lockedBy: 'LOCK' }),
});

class TestBlock extends RegisterFile<typeof TEST_REG.registers> {
  pulses = 0;

  constructor() {
    super(TEST_REG);
  }

  protected override onWrite(
    name: keyof typeof TEST_REG.registers,
    _index: number,
    next: number,
    { written }: RegisterWrite,
  ): number {
    if (name === 'PULSE') this.pulses += written;
    return next;
  }
}

describe('RegisterFile', () => {
  test('starts with the reset values', () => {
    const block = new TestBlock();
    expect([block.get('PLAIN'), block.get('READ_ONLY'), block.get('STATUS')]).toEqual([0x55, 7, 0xf]);
  });

  test('an undeclared offset reads as 0 and ignores writes', () => {
    const block = new TestBlock();
    block.writeRegister(0x44, 1, UC_ACCESS);
    block.writeRegister(0x8000, 1, UC_ACCESS);
    expect([block.readRegister(0x44, UC_ACCESS), block.readRegister(0x8000, UC_ACCESS)]).toEqual([0, 0]);
  });

  test('reserved bits stay 0', () => {
    const block = new TestBlock();
    block.set('FIELDS', 0xffff_ffff);
    expect(block.get('FIELDS')).toBe(0x10f);
    block.setField('FIELDS', 'low', 3);
    expect([block.get('FIELDS'), block.field('FIELDS', 'flag')]).toEqual([0x103, 1]);
  });

  test.each([
    ['UC_ONLY', 0x08, 'uc', 9],
    ['UC_ONLY', 0x08, 'soc', 0],
    ['READ_ONLY', 0x0c, 'uc', 7],
    ['WRITE_ONLY', 0x10, 'uc', 0],
    ['WRITE_ONLY', 0x10, 'soc', 9],
  ] as const)('%s at 0x%x from %s reads %i', (_name, offset, side, expected) => {
    const block = new TestBlock();
    block.writeRegister(offset, 9, UC_ACCESS);
    expect(block.readRegister(offset, side === 'uc' ? UC_ACCESS : soc(1))).toBe(expected);
  });

  test('write rules: clear by one, set by one, pulse', () => {
    const block = new TestBlock();
    block.set('STATUS', 0x5);
    expect(block.get('STATUS')).toBe(0xa);
    block.set('LOCK', 1);
    block.set('LOCK', 0);
    expect(block.get('LOCK')).toBe(1);
    block.set('PULSE', 3);
    expect([block.get('PULSE'), block.pulses]).toEqual([0, 1]);
  });

  test('a lock register keeps writes out of its share of an array', () => {
    const block = new TestBlock();
    block.set('LOCK', 1, 1);
    for (let i = 0; i < 4; i++) block.set('ARRAY', i + 1, i);
    expect([0, 1, 2, 3].map((i) => block.get('ARRAY', i))).toEqual([1, 2, 0, 0]);
  });

  test.each([
    ['update', [9, 9, 0xf, 0]],
    ['warm', [0x55, 9, 0xf, 0]],
    ['cold', [0x55, 0, 0xf, 0]],
  ] as const)('%s reset clears what it should', (kind, expected) => {
    const block = new TestBlock();
    for (const name of ['PLAIN', 'FIELDS'] as const) block.set(name, 9);
    block.set('STATUS', 0xf);
    block.set('LOCK', 1);
    block.reset(kind);
    expect([block.get('PLAIN'), block.get('FIELDS'), block.get('STATUS'), block.get('LOCK')]).toEqual(expected);
  });

  test('bytes are the words, most significant first', () => {
    const block = new TestBlock();
    block.set('ARRAY', 0x0102_0304, 0);
    block.set('ARRAY', 0x0506_0708, 3);
    expect([...block.bytes('ARRAY')]).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8]);
  });

  test('names, fields and indices that do not exist are programming mistakes', () => {
    const block = new TestBlock();
    expect(() => block.get('NO_SUCH' as 'PLAIN')).toThrow(TypeError);
    expect(() => block.get('ARRAY', 4)).toThrow(RangeError);
    expect(() => block.field('FIELDS', 'no_such' as 'low')).toThrow(TypeError);
  });

  test('save and restore is the identity, whatever was written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(0x5c), fc.integer({ min: 0, max: 0xffff_ffff }))), (writes) => {
        const block = new TestBlock();
        for (const [offset, value] of writes) block.writeRegister(offset & ~3, value, UC_ACCESS);
        const copy = new TestBlock();
        copy.restore(block.save());
        expect(copy.save()).toEqual(block.save());
      }),
    );
  });

  test.each([[undefined], [null], [{}], [{ words: [1, 2] }], [{ words: new Uint32Array(1) }]])(
    'restore refuses %p',
    (state) => {
      const block = new TestBlock();
      block.set('PLAIN', 1);
      expect(() => block.restore(state as never)).toThrow(TypeError);
      expect(block.get('PLAIN')).toBe(1);
    },
  );
});

describe('interrupt block', () => {
  class Interrupting extends RegisterFile<typeof SOC_IFC_REG.registers> {
    constructor() {
      super(SOC_IFC_REG);
    }
    fire(event: string): void {
      this.raise(event);
    }
  }

  test('a trigger sets the status, counts, and raises the line if enabled', () => {
    const block = new Interrupting();
    block.set('INTR_BLOCK_RF_ERROR_INTR_TRIG_R', 0b100);
    expect(block.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')).toBe(0b100);
    expect(block.get('INTR_BLOCK_RF_ERROR_CMD_FAIL_INTR_COUNT_R')).toBe(1);
    expect([block.get('INTR_BLOCK_RF_ERROR_GLOBAL_INTR_R'), block.interrupt('error')]).toEqual([0, false]);
    block.set('INTR_BLOCK_RF_ERROR_INTR_EN_R', 0b100);
    expect([block.get('INTR_BLOCK_RF_ERROR_GLOBAL_INTR_R'), block.interrupt('error')]).toEqual([1, false]);
    block.set('INTR_BLOCK_RF_GLOBAL_INTR_EN_R', 0b01);
    expect(block.interrupt('error')).toBe(true);
    block.set('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R', 0b100);
    expect(block.interrupt('error')).toBe(false);
  });

  test('an event that happens again counts again; the counter stops at its maximum', () => {
    const block = new Interrupting();
    block.fire('notif_cmd_avail');
    block.fire('notif_cmd_avail');
    expect(block.get('INTR_BLOCK_RF_NOTIF_CMD_AVAIL_INTR_COUNT_R')).toBe(2);
    block.set('INTR_BLOCK_RF_NOTIF_CMD_AVAIL_INTR_COUNT_R', 0xffff_ffff);
    block.fire('notif_cmd_avail');
    expect(block.get('INTR_BLOCK_RF_NOTIF_CMD_AVAIL_INTR_COUNT_R')).toBe(0xffff_ffff);
    expect(() => block.fire('notif_nothing')).toThrow(TypeError);
  });

  test('errors survive a warm reset, notifications do not', () => {
    const block = new Interrupting();
    block.fire('error_internal');
    block.fire('notif_scan_mode');
    block.reset('warm');
    expect(block.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')).toBe(1);
    expect(block.get('INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R')).toBe(0);
  });
});
