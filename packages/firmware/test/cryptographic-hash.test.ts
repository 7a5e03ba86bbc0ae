import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Board, hex, runtimeBoard } from './support/board.ts';
import { call, flipped, importKey, openKey, pattern, refusal, SHA384, SHA512, USAGE } from './support/cryptographic.ts';

/** Expected values: node:crypto; caliptra-sw:runtime/src/cryptographic_mailbox.rs and common/src/hmac_cm.rs. */

const NAMES = { [SHA384]: 'sha384', [SHA512]: 'sha512' } as const;
const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 2, maxLength: 5 });

function inParts(board: Board, family: 'SHA' | 'SHAKE256', chunks: readonly Uint8Array[], extra: object): Uint8Array {
  const [first = new Uint8Array(0), ...rest] = chunks;
  const last = rest.pop() ?? new Uint8Array(0);
  let { context } = call(board, `CM_${family}_INIT`, { ...extra, input: first, input_size: first.length });
  for (const input of rest)
    ({ context } = call(board, `CM_${family}_UPDATE`, {
      context: context as Uint8Array,
      input,
      input_size: input.length,
    }));
  const fields = { context: context as Uint8Array, input: last, input_size: last.length };
  const { hash, data_len } = call(board, `CM_${family}_FINAL`, fields);
  return (hash as Uint8Array).subarray(0, data_len ?? 64);
}

