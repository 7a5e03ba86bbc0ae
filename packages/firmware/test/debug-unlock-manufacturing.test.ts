import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { COMMAND_ID, sealMessage } from '@rootcap/firmware';
import { type Answer, AXI_USER, Board, type BoardOptions, hex, words } from './support/board.ts';

/** Expected values: caliptra-sw:rom/dev/src/flow/debug_unlock.rs, drivers/src/soc_ifc.rs, rom/dev/tests at e7dc50f2. */

const TOKEN = new Uint8Array(32).fill(0x42);
const { MANUF_DEBUG_UNLOCK_REQ_TOKEN } = COMMAND_ID;

/** Bits of SS_DBG_SERVICE_REG_REQ. */
const MANUF = 1;
const PROD = 2;

const options: BoardOptions = {
  subsystemMode: true,
  lifecycle: 1,
  debugIntent: true,
  debugServiceRequest: MANUF,
  fuses: { manufDebugUnlockToken: new Uint8Array(createHash('sha512').update(TOKEN).digest()) },
};

const board = (more: BoardOptions = {}) => new Board({ ...options, ...more }).powerOn();

function message(token: Uint8Array): Uint8Array {
  const request = new Uint8Array(4 + token.length);
  request.set(token, 4);
  return sealMessage(MANUF_DEBUG_UNLOCK_REQ_TOKEN, request);
}

const answerOf = ({ status, data }: Answer) => [status, hex(data)];
const HEADER = ['DATA_READY', '0000000000000000'];

test('ROM waits for the token with the mailbox open to the TAP', () => {
  const waiting = board();
  expect(waiting.debugResponse).toEqual(['manuf_dbg_unlock_in_progress', 'tap_mailbox_available']);
  expect([waiting.wait.for, waiting.wait.entry]).toEqual(['mailbox-command', undefined]);
});

test.each(['soc', 'tap'] as const)('the right token from the %s: unlocked, and the boot goes on', (side) => {
  const device = board();
  expect(answerOf(device.send(MANUF_DEBUG_UNLOCK_REQ_TOKEN, message(TOKEN), AXI_USER, side))[0]).toBe('DATA_READY');
  expect(device.debugResponse).toEqual(['manuf_dbg_unlock_success']);
  expect([device.fatal, device.wait.entry]).toEqual([undefined, 'rom-mailbox']);
});

describe('refused with the same answer, and fatal', () => {
  test.each([
    ['a wrong token', message(new Uint8Array(32)), 'SS_DBG_UNLOCK_MANUF_INVALID_TOKEN'],
    ['a token cut short', message(new Uint8Array(28)), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['a token too long', message(new Uint8Array(36)), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['no token', new Uint8Array(0), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['a wrong checksum', new Uint8Array(36), 'FW_PROC_MAILBOX_INVALID_CHECKSUM'],
  ])('%s', (_, request, symbol) => {
    const device = board();
    expect(answerOf(device.send(MANUF_DEBUG_UNLOCK_REQ_TOKEN, request))).toEqual(HEADER);
    expect(device.debugResponse).toEqual(['manuf_dbg_unlock_fail']);
    expect([device.fatal, device.nonFatal, device.wait.entry]).toEqual([symbol, symbol, 'fatal']);
  });

  test('the answer comes before the outcome: neither bit is set while the requester has the mailbox', () => {
    const device = board();
    const { mailbox } = device.chip;
    mailbox.send({ axiUser: AXI_USER, command: MANUF_DEBUG_UNLOCK_REQ_TOKEN, data: message(new Uint8Array(32)) });
    device.run();
    expect([mailbox.status(), device.fatal, device.wait.for]).toEqual(['DATA_READY', undefined, 'mailbox-idle']);
    expect(device.debugResponse).toEqual(['manuf_dbg_unlock_fail', 'tap_mailbox_available']);
  });
});

test('another command: no outcome, and the TAP keeps the mailbox', () => {
  const device = board();
  expect(device.send(COMMAND_ID.VERSION, words(0)).status).toBe('CMD_FAILURE');
  expect(device.fatal).toBe('SS_DBG_UNLOCK_MANUF_INVALID_MBOX_CMD');
  expect(device.debugResponse).toEqual(['tap_mailbox_available']);
});

describe('requests that are refused at once', () => {
  test.each<[string, BoardOptions, string]>([
    ['manufacturing unlock in production', { lifecycle: 3 }, 'SS_DBG_UNLOCK_INVALID_REQ_REG_VALUE'],
    ['manufacturing unlock, unprovisioned', { lifecycle: 0 }, 'SS_DBG_UNLOCK_INVALID_REQ_REG_VALUE'],
    ['production unlock in manufacturing', { debugServiceRequest: PROD }, 'SS_DBG_UNLOCK_INVALID_REQ_REG_VALUE'],
    ['both at once', { debugServiceRequest: MANUF | PROD }, 'SS_DBG_UNLOCK_INVALID_REQ_REG_VALUE'],
    [
      'both at once in production',
      { debugServiceRequest: MANUF | PROD, lifecycle: 3 },
      'SS_DBG_UNLOCK_INVALID_REQ_REG_VALUE',
    ],
  ])('%s', (_, more, symbol) => {
    const device = board(more);
    expect(device.fatal ?? 'none').toBe(symbol);
    expect(device.debugResponse).toEqual([]);
  });
});

test('passive mode, whose hardware has no such strap but whose emulator has', () => {
  const device = new Board({ ...options, subsystemMode: false });
  device.setDebugIntent();
  device.powerOn();
  expect([device.fatal, device.debugResponse]).toEqual(['SS_DBG_UNLOCK_REQ_IN_PASSIVE_MODE', []]);
});

describe('debug intent', () => {
  test('without a request only costs the device its secrets', () => {
    const device = board({ debugServiceRequest: 0 });
    expect([device.fatal, device.wait.entry, device.debugResponse]).toEqual([undefined, 'rom-mailbox', []]);
    const locked = new Board({ subsystemMode: true, lifecycle: 1 }).powerOn();
    const key = ({ context }: Board) => hex(context.persistent.rom.get('idevid_mldsa_pub_key'));
    const other = board({ debugServiceRequest: 0, fuses: { udsSeed: new Uint8Array(64).fill(9) } });
    expect(key(device)).not.toBe(key(locked));
    expect(key(device)).toBe(key(other));
  });

  test('a request in passive mode stops ROM', () => {
    const device = board({ subsystemMode: false });
    expect(device.fatal).toBe('SS_DBG_UNLOCK_REQ_IN_PASSIVE_MODE');
  });

  test('a request without intent is not looked at', () => {
    const device = board({ debugIntent: false });
    expect([device.fatal, device.wait.entry, device.debugResponse]).toEqual([undefined, 'rom-mailbox', []]);
  });
});
