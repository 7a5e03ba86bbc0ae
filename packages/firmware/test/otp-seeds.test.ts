import { describe, expect, test } from '@jest/globals';
import type { AxiDevice } from '@rootcap/hardware';
import { Board, type BoardOptions, hex, romBoard, wordAt, words } from './support/board.ts';

/** Expected values: caliptra-sw:common/src/uds_fe_programming.rs, rom/dev/tests/…/test_uds_fe.rs at e7dc50f2. */

/** Bit of SS_DBG_SERVICE_REG_REQ. */
const UDS = 4;
const factory: BoardOptions = { subsystemMode: true, lifecycle: 1, debugServiceRequest: UDS };
/** The order in which the bank of the model's fuse controller keeps them: each seed, 8 bytes digest, 8 bytes marker. */
const BANK = { uds: [0, 64], udsDigest: [64, 72], udsMarker: [72, 80], fe0: [80, 88], fe3: [152, 160] } as const;

const part = (board: Board, [start, end]: readonly [number, number]) => board.chip.otp.bank.slice(start, end);

interface Access {
  readonly write: boolean;
  readonly offset: number;
  readonly value: number;
}

/** A fuse controller that records what it is told, and answers as the test wants. */
function recordingController(board: Board, base: number, answer: (offset: number) => number): Access[] {
  const log: Access[] = [];
  const device: AxiDevice = {
    read(offset) {
      log.push({ write: false, offset, value: answer(offset) });
      return words(answer(offset));
    },
    write(offset, data) {
      log.push({ write: true, offset, value: wordAt(data, 0) });
    },
  };
  board.chip.axi.attach(base, 0x1000, device);
  board.writeSoc('SS_OTP_FC_BASE_ADDR_L', base);
  return log;
}

describe('UDS programming', () => {
  test.each([
    ['rows of 64 bits', false],
    ['rows of 32 bits', true],
  ])('%s: the whole seed and its digest are in fuses; this boot goes on with the old one', (_, fuseGranularity32) => {
    const board = new Board({ ...factory, fuseGranularity32 }).powerOn();
    expect(board.debugResponse).toEqual(['uds_program_success']);
    expect([board.fatal, board.wait.entry]).toEqual([undefined, 'rom-mailbox']);
    const uds = hex(part(board, BANK.uds));
    expect(uds.match(/.{16}/g)?.every((row) => row !== '0'.repeat(16))).toBe(true);
    expect(hex(part(board, BANK.udsDigest))).not.toBe('00'.repeat(8));
    expect(hex(part(board, BANK.udsMarker))).toBe('00'.repeat(8));
    const key = (device: Board) => hex(device.context.persistent.rom.get('idevid_mldsa_pub_key'));
    expect(key(board)).toBe(key(new Board({ subsystemMode: true, lifecycle: 1 }).powerOn()));
  });

  test('both row sizes write the same seed, word for word', () => {
    const seed = (fuseGranularity32: boolean) =>
      hex(part(new Board({ ...factory, fuseGranularity32 }).powerOn(), BANK.uds));
    expect(seed(true)).toBe(seed(false));
  });

  test.each([
    ['64 bits', false, 8, [0x88, 0x8c]],
    ['32 bits', true, 4, [0x88]],
  ])('rows of %s, register by register', (_, fuseGranularity32, step, dataRegisters) => {
    const board = new Board({ ...factory, fuseGranularity32 });
    const log = recordingController(board, 0x7800_0000, () => 1 << 30);
    board.powerOn();
    const rows = Array.from({ length: 64 / step }, (_, row) => row);
    const expected = rows.flatMap((row) => [...dataRegisters, 0x84, 0x80].map((offset) => ({ offset, row })));
    const writes = log.filter(({ write }) => write);
    expect(writes.map(({ offset }) => offset)).toEqual([...expected.map(({ offset }) => offset), 0x84, 0x80]);
    const at = (offset: number) => writes.filter((access) => access.offset === offset).map(({ value }) => value);
    expect(at(0x84)).toEqual([...rows.map((row) => 0x800 + row * step), 0x800]);
    expect(at(0x80)).toEqual([...rows.map(() => 2), 4]);
    expect(log.filter(({ write, offset }) => !write && offset !== 0x10)).toEqual([]);
    expect(board.debugResponse).toEqual(['uds_program_success']);
  });

  test.each<[string, BoardOptions, string]>([
    ['debug intent, whatever else is wrong', { debugIntent: true, lifecycle: 3 }, 'ROM_UDS_PROG_DEBUG_INTENT_SET'],
    ['passive mode', { subsystemMode: false, lifecycle: 3 }, 'ROM_UDS_PROG_IN_PASSIVE_MODE'],
    ['production', { lifecycle: 3 }, 'ROM_UDS_PROG_ILLEGAL_LIFECYCLE_STATE'],
    ['unprovisioned', { lifecycle: 0 }, 'ROM_UDS_PROG_ILLEGAL_LIFECYCLE_STATE'],
  ])('refused: %s', (_, more, symbol) => {
    const board = new Board({ ...factory, ...more }).powerOn();
    expect([board.fatal, board.debugResponse]).toEqual([symbol, []]);
    expect(board.statuses).toEqual(['CfiInitialized']);
    expect(hex(board.chip.otp.bank)).toBe('00'.repeat(176));
  });

  test('no fuse controller where the strap says: fatal, with the outcome in the register', () => {
    const board = new Board(factory);
    board.writeSoc('SS_OTP_FC_BASE_ADDR_L', 0x7800_0000);
    board.powerOn();
    expect([board.fatal, board.debugResponse]).toEqual(['DRIVER_DMA_TRANSACTION_ERROR', ['uds_program_fail']]);
  });
});