describe('CM_SHA', () => {
  test.each([SHA384, SHA512] as const)('algorithm %i in any parts is the hash of the whole', (hash_algorithm) => {
    const board = runtimeBoard();
    const check = (chunks: Uint8Array[]) => {
      const expected = createHash(NAMES[hash_algorithm]).update(Buffer.concat(chunks)).digest('hex');
      expect(hex(inParts(board, 'SHA', chunks, { hash_algorithm }))).toBe(expected);
    };
    fc.assert(fc.property(parts, check), { numRuns: 40 });
    for (const size of [127, 128, 129, 4096]) check([pattern(size), pattern(size), new Uint8Array(0)]);
  });

  test('a context can be forked: the device keeps nothing', () => {
    const board = runtimeBoard();
    const { context } = call(board, 'CM_SHA_INIT', { hash_algorithm: SHA384, input: pattern(200), input_size: 200 });
    for (const end of [pattern(3), pattern(140, 2)]) {
      const fields = { context: context as Uint8Array, input: end, input_size: end.length };
      const expected = createHash('sha384').update(pattern(200)).update(end).digest('hex');
      expect(hex((call(board, 'CM_SHA_FINAL', fields).hash as Uint8Array).subarray(0, 48))).toBe(expected);
    }
  });

  test('refuses other algorithms and sizes', () => {
    const board = runtimeBoard();
    for (const fields of [{ hash_algorithm: 0 }, { hash_algorithm: 3 }, { hash_algorithm: SHA384, input_size: 4097 }])
      expect(refusal(board, 'CM_SHA_INIT', fields)).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(refusal(board, 'CM_SHA_UPDATE')).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(refusal(board, 'CM_SHA_FINAL')).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

describe('CM_SHAKE256', () => {
  test('in any parts is the hash of the whole', () => {
    const board = runtimeBoard();
    fc.assert(
      fc.property(parts, (chunks) => {
        const expected = createHash('shake256', { outputLength: 64 }).update(Buffer.concat(chunks)).digest('hex');
        expect(hex(inParts(board, 'SHAKE256', chunks, {}))).toBe(expected);
      }),
      { numRuns: 20 },
    );
  });

  test('has one operation at a time: a newer one ends it, and so does its own end', () => {
    const board = runtimeBoard();
    const start = () => call(board, 'CM_SHAKE256_INIT').context as Uint8Array;
    const old = start();
    const context = start();
    expect(refusal(board, 'CM_SHAKE256_UPDATE', { context: old })).toBe('RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH');
    call(board, 'CM_SHAKE256_FINAL', { context });
    expect(refusal(board, 'CM_SHAKE256_FINAL', { context })).toBe('RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH');
    expect(refusal(board, 'CM_SHAKE256_FINAL', { context: flipped(context, 40) })).toBe(
      'RUNTIME_DRIVER_AES_INVALID_TAG',
    );
  });

  test('goes on in a copy of the device', () => {
    const board = runtimeBoard();
    const { context } = call(board, 'CM_SHAKE256_INIT', { input: pattern(100), input_size: 100 });
    const copy = runtimeBoard();
    copy.chip.restore(board.chip.save());
    copy.context.state = structuredClone(board.context.state);
    const finish = (device: Board) => call(device, 'CM_SHAKE256_FINAL', { context: context as Uint8Array }).hash;
    expect(finish(copy)).toEqual(finish(board));
  });
});

const HASHES = [
  { hash_algorithm: SHA384, name: 'sha384', size: 48 },
  { hash_algorithm: SHA512, name: 'sha512', size: 64 },
] as const;

describe.each(HASHES)('HMAC and KDFs with $name', ({ hash_algorithm, name, size }) => {
  const key = pattern(size, 3);
  const mac = (k: Uint8Array, ...data: Uint8Array[]) =>
    new Uint8Array(createHmac(name, k).update(Buffer.concat(data)).digest());

  test('CM_HMAC', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.HMAC, key);
    for (const data of [new Uint8Array(0), pattern(129), pattern(4096)]) {
      const reply = call(board, 'CM_HMAC', { cmk, hash_algorithm, data, data_size: data.length });
      expect(reply.data_len).toBe(size);
      expect((reply.mac as Uint8Array).subarray(0, size)).toEqual(mac(key, data));
    }
  });

  test.each([
    { usage: USAGE.AES, key_size: 32 },
    { usage: USAGE.ECDSA, key_size: 48 },
    { usage: USAGE.MLDSA, key_size: 32 },
    { usage: USAGE.HMAC, key_size: size },
  ])('derived keys: $usage of $key_size bytes', ({ usage, key_size }) => {
    const board = runtimeBoard();
    const wrapped = importKey(board, USAGE.HMAC, key);
    const input = pattern(77, 4);
    const common = { hash_algorithm, key_usage: usage, key_size };
    const kdf = call(board, 'CM_HMAC_KDF_COUNTER', { ...common, kin: wrapped, label: input, label_size: 77 });
    expect(openKey(board, kdf.kout as Uint8Array)).toMatchObject({
      usage,
      length: key_size,
      key: mac(key, Uint8Array.of(0, 0, 0, 1), input).slice(0, key_size),
    });
    const hkdf = call(board, 'CM_HKDF_EXPAND', { ...common, prk: wrapped, info: input, info_size: 77 });
    expect(openKey(board, hkdf.okm as Uint8Array)).toMatchObject({
      usage,
      length: key_size,
      key: mac(key, input, Uint8Array.of(1)).slice(0, key_size),
    });
    expect(call(board, 'CM_STATUS').used_usage_storage).toBe(usage === USAGE.AES ? 2 : 0);
  });

  test('CM_HKDF_EXTRACT: a salt of another size is cut or filled with zeros', () => {
    const board = runtimeBoard();
    const ikm = importKey(board, USAGE.HMAC, key);
    for (const saltSize of [48, 64]) {
      const salt = pattern(saltSize, 6);
      const fields = { hash_algorithm, ikm, salt: importKey(board, USAGE.HMAC, salt) };
      const fitting = new Uint8Array(size);
      fitting.set(salt.subarray(0, size));
      const { prk } = call(board, 'CM_HKDF_EXTRACT', fields);
      expect(openKey(board, prk as Uint8Array)).toMatchObject({ usage: USAGE.HMAC, key: mac(fitting, key) });
    }
  });
});

describe('refusals of HMAC and KDFs', () => {
  test('a key of 48 bytes has no HMAC-SHA-512', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.HMAC, pattern(48));
    const code = (fields: object) => refusal(board, 'CM_HMAC', { cmk, ...fields });
    expect(code({ hash_algorithm: SHA512 })).toBe('CMB_HMAC_INVALID_KEY_USAGE_AND_SIZE');
    expect(code({ hash_algorithm: 0 })).toBe('CMB_HMAC_INVALID_KEY_USAGE_AND_SIZE');
    expect(code({ hash_algorithm: SHA384, data_size: 4097 })).toBe('CMB_HMAC_INVALID_REQ_SIZE');
    const long = importKey(board, USAGE.HMAC, pattern(64));
    expect(refusal(board, 'CM_HMAC', { cmk: long, hash_algorithm: 7 })).toBe('CMB_HMAC_UNSUPPORTED_HASH_ALGORITHM');
  });

  test.each([
    [USAGE.AES, 48],
    [USAGE.ECDSA, 32],
    [USAGE.MLKEM, 64],
    [USAGE.HMAC, 64],
    [0, 32],
  ])('no derived key of use %i with %i bytes from SHA-384', (key_usage, key_size) => {
    const board = runtimeBoard();
    const wrapped = importKey(board, USAGE.HMAC, pattern(48));
    const common = { hash_algorithm: SHA384, key_usage, key_size };
    for (const [command, field] of [
      ['CM_HMAC_KDF_COUNTER', 'kin'],
      ['CM_HKDF_EXPAND', 'prk'],
    ] as const)
      expect(refusal(board, command, { ...common, [field]: wrapped })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });

  test('without a hash an AES key is refused after its usage counter has been taken, as in the firmware', () => {
    const board = runtimeBoard();
    const kin = importKey(board, USAGE.HMAC, pattern(48));
    const fields = { kin, hash_algorithm: 0, key_usage: USAGE.AES, key_size: 32 };
    expect(refusal(board, 'CM_HMAC_KDF_COUNTER', fields)).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(call(board, 'CM_STATUS').used_usage_storage).toBe(1);
  });

  test('CM_HKDF_EXTRACT wants keying material as long as the hash', () => {
    const board = runtimeBoard();
    const short = importKey(board, USAGE.HMAC, pattern(48));
    const fields = { hash_algorithm: SHA512, ikm: short, salt: short };
    expect(refusal(board, 'CM_HKDF_EXTRACT', fields)).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});
