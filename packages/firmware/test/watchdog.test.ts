import { describe, expect, test } from '@jest/globals';
import { Board, type BoardOptions, romBoard, runtimeBoard } from './support/board.ts';

/** Expected values: caliptra-sw:rom/dev/src/wdt.rs, main.rs (nmi_handler), common/src/wdt.rs at e7dc50f2. */

const registers = ({ chip: { soc } }: Board) => ({
  enabled: [soc.field('CPTRA_WDT_TIMER1_EN', 'timer1_en'), soc.field('CPTRA_WDT_TIMER2_EN', 'timer2_en')],
  periods: (['CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 'CPTRA_WDT_TIMER2_TIMEOUT_PERIOD'] as const).map((name) => [
    soc.get(name, 0),
    soc.get(name, 1),
  ]),
});

describe('configuration', () => {
  test('timer 1 with the cycles of CPTRA_WDT_CFG; timer 2 fires one cycle after it', () => {
    expect(registers(romBoard({ watchdogCycles: 5000 }))).toEqual({
      enabled: [1, 0],
      periods: [
        [5000, 0],
        [1, 0],
      ],
    });
  });

  test('0 cycles count as 1', () => {
    expect(registers(new Board({ watchdogCycles: 0 }).powerOn()).periods[0]).toEqual([1, 0]);
  });

  test('off with debug unlocked', () => {
    const never = [0xffff_ffff, 0xffff_ffff];
    expect(registers(romBoard({ watchdogCycles: 5000, debugLocked: false }))).toEqual({
      enabled: [0, 0],
      periods: [never, never],
    });
  });

  test('on already when fuses are programmed', () => {
    const board = new Board({ subsystemMode: true, debugServiceRequest: 4, watchdogCycles: 5000 }).powerOn();
    expect([board.fatal, registers(board).periods[0]]).toEqual(['ROM_UDS_PROG_ILLEGAL_LIFECYCLE_STATE', [5000, 0]]);
  });

  test('the runtime turns it off', () => {
    expect(registers(runtimeBoard()).enabled).toEqual([0, 0]);
  });
});

describe('expiry', () => {
  const options: BoardOptions = { watchdogCycles: 5000 };

  test.each([
    ['waits for firmware', options, 'rom-mailbox'],
    [
      'waits for a debug token',
      { ...options, subsystemMode: true, lifecycle: 1, debugIntent: true, debugServiceRequest: 1 },
      undefined,
    ],
  ] as [string, BoardOptions, string | undefined][])('while ROM %s', (_, more, entry) => {
    const board = new Board(more).powerOn();
    board.chip.advance(5000);
    expect([board.run().entry, board.fatal]).toEqual([entry, undefined]);
    board.chip.advance(1);
    board.run();
    expect([board.fatal, board.nonFatal, board.wait.entry]).toEqual([
      'ROM_GLOBAL_WDT_EXPIRED',
      'ROM_GLOBAL_WDT_EXPIRED',
      'fatal',
    ]);
  });

  test('while ROM waits for a recovery image', () => {
    const board = romBoard({ ...options, subsystemMode: true });
    board.execute('RI_DOWNLOAD_FIRMWARE');
    board.chip.advance(6000);
    board.run();
    expect(board.fatal).toBe('ROM_GLOBAL_WDT_EXPIRED');
  });

  test('in a device that was saved while it waited', () => {
    const board = romBoard(options);
    board.chip.advance(6000);
    board.run();
    expect(board.fatal).toBe('ROM_GLOBAL_WDT_EXPIRED');
  });

  test('a fatal error stops it: the first code stays', () => {
    const board = romBoard(options);
    board.loadFirmware(new Uint8Array(0));
    board.chip.advance(6000);
    board.run();
    expect(board.fatal).toBe('FW_PROC_INVALID_IMAGE_SIZE');
  });

  test('no time limit for the runtime between commands', () => {
    const board = runtimeBoard(options);
    board.chip.advance(1_000_000);
    expect([board.execute('VERSION').status, board.fatal]).toEqual(['DATA_READY', undefined]);
  });
});