describe('ZEROIZE_UDS_FE', () => {
  const UDS_FLAG = 1;
  const ALL = 0x1f;
  const zeroize = (flags: number, options: BoardOptions = {}) => {
    const board = romBoard({ subsystemMode: true, ...options });
    const { status, data } = board.execute('ZEROIZE_UDS_FE', words(flags));
    return { board, status, result: wordAt(data, 8) };
  };

  test.each([
    ['UDS', UDS_FLAG, [0, 80]],
    ['field entropy 0', 2, [80, 104]],
    ['field entropy 1', 4, [104, 128]],
    ['field entropy 2', 8, [128, 152]],
    ['field entropy 3', 16, [152, 176]],
    ['everything', ALL, [0, 176]],
    ['nothing', 0, [0, 0]],
  ] as const)('%s: seed, digest and marker all ones, then ROM stops', (_, flags, [start, end]) => {
    for (const fuseGranularity32 of [false, true]) {
      const { board, status, result } = zeroize(flags, { fuseGranularity32 });
      expect([status, result, board.fatal]).toEqual(['DATA_READY', 0, 'UDS_FE_PROGRAMMING_ZEROIZATION_SUCCESS']);
      expect(hex(board.chip.otp.bank)).toBe(
        `${'00'.repeat(start)}${'ff'.repeat(end - start)}${'00'.repeat(176 - end)}`,
      );
    }
  });

  test('marker, then the rows, then the digest', () => {
    const board = new Board({ subsystemMode: true });
    const log = recordingController(board, 0x7800_0000, () => 0xffff_ffff);
    board.powerOn();
    board.execute('ZEROIZE_UDS_FE', words(2));
    const writes = log.filter(({ write }) => write);
    expect(writes.filter(({ offset }) => offset === 0x84).map(({ value }) => value)).toEqual([0x860, 0x850, 0x858]);
    expect(writes.filter(({ offset }) => offset === 0x80).map(({ value }) => value)).toEqual([8, 8, 8]);
    expect(board.fatal).toBe('UDS_FE_PROGRAMMING_ZEROIZATION_SUCCESS');
  });

  /** Reads all ones, but for the row that was commanded last if it is one of these. */
  const stubborn = (rows: readonly number[], register: number) => {
    const board = new Board({ subsystemMode: true });
    const log = recordingController(board, 0x7800_0000, (offset) => {
      const address = log.findLast((access) => access.write && access.offset === 0x84)?.value ?? 0;
      return offset === register && rows.includes(address) ? 0xffff_fffe : 0xffff_ffff;
    });
    board.powerOn();
    const { status, data } = board.execute('ZEROIZE_UDS_FE', words(UDS_FLAG));
    return { board, log, status, result: wordAt(data, 8) };
  };

  test.each([
    ['the marker: nothing else is tried', [0x848], 0x90, 1],
    ['the upper half of the marker', [0x848], 0x94, 1],
    ['a row: the others and the digest are tried all the same', [0x808], 0x90, 10],
    ['the upper half of a row', [0x838], 0x94, 10],
    ['the digest', [0x840], 0x94, 10],
  ])('does not go for %s', (_, rows, register, commands) => {
    const { board, log, status, result } = stubborn(rows, register);
    expect([status, result, board.fatal]).toEqual(['DATA_READY', 1, 'UDS_FE_PROGRAMMING_ZEROIZATION_FAILED']);
    expect(log.filter(({ write, offset }) => write && offset === 0x80)).toHaveLength(commands);
  });

  test('a failure ends the command: later partitions stay', () => {
    const board = new Board({ subsystemMode: true });
    const log = recordingController(board, 0x7800_0000, (offset) => (offset === 0x10 ? 0xffff_ffff : 0));
    board.powerOn();
    board.execute('ZEROIZE_UDS_FE', words(ALL));
    expect(log.filter(({ write, offset }) => write && offset === 0x84).map(({ value }) => value)).toEqual([0x848]);
  });

  test('without a subsystem there is no controller: the command fails, and ROM stops', () => {
    const { board, status, result } = zeroize(UDS_FLAG, { subsystemMode: false });
    expect([status, result, board.fatal]).toEqual(['DATA_READY', 1, 'UDS_FE_PROGRAMMING_ZEROIZATION_FAILED']);
  });
});
