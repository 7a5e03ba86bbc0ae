import { createCipheriv, createDecipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Board, hex, runtimeBoard } from './support/board.ts';
import { CBC, CTR, call, flipped, importKey, pattern, refusal, USAGE } from './support/cryptographic.ts';

/** Expected values: node:crypto. */

const key = pattern(32, 9);
const cut = (data: unknown, size: number) => (data as Uint8Array).slice(0, size);

function encrypt(board: Board, cmk: Uint8Array, mode: number, chunks: readonly Uint8Array[]) {
  const [first = new Uint8Array(0), ...rest] = chunks;
  let reply = call(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode, plaintext: first, plaintext_size: first.length });
  const iv = reply.iv as Uint8Array;
  const output = [cut(reply.ciphertext, reply.ciphertext_size as number)];
  for (const plaintext of rest) {
    const context = reply.context as Uint8Array;
    reply = call(board, 'CM_AES_ENCRYPT_UPDATE', { context, plaintext, plaintext_size: plaintext.length });
    output.push(cut(reply.output, reply.output_size as number));
  }
  return { iv, ciphertext: Buffer.concat(output) };
}

function decrypt(board: Board, cmk: Uint8Array, mode: number, iv: Uint8Array, chunks: readonly Uint8Array[]) {
  const [first = new Uint8Array(0), ...rest] = chunks;
  const size = { ciphertext: first, ciphertext_size: first.length };
  let reply = call(board, 'CM_AES_DECRYPT_INIT', { cmk, mode, iv, ...size });
  const output = [cut(reply.output, reply.output_size as number)];
  for (const ciphertext of rest) {
    const context = reply.context as Uint8Array;
    reply = call(board, 'CM_AES_DECRYPT_UPDATE', { context, ciphertext, ciphertext_size: ciphertext.length });
    output.push(cut(reply.output, reply.output_size as number));
  }
  return Buffer.concat(output);
}

const anyChunks = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 6 });
const wholeBlocks = fc.array(
  fc.integer({ min: 0, max: 4 }).map((blocks) => pattern(16 * blocks, blocks)),
  { minLength: 1, maxLength: 6 },
);

describe.each([
  { mode: CTR, name: 'aes-256-ctr', chunks: anyChunks },
  { mode: CBC, name: 'aes-256-cbc', chunks: wholeBlocks },
])('$name', ({ mode, name, chunks }) => {
  test('in any parts is the encryption of the whole, and back', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.AES, key);
    fc.assert(
      fc.property(chunks, chunks, (parts, others) => {
        const { iv, ciphertext } = encrypt(board, cmk, mode, parts);
        const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
        expect(hex(ciphertext)).toBe(hex(Buffer.concat([cipher.update(Buffer.concat(parts)), cipher.final()])));
        const decipher = createDecipheriv(name, key, iv).setAutoPadding(false);
        const expected = Buffer.concat([decipher.update(Buffer.concat(others)), decipher.final()]);
        expect(hex(decrypt(board, cmk, mode, iv, others))).toBe(hex(expected));
      }),
      { numRuns: 30 },
    );
  });

  test('takes 4096 bytes at a time, no more', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.AES, key);
    const { iv, ciphertext } = encrypt(board, cmk, mode, [pattern(4096)]);
    expect(new Uint8Array(decrypt(board, cmk, mode, iv, [ciphertext]))).toEqual(pattern(4096));
    const code = refusal(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode, plaintext_size: 4097 });
    expect(code).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

test('a counter of ones goes round', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  const iv = new Uint8Array(16).fill(0xff);
  const cipher = createCipheriv('aes-256-ctr', key, iv);
  const expected = Buffer.concat([cipher.update(pattern(70)), cipher.final()]);
  const parts = [pattern(70).subarray(0, 33), pattern(70).subarray(33)];
  expect(hex(decrypt(board, cmk, CTR, iv, parts))).toBe(hex(expected));
});

test('every start takes a fresh IV, and every context too', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  const replies = [1, 2, 3].map(() => call(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode: CTR }));
  expect(new Set(replies.map(({ iv }) => hex(iv as Uint8Array))).size).toBe(3);
  expect(new Set(replies.map(({ context }) => hex((context as Uint8Array).subarray(0, 12)))).size).toBe(3);
});

test('parts of blocks in CBC, other modes and foreign contexts are refused', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  const bad = 'RUNTIME_MAILBOX_INVALID_PARAMS';
  expect(refusal(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode: CBC, plaintext_size: 15 })).toBe(bad);
  expect(refusal(board, 'CM_AES_DECRYPT_INIT', { cmk, mode: CBC, ciphertext_size: 17 })).toBe(bad);
  for (const mode of [0, 3]) expect(refusal(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode })).toBe(bad);
  const context = call(board, 'CM_AES_ENCRYPT_INIT', { cmk, mode: CBC }).context as Uint8Array;
  expect(refusal(board, 'CM_AES_ENCRYPT_UPDATE', { context, plaintext_size: 1 })).toBe(bad);
  for (const at of [0, 12, 28, 155])
    expect(refusal(board, 'CM_AES_DECRYPT_UPDATE', { context: flipped(context, at) })).toBe(
      'RUNTIME_DRIVER_AES_INVALID_TAG',
    );
});
