import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { AxiMemory } from '@rootcap/hardware';
import fc from 'fast-check';
import { type Board, hex, runtimeBoard, words } from './support/board.ts';
import { call, flipped, importKey, pattern, refusal, send, USAGE } from './support/cryptographic.ts';

/** Expected values: node:crypto. SPDM key schedule: DSP0274 §12, DSP0277 §6. */

const key = pattern(32, 11);
const cut = (data: unknown, size: number) => (data as Uint8Array).slice(0, size);

function reference(iv: Uint8Array, aad: Uint8Array, text: Uint8Array, k = key) {
  const cipher = createCipheriv('aes-256-gcm', k, iv).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()]);
  return { ciphertext: hex(ciphertext), tag: hex(cipher.getAuthTag()) };
}

type Direction = 'ENCRYPT' | 'DECRYPT';

/** All but the last part with UPDATE, the last with FINAL. */
function run(board: Board, direction: Direction, start: Uint8Array, chunks: readonly Uint8Array[], final: object = {}) {
  const [from, to] = direction === 'ENCRYPT' ? ['plaintext', 'ciphertext'] : ['ciphertext', 'plaintext'];
  const input = (data: Uint8Array) => ({ [from as string]: data, [`${from}_size`]: data.length });
  let context = start;
  const output: Uint8Array[] = [];
  const collect = (reply: Readonly<Record<string, unknown>>) =>
    output.push(cut(reply[to as string], reply[`${to}_size`] as number));
  for (const chunk of chunks.slice(0, -1)) {
    const reply = call(board, `CM_AES_GCM_${direction}_UPDATE`, { context, ...input(chunk) });
    context = reply.context as Uint8Array;
    collect(reply);
  }
  const last = chunks.at(-1) ?? new Uint8Array(0);
  const reply = call(board, `CM_AES_GCM_${direction}_FINAL`, { context, ...input(last), ...final });
  collect(reply);
  return { output: Buffer.concat(output), reply };
}

const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 6 });

test('any text in any parts with any additional data, encrypted and back', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), chunks, chunks, (aad, parts, otherParts) => {
      const begun = call(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk, aad, aad_size: aad.length });
      const iv = begun.iv as Uint8Array;
      const { output, reply } = run(board, 'ENCRYPT', begun.context as Uint8Array, parts);
      const expected = reference(iv, aad, Buffer.concat(parts));
      expect({ ciphertext: hex(output), tag: hex(reply.tag as Uint8Array) }).toEqual(expected);

      const text = Buffer.concat(otherParts);
      const sealed = reference(iv, aad, text);
      const tag = Buffer.from(sealed.tag, 'hex');
      const whole = Buffer.from(sealed.ciphertext, 'hex');
      const starts = otherParts.map((_, i) => Buffer.concat(otherParts.slice(0, i)).length);
      const back = otherParts.map(({ length }, i) => whole.subarray(starts[i], (starts[i] as number) + length));
      const start = call(board, 'CM_AES_GCM_DECRYPT_INIT', { cmk, iv, aad, aad_size: aad.length });
      const opened = run(board, 'DECRYPT', start.context as Uint8Array, back, { tag, tag_len: 16 });
      expect(hex(opened.output)).toBe(hex(text));
      expect(opened.reply.tag_verified).toBe(1);
    }),
    { numRuns: 30 },
  );
});

test('output lags by what is not a whole block', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  let { context } = call(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk });
  const sizes = [15, 1, 31, 2].map((plaintext_size) => {
    const reply = call(board, 'CM_AES_GCM_ENCRYPT_UPDATE', { context: context as Uint8Array, plaintext_size });
    context = reply.context;
    return reply.ciphertext_size;
  });
  expect(sizes).toEqual([0, 16, 16, 16]);
});

test('a wrong tag is told in a response; a shorter one, though allowed, is never right', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  const iv = pattern(12);
  const sealed = reference(iv, new Uint8Array(0), pattern(20));
  const ciphertext = Buffer.from(sealed.ciphertext, 'hex');
  const tag = Buffer.from(sealed.tag, 'hex');
  const context = call(board, 'CM_AES_GCM_DECRYPT_INIT', { cmk, iv }).context as Uint8Array;
  const verified = (final: object) => run(board, 'DECRYPT', context, [ciphertext], final).reply.tag_verified;
  expect(verified({ tag, tag_len: 16 })).toBe(1);
  expect(verified({ tag: flipped(tag, 15), tag_len: 16 })).toBe(0);
  for (const tag_len of [8, 12, 15]) expect(verified({ tag, tag_len })).toBe(0);
  for (const tag_len of [0, 7, 17, 0xffff_ffff])
    expect(refusal(board, 'CM_AES_GCM_DECRYPT_FINAL', { context, tag, tag_len })).toBe(
      'RUNTIME_MAILBOX_INVALID_PARAMS',
    );
  expect(refusal(board, 'CM_AES_GCM_DECRYPT_FINAL', { context: flipped(context, 60), tag, tag_len: 16 })).toBe(
    'RUNTIME_DRIVER_AES_INVALID_TAG',
  );
});

