import { describe, expect, test } from '@jest/globals';
import { Board, runtimeBoard } from './support/board.ts';
import { call, flipped, importKey, ivNumber, openKey, pattern, refusal, send, USAGE } from './support/cryptographic.ts';

/** Expected values: caliptra-sw:runtime/src/cryptographic_mailbox.rs at e7dc50f2. */

const SIZES = [
  ['HMAC', 48],
  ['HMAC', 64],
  ['AES', 32],
  ['ECDSA', 48],
  ['MLDSA', 32],
  ['MLKEM', 64],
] as const;

describe('CM_IMPORT', () => {
  test.each(SIZES)('%s of %i bytes comes back wrapped, with its use and size', (name, size) => {
    const board = runtimeBoard();
    const key = pattern(size);
    const cmk = importKey(board, USAGE[name], key);
    expect(cmk.subarray(0, 20)).toEqual(new Uint8Array(20));
    const id = name === 'AES' ? 1 : 0;
    const rest = new Uint8Array(64 - size);
    expect(openKey(board, cmk)).toEqual({ version: 1, length: size, usage: USAGE[name], id, key, rest });
  });

  test('takes no other use or size', () => {
    const board = runtimeBoard();
    const allowed = new Set(SIZES.map(([name, size]) => `${USAGE[name]} ${size}`));
    for (const key_usage of [0, 1, 2, 3, 4, 5, 6, 0x102])
      for (const input_size of [0, 16, 31, 32, 33, 48, 63, 64, 65, 0xffff_ffff]) {
        if (allowed.has(`${key_usage} ${input_size}`)) continue;
        expect(refusal(board, 'CM_IMPORT', { key_usage, input_size })).toBe('RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE');
      }
  });

  test('never uses an IV twice: each is the last one plus 1, below 2^95 at the start', () => {
    const board = runtimeBoard();
    const ivs = [1, 2, 3].map(() => ivNumber(importKey(board, USAGE.HMAC, pattern(48)).subarray(20, 32)));
    expect(ivs[0]).toBeLessThan(1n << 95n);
    expect(ivs[1]).toBe((ivs[0] as bigint) + 1n);
    expect(ivs[2]).toBe((ivs[0] as bigint) + 2n);
  });
});

describe('usage counters', () => {
  test('256 AES keys at a time; deleting one makes room, and ids go on from the highest', () => {
    const board = runtimeBoard();
    const keys = Array.from({ length: 256 }, () => importKey(board, USAGE.AES, pattern(32)));
    expect(call(board, 'CM_STATUS')).toMatchObject({ used_usage_storage: 256, total_usage_storage: 256 });
    const more = { key_usage: USAGE.AES, input_size: 32 };
    expect(refusal(board, 'CM_IMPORT', more)).toBe('RUNTIME_CMB_KEY_USAGE_STORAGE_FULL');
    importKey(board, USAGE.HMAC, pattern(48));
    call(board, 'CM_DELETE', { cmk: keys[9] as Uint8Array });
    expect(openKey(board, importKey(board, USAGE.AES, pattern(32))).id).toBe(257);
    call(board, 'CM_CLEAR');
    expect(call(board, 'CM_STATUS').used_usage_storage).toBe(0);
    expect(openKey(board, importKey(board, USAGE.AES, pattern(32))).id).toBe(1);
  });

  test('ids are 24 bits: after the highest comes 0, then the first free one, in order', () => {
    const board = runtimeBoard();
    const { cryptographicMailbox } = board.context.state.runtime;
    cryptographicMailbox.keyUses = [1, 0xff_fffe].map((id) => ({ id, count: 0 }));
    expect(openKey(board, importKey(board, USAGE.AES, pattern(32))).id).toBe(0);
    expect(openKey(board, importKey(board, USAGE.AES, pattern(32))).id).toBe(2);
    expect(cryptographicMailbox.keyUses.map(({ id }) => id)).toEqual([0, 1, 2, 0xff_fffe]);
  });

  test('a key is deleted once; other keys have nothing to delete', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.AES, pattern(32));
    const other = importKey(board, USAGE.ECDSA, pattern(48));
    call(board, 'CM_DELETE', { cmk });
    expect(refusal(board, 'CM_DELETE', { cmk })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    call(board, 'CM_DELETE', { cmk: other });
    call(board, 'CM_DELETE', { cmk: other });
  });

  test('a deleted key still works in CBC and CTR, not for new GCM messages', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.AES, pattern(32));
    call(board, 'CM_DELETE', { cmk });
    call(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode: 1, plaintext_size: 16 });
    expect(refusal(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    call(board, 'CM_AES_GCM_DECRYPT_INIT', { cmk });
  });

  test('a key gets 2^32 - 1 random IVs', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.AES, pattern(32));
    board.context.state.runtime.cryptographicMailbox.keyUses = [{ id: 1, count: 2 ** 32 - 2 }];
    call(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk });
    expect(refusal(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk })).toBe('RUNTIME_GCM_KEY_USAGE_LIMIT_REACHED');
    call(board, 'CM_AES_GCM_DECRYPT_INIT', { cmk });
  });
});

