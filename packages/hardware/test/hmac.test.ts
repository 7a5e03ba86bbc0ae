import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { EngineError, type Hmac, type HmacMode, KeyUsage } from '@rootcap/hardware';
import fc from 'fast-check';
import { counted, engines, hex, paddedBlocks, readBig, readControl, writeBig, writeControl } from './engines.ts';

const { HMAC_KEY, HMAC_BLOCK, AES_KEY, ECC_SEED } = KeyUsage;
const hmacOf = (mode: HmacMode, key: Uint8Array, data: Uint8Array): string =>
  createHmac(mode, key).update(data).digest('hex');
const faultOf = (operation: () => unknown): unknown => {
  try {
    return operation();
  } catch (error) {
    return error instanceof EngineError ? error.fault : error;
  }
};

const CTRL = { init: 1, next: 2, zeroize: 4, sha512: 8, csr: 16 } as const;

/** Feeds a message as the driver does; a key from a slot is loaded before each block. */
function feed(hmac: Hmac, mode: HmacMode, data: Uint8Array, o: { keySlot?: number; csr?: boolean; tag?: number } = {}) {
  paddedBlocks(data, 128, 128).forEach((block, i) => {
    writeBig(hmac, 'HMAC512_BLOCK', block);
    if (o.keySlot !== undefined) hmac.set('HMAC512_KV_RD_KEY_CTRL', readControl(o.keySlot));
    if (o.tag !== undefined) hmac.set('HMAC512_KV_WR_CTRL', o.tag);
    const word = (i === 0 ? CTRL.init : CTRL.next) | (mode === 'sha512' ? CTRL.sha512 : 0) | (o.csr ? CTRL.csr : 0);
    hmac.set('HMAC512_CTRL', word);
  });
}

const MODES: readonly (readonly [HmacMode, number])[] = [
  ['sha384', 48],
  ['sha512', 64],
];

