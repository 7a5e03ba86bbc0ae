import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@rootcap/crypto';
import { COMMAND_ID, sealMessage } from '@rootcap/firmware';
import { MCU_SRAM_OFFSET } from '@rootcap/hardware';
import { AXI_USER, type Board, hex, provider, runtimeBoard, words } from './support/board.ts';
import { type BundleParts, SVN, signedBundle } from './support/bundle.ts';

/** Expected values: caliptra-sw:rom/dev/src/flow/{update,warm}_reset.rs, rom/dev/tests, the recorded resets. */

const pcrs = ({ chip }: Board) => [0, 1, 2, 3].map((index) => hex(chip.pcrBank.read(index)));
const keys = ({ chip }: Board) => Array.from({ length: 24 }, (_, slot) => hex(chip.keyVault.inspect(slot)));
const changed = (before: readonly string[], after: readonly string[]) =>
  before.flatMap((value, i) => (value === after[i] ? [] : [i]));
const updateStatus = ({ context }: Board) => context.persistent.dataVault.get('rom_update_reset_status');

function update(board: Board, parts: BundleParts) {
  const before = { pcrs: pcrs(board), keys: keys(board) };
  const { status } = board.loadFirmware(signedBundle(provider, parts));
  return { status, pcrs: changed(before.pcrs, pcrs(board)), keys: changed(before.keys, keys(board)) };
}

function warmReset(board: Board): Board {
  board.reset('warm');
  board.writeSoc('CPTRA_FUSE_WR_DONE', 1);
  return board.start('reset');
}

describe('an update', () => {
  test('with the same firmware extends PCR 1 only', () => {
    const board = runtimeBoard();
    expect(update(board, {})).toEqual({ status: 'CMD_COMPLETE', pcrs: [1], keys: [] });
    expect([updateStatus(board), board.wait.entry, board.nonFatal]).toEqual([329, 'runtime-mailbox', undefined]);
  });

  test('with another runtime measures it and gives it other keys', () => {
    expect(update(runtimeBoard(), { runtime: 0xb0 })).toEqual({
      status: 'CMD_COMPLETE',
      pcrs: [1, 2, 3],
      keys: [4, 5, 9],
    });
  });

  test('with a lower SVN goes down the ladder, and never up again', () => {
    const board = runtimeBoard();
    expect(update(board, { svn: SVN - 1 }).keys).toEqual([2]);
    expect(update(board, { svn: SVN }).keys).toEqual([]);
    expect(update(board, { svn: SVN + 1 }).keys).toEqual([]);
    const { dataVault } = board.context.persistent;
    expect([dataVault.get('fw_svn'), dataVault.get('fw_min_svn'), dataVault.get('cold_boot_fw_svn')]).toEqual([
      SVN + 1,
      SVN - 1,
      SVN,
    ]);
  });

  test('starts the PCR log anew: four entries of ROM, and the runtime if it changed', () => {
    const board = runtimeBoard();
    const ids = () => board.context.persistent.pcrLog().map(({ id }) => id);
    update(board, {});
    expect(ids()).toEqual([1, 2, 3, 4]);
    update(board, { runtime: 0xb0 });
    expect(ids()).toEqual([1, 2, 3, 4, 6]);
  });

  test('tells its steps', () => {
    const board = runtimeBoard({ debugLocked: false });
    update(board, {});
    expect(board.statuses.filter((name) => /^Update/.test(name))).toEqual([
      'UpdateResetStarted',
      'UpdateResetLoadManifestComplete',
      'UpdateResetImageVerificationComplete',
      'UpdateResetPopulateDataVaultComplete',
      'UpdateResetExtendKeyLadderComplete',
      'UpdateResetExtendPcrComplete',
      'UpdateResetLoadImageComplete',
      'UpdateResetOverwriteManifestComplete',
      'UpdateResetComplete',
    ]);
  });

  test('is followed by a warm reset without complaint', () => {
    const board = runtimeBoard();
    update(board, { runtime: 0xb0 });
    const before = { pcrs: pcrs(board), keys: keys(board) };
    warmReset(board);
    expect([board.fatal, board.wait.entry]).toEqual([undefined, 'runtime-mailbox']);
    expect({ pcrs: pcrs(board), keys: keys(board) }).toEqual(before);
  });
});