describe('SPDM', () => {
  const expand = (name: string, secret: Uint8Array, label: string, size: number) =>
    createHmac(name, secret)
      .update(Uint8Array.of(size, 0))
      .update(label)
      .update(Uint8Array.of(1))
      .digest()
      .subarray(0, size);

  test.each([
    { size: 48, name: 'sha384', flags: 0x11, version: '1.1' },
    { size: 64, name: 'sha512', flags: 0x12, version: '1.2' },
    { size: 48, name: 'sha384', flags: 0x113, version: '1.3' },
    { size: 64, name: 'sha512', flags: 0x114, version: '1.4' },
  ])('key and IV of version $version from a secret of $size bytes', ({ size, name, flags, version }) => {
    const board = runtimeBoard();
    const secret = pattern(size, 13);
    const cmk = importKey(board, USAGE.HMAC, secret);
    const counter = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const aad = pattern(14);
    const fields = { cmk, spdm_flags: flags, spdm_counter: counter, aad, aad_size: 14 };
    const k = expand(name, secret, `spdm${version} key`, 32);
    const iv = new Uint8Array(expand(name, secret, `spdm${version} iv`, 12));
    const bigEndian = flags > 0xff;
    counter.forEach((byte, i) => {
      const at = bigEndian ? 11 - i : i;
      iv[at] = (iv[at] as number) ^ byte;
    });
    const expected = reference(iv, aad, pattern(37), k);
    const context = call(board, 'CM_AES_GCM_SPDM_ENCRYPT_INIT', fields).context as Uint8Array;
    const { output, reply } = run(board, 'ENCRYPT', context, [pattern(37)]);
    expect({ ciphertext: hex(output), tag: hex(reply.tag as Uint8Array) }).toEqual(expected);
    const start = call(board, 'CM_AES_GCM_SPDM_DECRYPT_INIT', fields).context as Uint8Array;
    const opened = run(board, 'DECRYPT', start, [output], { tag: reply.tag, tag_len: 16 });
    expect(opened.reply.tag_verified).toBe(1);
    expect(new Uint8Array(opened.output)).toEqual(pattern(37));
  });

  test.each([0, 0x0f, 0x15, 0x20, 0x1ff])('version 0x%s is unknown', (spdm_flags) => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.HMAC, pattern(48));
    const code = refusal(board, 'CM_AES_GCM_SPDM_ENCRYPT_INIT', { cmk, spdm_flags });
    expect(code).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

describe('CM_AES_GCM_DECRYPT_DMA', () => {
  const ADDRESS = 0x6000_0000;
  const iv = pattern(12, 2);
  const aad = pattern(30, 3);
  const text = pattern(200, 4);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  const ciphertext = new Uint8Array(Buffer.concat([cipher.update(text), cipher.final()]));
  const tag = new Uint8Array(cipher.getAuthTag());

  function prepared() {
    const board = runtimeBoard({ subsystemMode: true });
    const memory = new AxiMemory(4096);
    memory.bytes.set(ciphertext, 64);
    board.chip.axi.attach(ADDRESS, 4096, memory);
    const fields = {
      cmk: importKey(board, USAGE.AES, key),
      iv,
      tag,
      encrypted_data_sha384: new Uint8Array(createHash('sha384').update(ciphertext).digest()),
      axi_addr_lo: ADDRESS + 64,
      length: ciphertext.length,
      aad,
      aad_length: aad.length,
    };
    return { board, memory, fields, found: () => memory.bytes.slice(64, 64 + text.length) };
  }

  test('decrypts in place', () => {
    const { board, fields, found } = prepared();
    expect(call(board, 'CM_AES_GCM_DECRYPT_DMA', fields).tag_verified).toBe(1);
    expect(found()).toEqual(text);
  });

  test('a wrong tag shows in the response, with the plaintext in place all the same', () => {
    const { board, fields, found } = prepared();
    expect(call(board, 'CM_AES_GCM_DECRYPT_DMA', { ...fields, tag: flipped(tag, 0) }).tag_verified).toBe(0);
    expect(found()).toEqual(text);
  });

  test('other ciphertext, keys, users and addresses are refused, and nothing is written', () => {
    const { board, fields, found } = prepared();
    const code = (change: object) => refusal(board, 'CM_AES_GCM_DECRYPT_DMA', { ...fields, ...change });
    expect(code({ encrypted_data_sha384: pattern(48) })).toBe('RUNTIME_CMB_DMA_SHA384_MISMATCH');
    expect(code({ cmk: importKey(board, USAGE.HMAC, pattern(48)) })).toBe('RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE');
    expect(code({ aad_length: 4097 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(code({ axi_addr_hi: 0x10 })).toBe('DRIVER_DMA_TRANSACTION_ERROR');
    const { status } = board.execute('CM_AES_GCM_DECRYPT_DMA', words(0), 2);
    expect([status, board.nonFatal]).toEqual(['CMD_FAILURE', 'RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL']);
    expect(found()).toEqual(ciphertext);
  });

  test('passive mode has no DMA', () => {
    expect(send(runtimeBoard(), 'CM_AES_GCM_DECRYPT_DMA')).toBe('RUNTIME_CMB_DMA_NOT_SUBSYSTEM_MODE');
  });
});

test('the reference decrypts what the device encrypts', () => {
  const board = runtimeBoard();
  const cmk = importKey(board, USAGE.AES, key);
  const begun = call(board, 'CM_AES_GCM_ENCRYPT_INIT', { cmk });
  const { output, reply } = run(board, 'ENCRYPT', begun.context as Uint8Array, [pattern(4096), pattern(100)]);
  const decipher = createDecipheriv('aes-256-gcm', key, begun.iv as Uint8Array).setAuthTag(reply.tag as Uint8Array);
  const text = Buffer.concat([decipher.update(output), decipher.final()]);
  expect(hex(text)).toBe(hex(pattern(4096)) + hex(pattern(100)));
});