describe.each(MODES)('HMAC-%s', (mode, size) => {
  test('typed face and registers agree with OpenSSL for every length of key and message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: size }), fc.uint8Array({ maxLength: 400 }), (key, data) => {
        const { hmac } = engines();
        const expected = hmacOf(mode, key, data);
        expect(hex(hmac.mac({ mode, key, data }))).toBe(expected);
        expect(hex(hmac.mac({ mode, key, data: [data.subarray(0, 3), data.subarray(3)] }))).toBe(expected);
        const padded = new Uint8Array(64);
        padded.set(key);
        writeBig(hmac, 'HMAC512_KEY', padded);
        feed(hmac, mode, data);
        expect(hmac.get('HMAC512_STATUS')).toBe(3);
        expect(hex(readBig(hmac, 'HMAC512_TAG', size))).toBe(expected);
        if (mode === 'sha384') expect(hmac.get('HMAC512_TAG', 12)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("the integrator's CSR key", () => {
    const csrHmacKey = counted(64, 50);
    const { hmac } = engines({ csrHmacKey });
    const expected = hmacOf(mode, csrHmacKey.subarray(0, size), counted(300));
    expect(hex(hmac.mac({ mode, key: 'csr', data: counted(300) }))).toBe(expected);
    feed(hmac, mode, counted(300), { csr: true });
    expect(hex(readBig(hmac, 'HMAC512_TAG', size))).toBe(expected);
  });

  test('key, block and tag through the vault: same slot contents, by method and by register', () => {
    const key = counted(64, 3);
    const expected = hmacOf(mode, key.subarray(0, size), counted(32, 90));
    const [typed, registers] = [engines(), engines()];
    for (const e of [typed, registers]) {
      e.keyVault.write(1, key, HMAC_KEY);
      e.keyVault.write(2, counted(32, 90), HMAC_BLOCK);
    }
    const tag = { slot: 5, usage: ECC_SEED | HMAC_KEY };
    typed.hmac.macToSlot({ mode, key: { slot: 1 }, data: { slot: 2 }, tag });
    const { hmac } = registers;
    hmac.set('HMAC512_KV_RD_BLOCK_CTRL', readControl(2));
    hmac.set('HMAC512_KV_RD_KEY_CTRL', readControl(1));
    hmac.set('HMAC512_KV_WR_CTRL', writeControl(tag.slot, tag.usage));
    hmac.set('HMAC512_CTRL', CTRL.init | (mode === 'sha512' ? CTRL.sha512 : 0));
    for (const port of ['HMAC512_KV_RD_BLOCK_STATUS', 'HMAC512_KV_RD_KEY_STATUS', 'HMAC512_KV_WR_STATUS'] as const)
      expect(hmac.get(port)).toBe(3);
    for (const { keyVault } of [typed, registers]) {
      expect(hex(keyVault.inspect(5).subarray(0, size))).toBe(expected);
      expect(keyVault.control(5)).toMatchObject({ dest_valid: tag.usage, last_dword: size / 4 - 1 });
    }
    expect(hex(readBig(hmac, 'HMAC512_TAG', 64))).toBe('00'.repeat(64));
  });

  test('a message of several blocks under a vault key', () => {
    const e = engines();
    e.keyVault.write(1, counted(64, 3), HMAC_KEY);
    feed(e.hmac, mode, counted(300), { keySlot: 1, tag: writeControl(4, HMAC_KEY) });
    const expected = hmacOf(mode, counted(64, 3).subarray(0, size), counted(300));
    expect(hex(e.keyVault.inspect(4).subarray(0, size))).toBe(expected);
  });
});

describe('the engine refuses', () => {
  const data = counted(10);
  const tag = { slot: 5, usage: HMAC_KEY };

  test.each<[string, HmacMode, Uint8Array, string | undefined]>([
    ['an all-zero vault key', 'sha384', new Uint8Array(64), 'invalid-input'],
    ['an all-zero vault key', 'sha512', new Uint8Array(64), 'invalid-input'],
    ['a 48-byte vault key', 'sha512', counted(48, 1), 'invalid-input'],
    ['a 48-byte vault key', 'sha384', counted(48, 1), undefined],
  ])('%s in mode %s', (_, mode, key, fault) => {
    const e = engines();
    e.keyVault.write(1, key, HMAC_KEY);
    expect(faultOf(() => e.hmac.macToSlot({ mode, key: { slot: 1 }, data, tag }))).toBe(fault);
    expect(e.keyVault.control(5).dest_valid).toBe(fault === undefined ? HMAC_KEY : 0);
    const { hmac } = engines();
    const vault = engines();
    vault.keyVault.write(1, key, HMAC_KEY);
    feed(vault.hmac, mode, data, { keySlot: 1, tag: writeControl(5, HMAC_KEY) });
    expect(vault.hmac.get('HMAC512_STATUS')).toBe(fault === undefined ? 3 : 1);
    expect(vault.keyVault.control(5).dest_valid).toBe(fault === undefined ? HMAC_KEY : 0);
    expect(hmac.get('HMAC512_STATUS')).toBe(1);
  });

  test.each<[string, string, (e: ReturnType<typeof engines>) => void]>([
    ['a key that is no HMAC key', 'key-read', ({ keyVault }) => keyVault.write(1, counted(64, 1), AES_KEY)],
    ['a key locked against use', 'key-read', ({ keyVault }) => keyVault.lockUse(1)],
    ['data that is no HMAC block', 'block-read', ({ keyVault }) => keyVault.write(2, counted(64), AES_KEY)],
    ['a locked destination', 'key-write', ({ keyVault }) => keyVault.lockWrite(5)],
  ])('%s', (_, fault, prepare) => {
    const e = engines();
    e.keyVault.write(1, counted(64, 1), HMAC_KEY);
    e.keyVault.write(2, counted(32), HMAC_BLOCK);
    prepare(e);
    const before = e.keyVault.save();
    const run = () => e.hmac.macToSlot({ mode: 'sha512', key: { slot: 1 }, data: { slot: 2 }, tag });
    expect(faultOf(run)).toBe(fault);
    expect(e.keyVault.save()).toEqual(before);
    e.hmac.set('HMAC512_KV_RD_BLOCK_CTRL', readControl(2));
    e.hmac.set('HMAC512_KV_RD_KEY_CTRL', readControl(1));
    e.hmac.set('HMAC512_KV_WR_CTRL', writeControl(5, HMAC_KEY));
    e.hmac.set('HMAC512_CTRL', CTRL.init | CTRL.sha512);
    const port = {
      'key-read': 'HMAC512_KV_RD_KEY_STATUS',
      'block-read': 'HMAC512_KV_RD_BLOCK_STATUS',
      'key-write': 'HMAC512_KV_WR_STATUS',
    }[fault] as 'HMAC512_KV_WR_STATUS';
    expect(e.hmac.get(port) >>> 2).toBe(fault === 'key-write' ? 2 : 1);
    expect(e.keyVault.save()).toEqual(before);
    expect(hex(readBig(e.hmac, 'HMAC512_TAG', 64))).toBe('00'.repeat(64));
  });

  test('a key longer than the mode takes, and a vault key where the core would see the tag', () => {
    const { hmac } = engines();
    expect(() => hmac.mac({ mode: 'sha384', key: counted(49), data })).toThrow(RangeError);
    expect(() => hmac.mac({ mode: 'sha512', key: { slot: 1 } as never, data })).toThrow(TypeError);
  });
});

describe('registers', () => {
  test('a vault key cannot be overwritten, seen, or outlive its tag', () => {
    const e = engines();
    e.keyVault.write(1, counted(64, 3), HMAC_KEY);
    const { hmac } = e;
    hmac.set('HMAC512_KV_RD_KEY_CTRL', readControl(1));
    writeBig(hmac, 'HMAC512_KEY', counted(64, 9));
    expect(hex(readBig(hmac, 'HMAC512_KEY', 64))).toBe('00'.repeat(64));
    feed(hmac, 'sha512', counted(10));
    expect(hex(readBig(hmac, 'HMAC512_TAG', 64))).toBe('00'.repeat(64));
    feed(hmac, 'sha512', counted(10));
    expect(hex(readBig(hmac, 'HMAC512_TAG', 64))).toBe(hmacOf('sha512', new Uint8Array(64), counted(10)));
  });

  test('a refused key stops the engine until zeroize', () => {
    const e = engines();
    e.keyVault.write(1, counted(48, 1), HMAC_KEY);
    feed(e.hmac, 'sha512', counted(3), { keySlot: 1 });
    expect(e.hmac.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')).toBe(1);
    feed(e.hmac, 'sha512', counted(3));
    expect(e.hmac.get('HMAC512_STATUS')).toBe(1);
    e.hmac.set('HMAC512_CTRL', CTRL.zeroize);
    writeBig(e.hmac, 'HMAC512_KEY', counted(64));
    feed(e.hmac, 'sha512', counted(3));
    expect(hex(readBig(e.hmac, 'HMAC512_TAG', 64))).toBe(hmacOf('sha512', counted(64), counted(3)));
  });

  test('zeroize forgets key, block and tag; name and version stay', () => {
    const { hmac } = engines();
    writeBig(hmac, 'HMAC512_KEY', counted(64));
    feed(hmac, 'sha512', counted(3));
    hmac.set('HMAC512_CTRL', CTRL.zeroize);
    expect([hmac.get('HMAC512_STATUS'), hex(readBig(hmac, 'HMAC512_TAG', 64))]).toEqual([1, '00'.repeat(64)]);
    feed(hmac, 'sha512', counted(3));
    expect(hex(readBig(hmac, 'HMAC512_TAG', 64))).toBe(hmacOf('sha512', new Uint8Array(64), counted(3)));
    expect([hmac.get('HMAC512_NAME', 0), hmac.get('HMAC512_VERSION', 0)]).toEqual([0x6163686d, 0x3030322e]);
  });

  test('each tag is a notification', () => {
    const { hmac } = engines();
    feed(hmac, 'sha384', counted(300));
    expect(hmac.get('INTR_BLOCK_RF_NOTIF_CMD_DONE_INTR_COUNT_R')).toBe(3);
  });

  test('masking seeds do not matter', () => {
    const { hmac } = engines();
    hmac.lfsrSeed = counted(48, 77);
    expect(hex(hmac.mac({ mode: 'sha384', key: counted(48), data: counted(1) }))).toBe(
      hmacOf('sha384', counted(48), counted(1)),
    );
  });

  test('a saved engine goes on where it was', () => {
    const e = engines();
    writeBig(e.hmac, 'HMAC512_KEY', counted(64));
    const [first, second] = paddedBlocks(counted(200), 128, 128) as [Uint8Array, Uint8Array];
    writeBig(e.hmac, 'HMAC512_BLOCK', first);
    e.hmac.set('HMAC512_CTRL', CTRL.init | CTRL.sha512);
    const copy = engines().hmac;
    copy.restore(e.hmac.save());
    writeBig(copy, 'HMAC512_BLOCK', second);
    copy.set('HMAC512_CTRL', CTRL.next | CTRL.sha512);
    expect(hex(readBig(copy, 'HMAC512_TAG', 64))).toBe(hmacOf('sha512', counted(64), counted(200)));
  });
});
