import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { concatBytes, ecc384KeyFromSeed } from '@rootcap/crypto';
import { COMMAND_ID, type CommandName, hasValidChecksum, sealMessage } from '@rootcap/firmware';
import { swapWords } from '@rootcap/struct';
import fc from 'fast-check';
import { AXI_USER, Board, type BoardOptions, hex, provider, wordAt, words } from './support/board.ts';

/**
 * Expected values: caliptra-sw:common/src/debug_unlock.rs, rom/dev/src/flow/debug_unlock.rs, rom/dev/tests at e7dc50f2.
 * Offsets of the messages: caliptra-sw:api/src/mailbox.rs.
 */

const ecc = ecc384KeyFromSeed(provider, new Uint8Array(48).fill(0xd1));
const mldsa = provider.mldsa87.keygenFromSeed(new Uint8Array(32).fill(0xd2));
const LEVEL = 3;
const { PRODUCTION_AUTH_DEBUG_UNLOCK_REQ: REQUEST, PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN: TOKEN } = COMMAND_ID;

/** UEID of the fuses: type 1, then the serial number; the rest of 32 bytes is zero. */
const DEVICE_ID = `01${'0102030405060708090a0b0c0d0e0f10'}${'00'.repeat(15)}`;

const keyHash = (): Uint8Array =>
  new Uint8Array(createHash('sha384').update(swapWords(ecc.publicKey)).update(mldsa.publicKey).digest());

function board(options: BoardOptions = {}, hash = keyHash()): Board {
  const device = new Board({ subsystemMode: true, debugIntent: true, debugServiceRequest: 2, ...options });
  if (options.subsystemMode !== false) device.chip.mci.setDebugUnlockHash(LEVEL, hash);
  return device.powerOn();
}

function sealed(id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return sealMessage(id, concatBytes(new Uint8Array(4), ...parts));
}

const request = (level = LEVEL, length = 2) => sealed(REQUEST, words(length), Uint8Array.of(level, 0, 0, 0));

interface TokenParts {
  readonly length?: number;
  readonly level?: number;
  readonly id?: Uint8Array;
  readonly challenge?: Uint8Array;
  readonly signedLevel?: number;
  readonly reserved?: Uint8Array;
  readonly eccKey?: typeof ecc;
  readonly mldsaKey?: typeof mldsa;
  /** Of the keys whose hash is fused, though others signed. */
  readonly claimFusedKeys?: boolean;
  readonly eccSignature?: Uint8Array;
  readonly mldsaSignature?: Uint8Array;
}

/** Answer to the challenge in `response`, right but for `parts`. */
function token(response: Uint8Array, parts: TokenParts = {}): Uint8Array {
  const id = parts.id ?? response.slice(12, 44);
  const challenge = parts.challenge ?? response.slice(44, 92);
  const { level = LEVEL, reserved = new Uint8Array(3), eccKey = ecc, mldsaKey = mldsa } = parts;
  const message = concatBytes(id, Uint8Array.of(parts.signedLevel ?? level), reserved, challenge);
  const digest = (name: string) => new Uint8Array(createHash(name).update(message).digest());
  const eccSignature = parts.eccSignature ?? provider.ecdsa384.sign(eccKey.privateKey, digest('sha384'));
  const mldsaSignature = parts.mldsaSignature ?? provider.mldsa87.sign(mldsaKey.secretKey, digest('sha512'));
  const keys = parts.claimFusedKeys ? { ecc, mldsa } : { ecc: eccKey, mldsa: mldsaKey };
  return sealed(
    TOKEN,
    words(parts.length ?? 0x753),
    id,
    Uint8Array.of(level),
    reserved,
    challenge,
    swapWords(keys.ecc.publicKey),
    keys.mldsa.publicKey,
    swapWords(eccSignature),
    mldsaSignature,
    new Uint8Array(1),
  );
}

const unlocked = (device: Board) => device.chip.soc.get('SS_SOC_DBG_UNLOCK_LEVEL', 0);

