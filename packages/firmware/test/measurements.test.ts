import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@rootcap/crypto';
import { FirmwareHandoffTable } from '@rootcap/firmware';
import {
  AXI_USER,
  type Board,
  type BoardOptions,
  hex,
  provider,
  romBoard,
  runtimeBoard,
  words,
} from './support/board.ts';
import { executables, FMC_ADDRESS, fusesOfBundle, RUNTIME_ADDRESS, SVN, signedBundle } from './support/bundle.ts';

/**
 * Expected values: caliptra-sw:rom/dev/src/{pcr,fuse,fht,key_ladder}.rs, fmc/src/flow/pcr.rs,
 * drivers/src/{data_vault,fuse_log,hand_off,memory_layout,pcr_log}.rs at e7dc50f2.
 */

const sha384 = (...parts: readonly Uint8Array[]) =>
  new Uint8Array(
    createHash('sha384')
      .update(concatBytes(...parts))
      .digest(),
  );
const extended = (pcr: Uint8Array, ...data: readonly Uint8Array[]) =>
  data.reduce((value, next) => sha384(value, next), pcr);
const ZERO = new Uint8Array(48);

const OWNER_HASH = sha384(signedBundle(provider).subarray(9168, 11856));
const VENDOR_HASH = fusesOfBundle(provider).vendorPkHash as Uint8Array;
const FMC_TCI = sha384(executables().fmc);
const RT_TCI = sha384(executables().runtime);

/** The 18 bytes that PCR 0 starts with, for the fuses of the tests. */
function deviceStatus(overrides: Readonly<Record<number, number>> = {}): Uint8Array {
  const status = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 3, 1, SVN, 0, 0, 0);
  for (const [at, value] of Object.entries(overrides)) status[Number(at)] = value;
  return status;
}

describe('STASH_MEASUREMENT', () => {
  const measurement = (i: number) => new Uint8Array(48).fill(0x10 + i);
  const request = (i: number) =>
    concatBytes(new Uint8Array(4).fill(i), measurement(i), new Uint8Array(48).fill(0x80 + i), words(0x1000 + i));
  const stash = (board: Board, count: number) =>
    Array.from({ length: count }, (_, i) => board.execute('STASH_MEASUREMENT', request(i)));

  test('eight: into PCR 31 and the log', () => {
    const board = romBoard();
    const answers = stash(board, 8);
    expect(
      answers.every(({ status, data }) => status === 'DATA_READY' && hex(data.subarray(4)) === '00'.repeat(8)),
    ).toBe(true);
    const all = Array.from({ length: 8 }, (_, i) => measurement(i));
    expect(hex(board.chip.pcrBank.read(31))).toBe(hex(extended(ZERO, ...all)));
    const { persistent } = board.context;
    expect(persistent.fht.get('meas_log_index')).toBe(8);
    expect(hex(persistent.rom.slice('measurement_log'))).toBe(
      all
        .map((data, i) =>
          hex(
            concatBytes(
              words(5, 0x8000_0000),
              data,
              request(i).subarray(0, 4),
              request(i).subarray(52, 104),
              new Uint8Array(4),
            ),
          ),
        )
        .join(''),
    );
    expect(board.loadFirmware().status).toBe('CMD_COMPLETE');
  });

  test('the ninth is fatal and leaves PCR and log as they were', () => {
    const board = romBoard();
    stash(board, 8);
    const [pcr, log] = [hex(board.chip.pcrBank.read(31)), hex(board.context.persistent.rom.slice('measurement_log'))];
    expect(board.execute('STASH_MEASUREMENT', request(8)).status).toBe('CMD_FAILURE');
    expect([board.fatal, board.nonFatal]).toEqual(new Array(2).fill('FW_PROC_MAILBOX_STASH_MEASUREMENT_MAX_LIMIT'));
    expect([hex(board.chip.pcrBank.read(31)), hex(board.context.persistent.rom.slice('measurement_log'))]).toEqual([
      pcr,
      log,
    ]);
  });

  test('that the log is full is found before the length is looked at, but after the checksum', () => {
    const board = romBoard();
    stash(board, 8);
    board.execute('STASH_MEASUREMENT');
    expect(board.fatal).toBe('FW_PROC_MAILBOX_STASH_MEASUREMENT_MAX_LIMIT');
  });

  test('PCR 31 is closed for firmware', () => {
    const board = runtimeBoard();
    expect(board.chip.pcrBank.clear(31)).toBe(false);
  });
});