describe('wrapped keys', () => {
  test('one changed bit of IV, ciphertext or tag is found; domain and metadata are not protected', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.ECDSA, pattern(48));
    for (const at of [20, 31, 32, 111, 112, 127])
      expect(refusal(board, 'CM_ECDSA_PUBLIC_KEY', { cmk: flipped(cmk, at) })).toBe('RUNTIME_DRIVER_AES_INVALID_TAG');
    const publicKey = call(board, 'CM_ECDSA_PUBLIC_KEY', { cmk });
    for (const at of [0, 19]) expect(call(board, 'CM_ECDSA_PUBLIC_KEY', { cmk: flipped(cmk, at) })).toEqual(publicKey);
  });

  test('survive an update reset, contexts and counters do not', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.AES, pattern(32));
    const { context } = call(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode: 2, plaintext_size: 3 });
    board.loadFirmware();
    expect(call(board, 'CM_STATUS').used_usage_storage).toBe(0);
    call(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode: 2, plaintext_size: 3 });
    expect(refusal(board, 'CM_AES_ENCRYPT_UPDATE', { context: context as Uint8Array })).toBe(
      'RUNTIME_DRIVER_AES_INVALID_TAG',
    );
    expect(refusal(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });

  test('do not survive a power cycle', () => {
    const board = new Board().powerOn();
    board.loadFirmware();
    const cmk = importKey(board, USAGE.ECDSA, pattern(48));
    board.reset('cold').powerOn();
    board.loadFirmware();
    expect(refusal(board, 'CM_ECDSA_PUBLIC_KEY', { cmk })).toBe('RUNTIME_DRIVER_AES_INVALID_TAG');
  });

  test.each([
    ['CM_ECDSA_PUBLIC_KEY', 'MLDSA', 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['CM_ECDSA_SIGN', 'AES', 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['CM_MLDSA_PUBLIC_KEY', 'AES', 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['CM_MLDSA_SIGN', 'ECDSA', 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['CM_MLKEM_KEY_GEN', 'HMAC', 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['CM_AES_GCM_ENCRYPT_INIT', 'HMAC', 'RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE'],
    ['CM_AES_GCM_DECRYPT_INIT', 'ECDSA', 'RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE'],
    ['CM_AES_GCM_SPDM_ENCRYPT_INIT', 'AES', 'RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE'],
    ['CM_HMAC', 'AES', 'CMB_HMAC_INVALID_KEY_USAGE'],
  ] as const)('%s refuses a key of use %s', (command, name, code) => {
    const board = runtimeBoard();
    const size = SIZES.find(([other]) => other === name)?.[1] ?? 0;
    const cmk = importKey(board, USAGE[name], pattern(size));
    expect(send(board, command, { cmk })).toBe(code);
  });

  test('CBC and CTR take the first 32 bytes of any key', () => {
    const board = runtimeBoard();
    const key = pattern(48, 5);
    const iv = { mode: 2, ciphertext_size: 32 };
    const any = call(board, 'CM_AES_DECRYPT_INIT', { cmk: importKey(board, USAGE.HMAC, key), ...iv });
    const own = call(board, 'CM_AES_DECRYPT_INIT', { cmk: importKey(board, USAGE.AES, key.subarray(0, 32)), ...iv });
    expect(any.output).toEqual(own.output);
  });
});
