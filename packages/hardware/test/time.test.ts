import { describe, expect, test } from '@jest/globals';
import { BusFault, MEMORY_MAP, type SocInterface, TEST_SRAM_BASE, TEST_SRAM_SIZE } from '@rootcap/hardware';
import fc from 'fast-check';
import { fusesDone, makeChip, SUBSYSTEM, socAddress, summary } from './chips.ts';
import { counted, hex } from './engines.ts';

const STATUS = socAddress('CPTRA_TRNG_STATUS');

/** What the firmware's driver writes. caliptra-sw:common/src/wdt.rs */
function startByRegisters(soc: SocInterface, timer1: readonly number[], timer2: readonly number[]): void {
  soc.setField('CPTRA_WDT_TIMER1_EN', 'timer1_en', 0);
  timer1.forEach((word, i) => {
    soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', word, i);
  });
  timer2.forEach((word, i) => {
    soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', word, i);
  });
  soc.setField('CPTRA_WDT_TIMER1_EN', 'timer1_en', 1);
  soc.setField('CPTRA_WDT_TIMER1_CTRL', 'timer1_restart', 1);
}

describe('what happens next', () => {
  test('nothing by itself, until a watchdog runs', () => {
    const chip = makeChip();
    expect(chip.cyclesToEvent).toBe(Number.POSITIVE_INFINITY);
    chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 0, 1);
    chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 1000, 0);
    chip.soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', 0, 1);
    chip.soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', 5, 0);
    chip.soc.setField('CPTRA_WDT_TIMER1_EN', 'timer1_en', 1);
    chip.advance(400);
    expect(chip.cyclesToEvent).toBe(600);
    chip.advance(600);
    expect([chip.cyclesToEvent, chip.nmiPending]).toEqual([5, false]);
    chip.advance(5);
    expect([chip.cyclesToEvent, chip.nmiPending]).toEqual([Number.POSITIVE_INFINITY, true]);
  });

  test('the watchdog is started by the method as by the registers', () => {
    const period = fc.tuple(fc.nat(4), fc.nat(1));
    fc.assert(
      fc.property(fc.array(fc.tuple(period, period, fc.nat(8)), { maxLength: 6 }), (starts) => {
        const [typed, registers] = [makeChip(), makeChip()];
        for (const [timer1, timer2, cycles] of starts) {
          typed.soc.startWatchdog(timer1, timer2);
          startByRegisters(registers.soc, timer1, timer2);
          expect(typed.soc.save()).toEqual(registers.soc.save());
          for (const chip of [typed, registers]) chip.advance(cycles);
          expect(typed.soc.save()).toEqual(registers.soc.save());
          expect(typed.nmiPending).toBe(registers.nmiPending);
        }
      }),
    );
  });

  test('a pending NMI is saved, taken once, and ends with a reset', () => {
    const expired = () => {
      const chip = makeChip();
      chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 0, 1);
      chip.soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', 0, 1);
      chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 1, 0);
      chip.soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', 1, 0);
      chip.soc.setField('CPTRA_WDT_TIMER1_EN', 'timer1_en', 1);
      chip.advance(2);
      return chip;
    };
    const chip = makeChip();
    chip.restore(expired().save());
    expect([chip.nmiPending, chip.takeNmi(), chip.nmiPending, chip.takeNmi()]).toEqual([true, true, false, false]);
    const other = expired();
    other.reset('warm');
    expect(other.nmiPending).toBe(false);
  });
});

describe('a TRNG that answers later', () => {
  const answering = (delay: number) => ({ trngResponder: { respond: () => ({ delay, data: counted(48) }) } });

  test('the answer comes with its cycle', () => {
    const chip = makeChip(answering(100));
    chip.trng.request();
    expect([chip.trng.ready, chip.cyclesToEvent]).toEqual([false, 100]);
    chip.advance(99);
    expect([chip.trng.ready, chip.cyclesToEvent]).toEqual([false, 1]);
    chip.advance(1);
    expect([chip.trng.ready, hex(chip.trng.take())]).toEqual([true, hex(counted(48))]);
  });

  test('a driver that waits for it lets time pass, and somebody can account for that', () => {
    const chip = makeChip(answering(100));
    expect(hex(chip.trng.generate())).toBe(hex(counted(48)));
    expect([chip.cycles, chip.takeStalledCycles(), chip.takeStalledCycles()]).toEqual([100, 100, 0]);
  });

  test('a reset of the chip takes a request back', () => {
    const chip = makeChip(answering(100));
    chip.trng.request();
    chip.reset('warm');
    expect(chip.cyclesToEvent).toBe(Number.POSITIVE_INFINITY);
  });

  test('nobody answers: the driver gives up after 250,000 cycles', () => {
    const chip = makeChip({ trngResponder: { respond: () => undefined } });
    expect(() => chip.trng.generate()).toThrow('DRIVER_TRNG_EXT_TIMEOUT');
    expect(chip.cycles).toBe(250_000);
  });
});