describe('PCRs and PCR log', () => {
  test.each<[string, BoardOptions, Readonly<Record<number, number>>]>([
    ['production, locked', {}, {}],
    ['manufacturing', { lifecycle: 1 }, { 12: 1 }],
    ['unlocked', { debugLocked: false }, { 13: 0 }],
    ['subsystem', { subsystemMode: true }, { 17: 1 }],
    [
      'other fuses',
      {
        fuses: {
          antiRollbackDisable: true,
          eccRevocation: 0b0100,
          lmsRevocation: 0x0403_0201,
          mldsaRevocation: 0b0010,
          firmwareSvn: 4,
          socManifestSvn: 6,
          socManifestMaxSvn: 127,
        },
      },
      { 1: 1, 2: 4, 3: 1, 4: 2, 5: 3, 6: 4, 7: 2, 8: 4, 9: 6, 10: 127 },
    ],
    ['no owner in fuses', { fuses: { ownerPkHash: new Uint8Array(48) } }, { 0: 0 }],
  ])('%s', (_, options, overrides) => {
    const board = runtimeBoard(options);
    const measured = [deviceStatus(overrides), VENDOR_HASH, OWNER_HASH, FMC_TCI];
    const fmc = hex(extended(ZERO, ...measured));
    const runtime = hex(extended(ZERO, RT_TCI));
    expect([0, 1, 2, 3].map((pcr) => hex(board.chip.pcrBank.read(pcr)))).toEqual([fmc, fmc, runtime, runtime]);
    const log = board.context.persistent.pcrLog();
    expect(log.map(({ id, pcr_ids, pcr_data }) => [id, pcr_ids, hex(pcr_data)])).toEqual([
      ...measured.map((data, i) => [i + 1, 0b11, hex(data).padEnd(96, '0')]),
      [6, 0b1100, hex(RT_TCI)],
    ]);
  });

  test('PCRs 0 to 3 cannot be cleared any more', () => {
    const { pcrBank } = runtimeBoard().chip;
    expect([0, 1, 2, 3].map((pcr) => pcrBank.clear(pcr))).toEqual([false, false, false, false]);
  });
});

test('fuse log: ten entries, each at the place of its id', () => {
  const board = runtimeBoard({ fuses: { eccRevocation: 0b0100, mldsaRevocation: 0b0010, firmwareSvn: 4 } });
  const data = [0, 4, SVN, 0, 4, SVN, 0, 4, 0, 2];
  const expected = data.map((value, i) => hex(words(i + 1, value, 0, 0))).join('');
  expect(hex(board.context.persistent.rom.slice('fuse_log'))).toBe(expected.padEnd(62 * 32, '0'));
});

describe('firmware handoff table', () => {
  const ROM_DATA = 0x5003_0f5c;
  const INVALID = 0xffff_ffff;
  const words32 = ({ context }: Board) => {
    const view = new DataView(context.persistent.fht.bytes.slice().buffer);
    return (offset: number) => view.getUint32(offset, true);
  };

  test('2048 bytes at 0x8000 of the ROM data, which ends at 0x5003FC00', () => {
    expect(FirmwareHandoffTable.size).toBe(2048);
    const { persistent } = romBoard().context;
    expect(persistent.fht.bytes.byteOffset).toBe(ROM_DATA + 0x8000 - 0x5000_0000);
  });

  test('as ROM starts it', () => {
    const at = words32(romBoard());
    expect([0, 4, 8, 12].map(at)).toEqual([0x5448_4643, 1, ROM_DATA, INVALID]);
    expect([16, 20, 24, 28, 32, 36].map(at)).toEqual([0x1006, 0x1007, 0x1008, INVALID, INVALID, INVALID]);
    expect([40, 44, 52, 56].map(at)).toEqual([0x9400, 0x9800, 0x9c00, 0xac00].map((offset) => ROM_DATA + offset));
    expect([64, 68, 72, 76, 80].map(at)).toEqual([ROM_DATA + 0xbc00, 0, ROM_DATA + 0xc000, 0, ROM_DATA + 0xc400]);
    expect([at(380) >>> 16, at(384)]).toEqual([128, 0x1002]);
    // ECC LDevID certificate signed, FMC alias not yet.
    expect(at(48)).toBe(595);
  });

  test('as FMC leaves it', () => {
    const board = runtimeBoard();
    const at = words32(board);
    expect([28, 32, 36].map(at)).toEqual([0x1004, 0x1005, 0x1009]);
    expect([at(48) & 0xffff, at(48) >>> 16, at(380) & 0xffff]).toEqual([595, 918, 707]);
    expect(at(68)).toBe(5);
    expect(hex(board.context.persistent.fht.bytes.subarray(388))).toBe('ff'.repeat(1660));
  });
});

