import { describe, expect, test } from '@jest/globals';
import { COMMAND_ID, sealMessage } from '@rootcap/firmware';
import { AXI_USER, Board, type BoardOptions, hex, provider, romBoard, runtimeBoard, words } from './support/board.ts';
import { signedBundle } from './support/bundle.ts';

/** Expected values: caliptra-sw:common/src/error_handler.rs, drivers/src/error_reporter.rs, rom/dev/tests at e7dc50f2. */

/** SS_STRAP_GENERIC with bit 1 of word 3: wait for a device reset before a fatal error shows. */
const WAITS: BoardOptions = { subsystemMode: true, straps: { generic: [0x001e_0010, 0x80, 0, 2] } };
const RECOVERY_DEVICE_RESET = 1;

const breakRom = (board: Board) => board.send(COMMAND_ID.VERSION, words(1));

describe('after a fatal error', () => {
  test('every command fails, and the first code stays', () => {
    const board = romBoard();
    expect(board.loadFirmware(new Uint8Array(0)).status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe('FW_PROC_INVALID_IMAGE_SIZE');
    expect(board.loadFirmware(signedBundle(provider)).status).toBe('CMD_FAILURE');
    expect(board.execute('VERSION').status).toBe('CMD_FAILURE');
    expect([board.fatal, board.nonFatal]).toEqual(new Array(2).fill('FW_PROC_INVALID_IMAGE_SIZE'));
  });

  test('the code is there before the command fails', () => {
    const board = romBoard();
    const seen: unknown[] = [];
    board.chip.on((event) => {
      if (event.kind === 'mailbox' && event.operation === 'respond') seen.push([board.fatal, board.nonFatal]);
    });
    breakRom(board);
    expect(seen).toEqual([new Array(2).fill('FW_PROC_MAILBOX_INVALID_CHECKSUM')]);
  });

  test.each([
    ['a ninth measurement', 'STASH_MEASUREMENT', new Uint8Array(104)],
    ['a download in passive mode', 'RI_DOWNLOAD_FIRMWARE', new Uint8Array(0)],
  ] as const)('%s fails its command first', (_, command, body) => {
    const board = romBoard();
    for (let i = 0; command === 'STASH_MEASUREMENT' && i < 8; i++) board.execute(command, body);
    const seen: unknown[] = [];
    board.chip.on((event) => {
      if (event.kind === 'mailbox' && event.operation === 'respond') seen.push(board.fatal);
    });
    board.execute(command, body);
    expect(seen).toEqual([undefined]);
    expect(board.fatal).toBeDefined();
  });

  test('keys without write lock, engines and the SHA accelerator are gone, the watchdog is off', () => {
    const board = romBoard();
    const { chip } = board;
    const kept = [0, 1].map((slot) => hex(chip.keyVault.inspect(slot)));
    chip.sha512.digest('sha384', words(1, 2, 3));
    breakRom(board);
    const slots = Array.from({ length: 24 }, (_, slot) => hex(chip.keyVault.inspect(slot)));
    expect(slots).toEqual([...kept, ...new Array(22).fill('00'.repeat(64))]);
    expect(kept.every((key) => key !== '00'.repeat(64))).toBe(true);
    expect(chip.shaAccelerator.tryLock('soc', AXI_USER)).toBe(false);
    expect(chip.soc.field('CPTRA_WDT_TIMER1_EN', 'timer1_en')).toBe(0);
    const digest = Array.from({ length: 16 }, (_, i) => chip.sha512.get('SHA512_DIGEST', i));
    expect(digest).toEqual(new Array(16).fill(0));
  });

  test('only a reset leads out: a cold one', () => {
    const board = romBoard();
    breakRom(board);
    board.reset('cold').powerOn();
    expect([board.fatal, board.wait.entry]).toEqual([undefined, 'rom-mailbox']);
    expect(board.loadFirmware().status).toBe('CMD_COMPLETE');
    expect(board.wait.entry).toBe('runtime-mailbox');
  });

  test('a warm reset finds that the cold boot did not end well', () => {
    const board = romBoard();
    breakRom(board);
    board.reset('warm');
    board.writeSoc('CPTRA_FUSE_WR_DONE', 1);
    board.start('reset');
    expect(board.fatal).toBe('ROM_WARM_RESET_UNSUCCESSFUL_PREVIOUS_COLD_RESET');
  });
});

describe('CPTRA_BOOT_STATUS', () => {
  const status = (board: Board) => board.chip.soc.get('CPTRA_BOOT_STATUS');

  test('with debug locked it stays 0 until there is an error to report', () => {
    const board = romBoard();
    expect(status(board)).toBe(0);
    breakRom(board);
    expect(status(board)).toBe(70);
  });

  // 1536 and 917543 stand in the recorded end state of a debug-locked chip: goldens/a-passive-mldsa/dpe-ecc.
  test('an error of the runtime, which the next command clears', () => {
    const board = runtimeBoard();
    expect(status(board)).toBe(0);
    board.send(COMMAND_ID.VERSION, words(1));
    expect([status(board), board.nonFatal]).toEqual([1536, 'RUNTIME_INVALID_CHECKSUM']);
    board.execute('VERSION');
    expect([status(board), board.nonFatal]).toEqual([1536, undefined]);
  });

  test('a wrong signature, which ROM survives', () => {
    const board = romBoard();
    board.execute('ECDSA384_SIGNATURE_VERIFY', new Uint8Array(240));
    expect([status(board), board.fatal]).toEqual([70, undefined]);
  });

  test('with debug unlocked it always shows the last status', () => {
    expect(status(romBoard({ debugLocked: false }))).toBe(70);
  });
});

describe('waiting for a device reset before a fatal error of ROM shows', () => {
  test('the command stays, no code shows, keys are gone already; then both come', () => {
    const board = romBoard(WAITS);
    expect(breakRom(board).status).toBe('CMD_BUSY');
    expect([board.wait.for, board.fatal, board.nonFatal]).toEqual(['device-reset', undefined, undefined]);
    expect(hex(board.chip.keyVault.inspect(6))).toBe('00'.repeat(64));
    board.chip.recovery.set('DEVICE_RESET', RECOVERY_DEVICE_RESET);
    board.run();
    expect([board.fatal, board.chip.mailbox.status()]).toEqual(['FW_PROC_MAILBOX_INVALID_CHECKSUM', 'CMD_FAILURE']);
  });

  test('any other reset control does not count', () => {
    const board = romBoard(WAITS);
    breakRom(board);
    board.chip.recovery.set('DEVICE_RESET', 2);
    expect(board.run().for).toBe('device-reset');
  });

  test.each([
    ['passive mode', { straps: WAITS.straps }],
    ['another bit of the strap', { subsystemMode: true, straps: { generic: [0x001e_0010, 0x80, 0, 1] } }],
  ] as [string, BoardOptions][])('%s: no wait', (_, options) => {
    const board = romBoard(options);
    expect(breakRom(board).status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe('FW_PROC_MAILBOX_INVALID_CHECKSUM');
  });

  test.each([0x9000_0000, 0xffff_ffff])('an interface that is not at 0x%s: the error shows all the same', (base) => {
    const board = new Board(WAITS);
    board.writeSoc('SS_RECOVERY_IFC_BASE_ADDR_L', base);
    board.writeSoc('SS_RECOVERY_IFC_BASE_ADDR_H', base);
    board.powerOn();
    expect(breakRom(board).status).toBe('CMD_FAILURE');
    expect([board.fatal, board.wait.entry]).toEqual(['FW_PROC_MAILBOX_INVALID_CHECKSUM', 'fatal']);
  });

  test('the same while ROM looks for an image there', () => {
    const board = new Board(WAITS);
    board.writeSoc('SS_RECOVERY_IFC_BASE_ADDR_L', 0x9000_0000);
    board.powerOn();
    board.send(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, sealMessage(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, new Uint8Array(4)));
    expect(board.fatal).toBe('DRIVER_DMA_TRANSACTION_ERROR');
  });

  test('the runtime does not wait', () => {
    const board = runtimeBoard(WAITS);
    expect(board.execute('SHUTDOWN').status).toBe('DATA_READY');
    expect([board.fatal, board.wait.entry]).toEqual(['RUNTIME_SHUTDOWN', 'fatal']);
  });
});
