import { describe, expect, test } from '@jest/globals';
import { COMMAND_ID, type CommandName, messagesOf, sealMessage } from '@rootcap/firmware';
import fc from 'fast-check';
import { runtimeBoard, wordAt, words } from './support/board.ts';
import { call, importKey, pattern, refusal, requestOf, stateOf, USAGE } from './support/cryptographic.ts';

const COMMANDS = (Object.keys(COMMAND_ID) as CommandName[]).filter(
  // CM_SHA is ROM's alone; CM_CLEAR and CM_STATUS refuse nothing.
  (name) => name.startsWith('CM_') && !['CM_SHA', 'CM_CLEAR', 'CM_STATUS'].includes(name),
);
const EXACT = COMMANDS.filter((name) =>
  /^CM_(DELETE|RANDOM_GENERATE|ECDH|HKDF_EXTRACT|ECDSA_PUBLIC|MLDSA_PUBLIC|DERIVE|MLKEM)/.test(name),
);

describe('refused commands', () => {
  test('change nothing but the error register, whatever the request is', () => {
    const board = runtimeBoard();
    let before = stateOf(board);
    const request = fc.record({
      command: fc.constantFrom(...COMMANDS),
      body: fc.uint8Array({ maxLength: 300 }),
      words: fc.array(fc.constantFrom(0, 1, 2, 3, 16, 4096, 0xffff_ffff), { minLength: 0, maxLength: 60 }),
    });
    fc.assert(
      fc.property(request, ({ command, body, words: numbers }) => {
        const message = new Uint8Array(4 + Math.max(body.length, 4 * numbers.length));
        message.set(body, 4);
        message.set(words(...numbers), 4);
        const { status } = board.send(COMMAND_ID[command], sealMessage(COMMAND_ID[command], message));
        if (status === 'CMD_FAILURE') expect(stateOf(board)).toEqual(before);
        else before = stateOf(board);
      }),
      { numRuns: 150 },
    );
  });

  test.each(EXACT)('%s takes its exact size only', (command) => {
    const board = runtimeBoard();
    const size = messagesOf(command).request?.size ?? 4;
    for (const length of [size - 4, size + 4].filter((bytes) => bytes >= 4)) {
      const message = new Uint8Array(length);
      const { status } = board.send(COMMAND_ID[command], sealMessage(COMMAND_ID[command], message));
      expect([status, board.nonFatal]).toEqual(['CMD_FAILURE', 'RUNTIME_MAILBOX_INVALID_PARAMS']);
    }
  });

  test.each(COMMANDS.filter((name) => !EXACT.includes(name)))(
    '%s may be shorter than its size, not longer',
    (command) => {
      const board = runtimeBoard({ subsystemMode: command.endsWith('DMA') });
      const size = messagesOf(command).request?.size ?? 4;
      const long = board.send(COMMAND_ID[command], sealMessage(COMMAND_ID[command], new Uint8Array(size + 4)));
      expect(long.status).toBe('CMD_FAILURE');
      const code = command === 'CM_HMAC' ? 'CMB_HMAC_INVALID_REQ_SIZE' : 'RUNTIME_MAILBOX_INVALID_PARAMS';
      expect(board.nonFatal).toBe(code);
      const whole = board.send(COMMAND_ID[command], requestOf(command));
      const [status, error] = [whole.status, board.nonFatal];
      const short = board.send(COMMAND_ID[command], requestOf(command, {}, 4));
      expect([short.status, board.nonFatal, short.data.length]).toEqual([status, error, whole.data.length]);
    },
  );
});

describe('random numbers', () => {
  test.each([0, 1, 48, 49, 4096])('%i bytes, from whole responses', (size) => {
    const board = runtimeBoard();
    const before = board.chip.trng.responses;
    const reply = call(board, 'CM_RANDOM_GENERATE', { size });
    expect(reply.data_len).toBe(size);
    expect(board.chip.trng.responses - before).toBe(Math.ceil(size / 48));
    expect((reply.data as Uint8Array).subarray(size).every((byte) => byte === 0)).toBe(true);
  });

  test('not more than 4096', () => {
    const board = runtimeBoard();
    const before = board.chip.trng.responses;
    expect(refusal(board, 'CM_RANDOM_GENERATE', { size: 4097 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(board.chip.trng.responses).toBe(before);
  });

  test('nothing to stir where the SoC gives them; at most 85 updates of 48 bytes', () => {
    const board = runtimeBoard();
    expect(refusal(board, 'CM_RANDOM_STIR', { input_size: 4080 })).toBe('DRIVER_TRNG_UPDATE_NOT_SUPPORTED');
    expect(refusal(board, 'CM_RANDOM_STIR', { input_size: 4081 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

test('CM_DERIVE_STABLE_KEY of the runtime gives the key of ROM, wrapped with the next IV', () => {
  const board = runtimeBoard();
  const info = pattern(32);
  const first = call(board, 'CM_DERIVE_STABLE_KEY', { key_type: 1, info }).cmk as Uint8Array;
  const second = importKey(board, USAGE.HMAC, pattern(48));
  expect(wordAt(second, 20)).toBe((wordAt(first, 20) + 1) >>> 0);
  expect(refusal(board, 'CM_DERIVE_STABLE_KEY', { key_type: 0 })).toBe('DOT_INVALID_KEY_TYPE');
  expect(refusal(board, 'CM_DERIVE_STABLE_KEY', { key_type: 3 })).toBe('CMB_STABLE_OWNER_KEY_NOT_AVAILABLE');
});