test('data vault: what was verified, at the offsets of the ROM', () => {
  const board = runtimeBoard();
  const vault = board.context.persistent.dataVault.bytes;
  const view = new DataView(vault.slice().buffer);
  const at = (offset: number) => view.getUint32(offset, true);
  const digest = (offset: number) => hex(Buffer.from(vault.subarray(offset, offset + 48)).swap32());
  expect([digest(14824), digest(14872), digest(14940)]).toEqual([hex(FMC_TCI), hex(OWNER_HASH), hex(RT_TCI)]);
  expect([14920, 14924, 14928, 14932, 14936].map(at)).toEqual([SVN, 320, FMC_ADDRESS, 0, 0]);
  expect([14988, 14992, 14996, 15000, 15004].map(at)).toEqual([SVN, RUNTIME_ADDRESS, 0x5003_0f5c, SVN, 0]);
});

describe('key ladder', () => {
  const kdf = (key: Uint8Array, label: string, context?: Uint8Array) =>
    new Uint8Array(
      createHmac('sha512', key)
        .update(Uint8Array.of(0, 0, 0, 1))
        .update(label)
        .update(context === undefined ? new Uint8Array(0) : concatBytes(Uint8Array.of(0), context))
        .digest(),
    );
  const ladder = (cdi: Uint8Array, state: Uint8Array, svn: number) => {
    let key = kdf(cdi, 'si_init', state);
    for (let step = svn; step < 128; step++) key = kdf(key, 'si_extend');
    return hex(key);
  };

  test.each<[number, BoardOptions, number, number]>([
    [SVN, {}, 3, 1],
    [128, {}, 3, 1],
    [0, { fuses: { firmwareSvn: 0 } }, 3, 1],
    [127, { lifecycle: 1 }, 1, 1],
    [SVN, { lifecycle: 0 }, 0, 1],
    [SVN, { debugLocked: false }, 3, 0],
  ])('SVN %d, %j', (svn, options, lifecycle, locked) => {
    const board = romBoard(options);
    const cdi = board.chip.keyVault.inspect(6).slice();
    board.loadFirmware(signedBundle(provider, { svn }));
    expect(hex(board.chip.keyVault.inspect(2))).toBe(ladder(cdi, Uint8Array.of(lifecycle, locked), svn));
  });

  test('an SVN over the top of the ladder, where fuses do not forbid it: fatal though the upload was complete', () => {
    const board = romBoard({ lifecycle: 0 });
    expect(board.loadFirmware(signedBundle(provider, { svn: 129 })).status).toBe('CMD_COMPLETE');
    expect(board.fatal).toBe('FW_PROC_SVN_TOO_LARGE');
  });

  test.each([
    [129, 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED'],
    [2, 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE'],
  ])('SVN %d where they do', (svn, symbol) => {
    const board = romBoard();
    expect(board.loadFirmware(signedBundle(provider, { svn })).status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe(symbol);
  });
});

test('the CSR envelope is handed over by the core, and the mailbox is free after it', () => {
  const board = romBoard({ lifecycle: 1, requestCsr: true });
  expect(board.chip.mailbox.owner).toBe('none');
  expect(board.chip.soc.get('CPTRA_FLOW_STATUS') & 0x1000_0000).not.toBe(0);
  expect(board.chip.mailbox.receiveFromUc(AXI_USER)).toBeUndefined();
});