describe('an update that is refused', () => {
  const damaged = () => signedBundle(provider, { runtime: 0xb0 }).map((byte, i) => (i === 0 ? byte ^ 1 : byte));

  test.each<[string, () => Uint8Array, string]>([
    ['a damaged manifest', damaged, 'IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH'],
    ['another FMC', () => signedBundle(provider, { fmc: 0xf1 }), 'IMAGE_VERIFIER_ERR_UPDATE_RESET_FMC_DIGEST_MISMATCH'],
    [
      'another vendor key',
      () => signedBundle(provider, { vendorEccIndex: 1 }),
      'IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_ECC_PUB_KEY_IDX_MISMATCH',
    ],
    [
      'an SVN below the fuses',
      () => signedBundle(provider, { svn: 2 }),
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE',
    ],
    [
      'an SVN over the maximum',
      () => signedBundle(provider, { svn: 129 }),
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED',
    ],
  ])('%s: nothing changes, the old runtime goes on, the code is not fatal', (_, bundle, symbol) => {
    const board = runtimeBoard();
    const before = { pcrs: pcrs(board), keys: keys(board), version: board.chip.soc.get('CPTRA_FW_REV_ID', 1) };
    const manifest = hex(board.context.persistent.rom.get('manifest1'));
    const seen: unknown[] = [];
    board.chip.on((event) => {
      if (event.kind === 'mailbox' && event.operation === 'respond') seen.push(board.nonFatal);
    });
    expect(board.loadFirmware(bundle()).status).toBe('CMD_FAILURE');
    expect([seen[0], board.nonFatal, board.fatal, board.wait.entry]).toEqual([
      symbol,
      symbol,
      undefined,
      'runtime-mailbox',
    ]);
    const version = board.chip.soc.get('CPTRA_FW_REV_ID', 1);
    expect({ pcrs: pcrs(board), keys: keys(board), version }).toEqual(before);
    expect(hex(board.context.persistent.rom.get('manifest1'))).toBe(manifest);
    expect(updateStatus(board)).toBe(321);
    expect(board.execute('VERSION').status).toBe('DATA_READY');
  });

  test('makes the next warm reset fatal, unless another update succeeds before', () => {
    const board = runtimeBoard();
    board.loadFirmware(damaged());
    expect(warmReset(board).fatal).toBe('ROM_WARM_RESET_UNSUCCESSFUL_PREVIOUS_UPDATE_RESET');
    const repaired = runtimeBoard();
    repaired.loadFirmware(damaged());
    repaired.loadFirmware();
    expect(warmReset(repaired).fatal).toBeUndefined();
  });

  test('by a reset without a command', () => {
    const board = runtimeBoard().reset('update');
    expect([board.nonFatal, board.fatal, board.wait.entry]).toEqual([
      'ROM_UPDATE_RESET_FLOW_MAILBOX_ACCESS_FAILURE',
      undefined,
      'runtime-mailbox',
    ]);
  });

  test.each([
    ['another command', {}, COMMAND_ID.VERSION, 'ROM_UPDATE_RESET_FLOW_INVALID_FIRMWARE_COMMAND'],
    [
      'the wrapped command in passive mode',
      {},
      COMMAND_ID.EXTERNAL_MAILBOX_CMD,
      'ROM_UPDATE_RESET_FLOW_INVALID_FIRMWARE_COMMAND',
    ],
    [
      'firmware in the mailbox of a subsystem',
      { subsystemMode: true },
      COMMAND_ID.FIRMWARE_LOAD,
      'ROM_UPDATE_RESET_FLOW_IMAGE_NOT_IN_MCU_SRAM',
    ],
    [
      'a wrapped command that is another',
      { subsystemMode: true },
      COMMAND_ID.EXTERNAL_MAILBOX_CMD,
      'ROM_UPDATE_RESET_FLOW_INVALID_FIRMWARE_COMMAND',
    ],
  ])('by %s', (_, options, command, symbol) => {
    const board = runtimeBoard(options);
    const { mailbox } = board.chip;
    mailbox.send({ axiUser: AXI_USER, command, data: words(0, COMMAND_ID.VERSION, 0, 0, 0) });
    board.reset('update');
    expect([mailbox.status(), board.nonFatal, board.wait.entry]).toEqual(['CMD_FAILURE', symbol, 'runtime-mailbox']);
  });
});

test('a subsystem takes its update from the staging area that the command names', () => {
  const board = runtimeBoard({ subsystemMode: true });
  const bundle = signedBundle(provider, { runtime: 0xb0 });
  const { mailbox, mci } = board.chip;
  const before = pcrs(board);
  mci.mcuSram.write(0x1000, bundle);
  const address = 0x2100_0000 + MCU_SRAM_OFFSET + 0x1000;
  const body = words(COMMAND_ID.FIRMWARE_LOAD, bundle.length, address, 0);
  const data = sealMessage(COMMAND_ID.EXTERNAL_MAILBOX_CMD, concatBytes(new Uint8Array(4), body));
  mailbox.send({ axiUser: AXI_USER, command: COMMAND_ID.EXTERNAL_MAILBOX_CMD, data });
  board.reset('update');
  expect([mailbox.status(), board.nonFatal]).toEqual(['CMD_COMPLETE', undefined]);
  expect([changed(before, pcrs(board)), updateStatus(board)]).toEqual([[1, 2, 3], 329]);
});

describe('a warm reset', () => {
  test('changes no key and no PCR, and closes the long-lived keys again', () => {
    const board = runtimeBoard();
    const before = { pcrs: pcrs(board), keys: keys(board) };
    warmReset(board);
    expect({ pcrs: pcrs(board), keys: keys(board) }).toEqual(before);
    const locked = Array.from({ length: 24 }, (_, slot) => slot).filter((slot) =>
      board.chip.keyVault.isWriteLocked(slot),
    );
    expect(locked).toEqual([0, 1, 15, 16, 22]);
    expect(board.statuses.filter((name) => /Reset/.test(name))).toEqual([]);
  });

  test.each([
    ['marker', 0, 'ROM_INVALID_ROM_PERSISTENT_DATA_MARKER'],
    ['major_version', 2, 'ROM_INVALID_ROM_PERSISTENT_DATA_VERSION'],
  ] as const)('and an update are fatal if data memory has another %s', (field, value, symbol) => {
    const warm = runtimeBoard();
    warm.context.persistent.rom.set(field, value);
    expect(warmReset(warm).fatal).toBe(symbol);
    const updated = runtimeBoard();
    updated.context.persistent.rom.set(field, value);
    updated.loadFirmware();
    expect(updated.fatal).toBe(symbol);
  });

  test('before firmware was loaded is fatal', () => {
    const board = runtimeBoard();
    board.context.persistent.dataVault.set('rom_cold_boot_status', 257);
    expect(warmReset(board).fatal).toBe('ROM_WARM_RESET_UNSUCCESSFUL_PREVIOUS_COLD_RESET');
  });
});