describe('challenge', () => {
  test('header, length, device id, 48 random bytes', () => {
    const device = board();
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_in_progress', 'tap_mailbox_available']);
    const { status, data } = device.send(REQUEST, request());
    expect([status, data.length, hasValidChecksum(0, data)]).toEqual(['DATA_READY', 92, true]);
    expect([wordAt(data, 4), wordAt(data, 8), hex(data.subarray(12, 44))]).toEqual([0, 21, DEVICE_ID]);
    expect(hex(data.subarray(44))).not.toBe('00'.repeat(48));
    expect(device.wait.for).toBe('mailbox-command');
  });

  const NO_HASH = new Uint8Array(48);
  test.each<[string, Uint8Array, Uint8Array, string]>([
    ['level 0', request(0), keyHash(), 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    ['a level for which there is no hash', request(9), keyHash(), 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    ['a wrong length field', request(LEVEL, 3), keyHash(), 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    ['no length', request(LEVEL, 0), keyHash(), 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    ['a level whose hash was never programmed', request(), NO_HASH, 'SS_DBG_UNLOCK_PROD_DISABLED'],
    ['a level whose hash was zeroized', request(), new Uint8Array(48).fill(0xff), 'SS_DBG_UNLOCK_PROD_DISABLED'],
  ])('%s: answered with a header, and fatal', (_, message, hash, symbol) => {
    const device = board({}, hash);
    expect(device.send(REQUEST, message)).toEqual({ status: 'DATA_READY', data: new Uint8Array(8) });
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_fail']);
    expect([device.fatal, device.nonFatal, unlocked(device)]).toEqual([symbol, symbol, 0]);
  });

  test.each<[string, number, Uint8Array, string]>([
    ['another command', COMMAND_ID.VERSION, words(0), 'SS_DBG_UNLOCK_PROD_INVALID_REQ_MBOX_CMD'],
    ['the token first', TOKEN, words(0), 'SS_DBG_UNLOCK_PROD_INVALID_REQ_MBOX_CMD'],
    ['a wrong checksum', REQUEST, new Uint8Array(12), 'FW_PROC_MAILBOX_INVALID_CHECKSUM'],
    ['a request cut short', REQUEST, sealed(REQUEST, words(2)), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['a request too long', REQUEST, sealed(REQUEST, words(2, LEVEL, 0)), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['an empty request', REQUEST, new Uint8Array(0), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
  ])('%s: no answer, and the TAP keeps the mailbox', (_, id, message, symbol) => {
    const device = board();
    expect(device.send(id, message).status).toBe('CMD_FAILURE');
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_fail', 'tap_mailbox_available']);
    expect(device.fatal).toBe(symbol);
  });
});

describe('token', () => {
  const refused = (parts: TokenParts, symbol: string) => {
    const device = board();
    const { data } = device.send(REQUEST, request());
    expect(device.send(TOKEN, token(data, parts))).toEqual({ status: 'DATA_READY', data: new Uint8Array(8) });
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_fail']);
    expect([device.fatal, device.nonFatal, unlocked(device)]).toEqual([symbol, symbol, 0]);
  };

  test('right: the level is open, and the boot goes on', () => {
    const device = board();
    const { data } = device.send(REQUEST, request());
    expect(device.send(TOKEN, token(data))).toEqual({ status: 'DATA_READY', data: new Uint8Array(8) });
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_success']);
    expect([unlocked(device), device.fatal, device.wait.entry]).toEqual([1 << (LEVEL - 1), undefined, 'rom-mailbox']);
  });

  test.each([1, 8])('level %d', (level) => {
    const device = new Board({ subsystemMode: true, debugIntent: true, debugServiceRequest: 2 });
    device.chip.mci.setDebugUnlockHash(level, keyHash());
    device.powerOn();
    const { data } = device.send(REQUEST, request(level));
    device.send(TOKEN, token(data, { level }));
    expect(unlocked(device)).toBe(2 ** (level - 1));
  });

  test('both ways through the TAP', () => {
    const device = board();
    const { mailbox } = device.chip;
    const ask = (command: number, data: Uint8Array) => {
      mailbox.send({ side: 'tap', axiUser: AXI_USER, command, data });
      device.run();
      const answer = mailbox.response(AXI_USER);
      mailbox.release(AXI_USER, 'tap');
      device.run();
      return answer;
    };
    ask(TOKEN, token(ask(REQUEST, request())));
    expect(unlocked(device)).toBe(1 << (LEVEL - 1));
  });

  const otherEcc = ecc384KeyFromSeed(provider, new Uint8Array(48).fill(0xe1));
  const otherMldsa = provider.mldsa87.keygenFromSeed(new Uint8Array(32).fill(0xe2));
  test.each<[string, TokenParts, string]>([
    ['a wrong length field', { length: 0x752 }, 'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE'],
    ['another level than asked for', { level: LEVEL - 1 }, 'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE'],
    ['another challenge', { challenge: new Uint8Array(48) }, 'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE'],
    ['another device', { id: new Uint8Array(32) }, 'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE'],
    ['an ECC key that is not fused', { eccKey: otherEcc }, 'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_WRONG_PUBLIC_KEYS'],
    ['an ML-DSA key that is not fused', { mldsaKey: otherMldsa }, 'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_WRONG_PUBLIC_KEYS'],
    [
      'an ECC signature of somebody else',
      { eccKey: otherEcc, claimFusedKeys: true },
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_INVALID_SIGNATURE',
    ],
    [
      'an ML-DSA signature of somebody else',
      { mldsaKey: otherMldsa, claimFusedKeys: true },
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_INVALID_SIGNATURE',
    ],
    [
      'both signatures over another level',
      { signedLevel: LEVEL - 1 },
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_INVALID_SIGNATURE',
    ],
    ['no ECC signature', { eccSignature: new Uint8Array(96) }, 'DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED'],
    ['no ML-DSA signature', { mldsaSignature: new Uint8Array(4627) }, 'DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE'],
  ])('%s: answered with a header, and fatal', (_, parts, symbol) => refused(parts, symbol));

  test('the reserved bytes are signed too', () => {
    const device = board();
    const { data } = device.send(REQUEST, request());
    device.send(TOKEN, token(data, { reserved: Uint8Array.of(1, 2, 3) }));
    expect(unlocked(device)).toBe(1 << (LEVEL - 1));
  });

  test('the first check that fails decides', () => {
    refused(
      { challenge: new Uint8Array(48), eccKey: otherEcc, eccSignature: new Uint8Array(96) },
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE',
    );
  });

  test.each<[string, Uint8Array, string]>([
    ['a wrong checksum', new Uint8Array(7504), 'FW_PROC_MAILBOX_INVALID_CHECKSUM'],
    ['a token cut short', sealed(TOKEN, words(0x753)), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['no token', new Uint8Array(0), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
  ])('%s fails its command', (_, message, symbol) => {
    const device = board();
    device.send(REQUEST, request());
    expect(device.send(TOKEN, message).status).toBe('CMD_FAILURE');
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_fail']);
    expect(device.fatal).toBe(symbol);
  });

  test('another command stays without an answer until its sender gives the mailbox back', () => {
    const device = board();
    device.send(REQUEST, request());
    const { mailbox } = device.chip;
    expect(device.send(COMMAND_ID.VERSION, words(0), AXI_USER, 'tap').status).toBe('CMD_BUSY');
    expect([device.wait.for, device.fatal]).toEqual(['mailbox-idle', undefined]);
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_fail', 'tap_mailbox_available']);
    mailbox.release(AXI_USER, 'tap');
    device.run();
    expect([device.fatal, device.debugResponse]).toEqual([
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_MBOX_CMD',
      ['prod_dbg_unlock_fail'],
    ]);
  });
});

test('one bit changed anywhere in a right token, and it opens nothing', () => {
  const first = board();
  const right = token(first.send(REQUEST, request()).data);
  // Behind the checksum, before the byte that fills the ML-DSA signature's last word.
  const position = fc.integer({ min: 4, max: right.length - 2 });
  fc.assert(
    fc.property(position, fc.nat(7), (at, bit) => {
      const device = board();
      device.send(REQUEST, request());
      const altered = right.slice();
      altered[at] = (altered[at] as number) ^ (1 << bit);
      expect(device.send(TOKEN, sealMessage(TOKEN, altered)).status).toBe('DATA_READY');
      expect([unlocked(device), device.debugResponse, device.wait.entry]).toEqual([
        0,
        ['prod_dbg_unlock_fail'],
        'fatal',
      ]);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('a hash bank that nothing answers for is fatal', () => {
  const device = new Board({ subsystemMode: true, debugIntent: true, debugServiceRequest: 2 });
  device.writeSoc('SS_MCI_BASE_ADDR_L', 0x9000_0000);
  device.powerOn();
  device.send(REQUEST, request());
  expect(device.fatal).toBe('DRIVER_DMA_TRANSACTION_ERROR');
});

test.each<CommandName>(['PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN'])(
  '%s is no command of the loop that waits for firmware',
  (command) => {
    const device = new Board({ subsystemMode: true }).powerOn();
    expect(device.execute(command).status).toBe('CMD_FAILURE');
    expect(device.fatal).toBe('FW_PROC_MAILBOX_INVALID_COMMAND');
  },
);