describe('a TRNG that the SoC serves ahead', () => {
  const answer = (chip: ReturnType<typeof makeChip>, byte: number): void => {
    for (let i = 0; i < 12; i++) chip.socBus.write(socAddress('CPTRA_TRNG_DATA', i), byte * 0x0101_0101, 1);
    chip.socBus.write(STATUS, 2, 1);
  };

  test('asks when the core runs, one answer after the other, until the stock is full', () => {
    const chip = makeChip({ entropy: undefined, trngStock: 2 } as never);
    chip.advance(10);
    expect(chip.socBus.read(STATUS, 1)).toBe(0);
    fusesDone(chip);
    expect([chip.cyclesToEvent <= 1, chip.trng.starved]).toEqual([true, true]);
    chip.advance(1);
    expect(chip.socBus.read(STATUS, 1)).toBe(1);
    answer(chip, 1);
    expect([chip.socBus.read(STATUS, 1), chip.cyclesToEvent]).toEqual([0, 1]);
    chip.advance(1);
    answer(chip, 2);
    chip.advance(1000);
    expect([chip.socBus.read(STATUS, 1), chip.trng.starved]).toEqual([0, false]);
  });

  test('firmware gets the answers in order; each one used is asked for again', () => {
    const chip = makeChip({ entropy: undefined, trngStock: 2 } as never);
    fusesDone(chip);
    for (const byte of [1, 2]) {
      chip.advance(1);
      answer(chip, byte);
    }
    const saved = chip.save();
    expect([chip.trng.generate()[0], chip.trng.starved, chip.trng.generate()[0]]).toEqual([1, true, 2]);
    expect(() => chip.trng.generate()).toThrow('DRIVER_TRNG_EXT_TIMEOUT');
    chip.restore(saved);
    expect(summary(chip.save())).toEqual(summary(saved));
    expect([chip.trng.generate()[0], chip.trng.generate()[0]]).toEqual([1, 2]);
    chip.advance(1);
    expect(chip.socBus.read(STATUS, 1)).toBe(1);
  });
});

describe('a memory of test benches', () => {
  test('is on the AXI bus with its first contents, in passive mode too', () => {
    const chip = makeChip({ testSram: counted(16) });
    expect(hex(chip.axi.read(TEST_SRAM_BASE, 16))).toBe(hex(counted(16)));
    chip.axi.write(TEST_SRAM_BASE + TEST_SRAM_SIZE - 4, counted(4, 0x80));
    const other = makeChip({ testSram: new Uint8Array(0) });
    other.restore(chip.save());
    expect(hex(other.axi.read(TEST_SRAM_BASE + TEST_SRAM_SIZE - 4, 4))).toBe('80818283');
    expect(() => makeChip().axi.read(TEST_SRAM_BASE, 4)).toThrow(BusFault);
    expect(() => makeChip({ testSram: new Uint8Array(TEST_SRAM_SIZE + 1) })).toThrow('testSram');
  });
});

describe('transfers on the AXI bus', () => {
  test('can be observed, with their master', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM });
    const seen: string[] = [];
    const stop = chip.axi.observe(({ operation, master, address, data }) => {
      seen.push(`${master} ${operation} ${address.toString(16)} ${hex(data)}`);
    });
    chip.dma.write(0x21c0_0000, counted(4));
    chip.socBus.read(0x21c0_0000, 1);
    chip.socBus.write(0x21c0_0004, 1, 1);
    chip.axi.readFixed(0x21c0_0000, 4);
    stop();
    chip.dma.write(0x21c0_0000, counted(4));
    expect(seen).toEqual([
      'caliptra write 21c00000 00010203',
      'soc read 21c00000 00010203',
      'soc write 21c00004 01000000',
      'caliptra read 21c00000 00010203',
    ]);
  });
});

describe('an injected memory error', () => {
  test('faults where the core reads that memory', () => {
    const chip = makeChip();
    const { DCCM, ICCM } = MEMORY_MAP;
    chip.memoryFault = 'dccm';
    expect(() => chip.uc.read(DCCM.base)).toThrow(BusFault);
    expect(chip.uc.read(ICCM.base)).toBe(0);
    chip.memoryFault = 'iccm';
    expect(() => chip.uc.read(ICCM.base)).toThrow(BusFault);
    chip.memoryFault = 'none';
    expect([chip.uc.read(DCCM.base), chip.uc.read(ICCM.base)]).toEqual([0, 0]);
  });
});

describe('the start of the core', () => {
  test('waits for CPTRA_BOOTFSM_GO in every security state, if asked to', () => {
    const chip = makeChip({ awaitsGo: true });
    fusesDone(chip);
    expect([chip.soc.bootState, chip.soc.coreRunning]).toEqual(['wait', false]);
    chip.socBus.write(socAddress('CPTRA_BOOTFSM_GO'), 1, 1);
    expect(chip.soc.coreRunning).toBe(true);
    chip.reset('warm');
    fusesDone(chip);
    expect(chip.soc.bootState).toBe('wait');
  });

  test('the HEK seed of the fuse controller is in its register after power-on', () => {
    const chip = makeChip({ hekSeed: counted(32) });
    const words = () => Array.from({ length: 8 }, (_, i) => chip.soc.get('FUSE_HEK_SEED', i));
    expect(words()[0]).toBe(0x0001_0203);
    chip.socBus.write(socAddress('FUSE_HEK_SEED'), 7, 1);
    chip.reset('cold');
    expect(words()[0]).toBe(0x0001_0203);
  });
});
