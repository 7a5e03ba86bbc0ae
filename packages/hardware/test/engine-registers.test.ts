import { describe, expect, test } from '@jest/globals';
import { KeyUsage, type RegisterFile } from '@rootcap/hardware';
import { counted, engines, hex, readBig, readControl, readLittle, writeBig, writeLittle } from './engines.ts';

type Engines = ReturnType<typeof engines>;

/**
 * Name and version words as the RTL has them (caliptra-rtl v2.1.2: src/{sha256,sha512,hmac,ecc,aes}/rtl, adams-bridge
 * v2.0.3: abr_params_pkg.sv). They spell ASCII by 16-bit halves, low half first.
 */
const NAMES: readonly (readonly [string, (e: Engines) => RegisterFile, string, string, string])[] = [
  ['SHA-256', (e) => e.sha256, 'SHA256', 'sha2-256', '1.80'],
  ['SHA-512', (e) => e.sha512, 'SHA512', 'sha2-512', '0.80'],
  ['HMAC', (e) => e.hmac, 'HMAC512', 'hmacsha2', '2.00'],
  ['ECC', (e) => e.ecc, 'ECC', 'secp-384', '1.00'],
  ['ML-DSA', (e) => e.abr, 'MLDSA', 'MLDSA-87', '2.0.3'],
  ['ML-KEM', (e) => e.abr, 'MLKEM', 'KEM-1024', '2.0.3'],
];

/** Each 16-bit half is big-endian, the low half comes first. */
function spelled(words: readonly number[]): string {
  const halves = words.flatMap((word) => [word & 0xffff, word >>> 16]);
  const codes = halves.flatMap((half) => [half >>> 8, half & 0xff]);
  return String.fromCharCode(...codes.filter((code) => code !== 0));
}

test.each(NAMES)('%s tells its name and version', (_, of, prefix, name, version) => {
  const block = of(engines());
  const words = (register: string) => [block.get(register, 0), block.get(register, 1)];
  expect(spelled(words(`${prefix}_NAME`))).toBe(name);
  expect(spelled(words(`${prefix}_VERSION`))).toBe(version);
});

/** An engine that has worked, and what it then shows. */
const WORKED: readonly (readonly [string, (e: Engines) => RegisterFile, (e: Engines) => string])[] = [
  [
    'SHA-256',
    ({ sha256 }) => {
      sha256.set('SHA256_CTRL', 1 | 4);
      return sha256;
    },
    ({ sha256 }) => hex(readBig(sha256, 'SHA256_DIGEST', 32)),
  ],
  [
    'SHA-512',
    ({ sha512 }) => {
      sha512.set('SHA512_CTRL', 1 | 0xc);
      return sha512;
    },
    ({ sha512 }) => hex(readBig(sha512, 'SHA512_DIGEST', 64)),
  ],
  [
    'HMAC',
    ({ hmac }) => {
      hmac.set('HMAC512_CTRL', 1 | 8);
      return hmac;
    },
    ({ hmac }) => hex(readBig(hmac, 'HMAC512_TAG', 64)),
  ],
  [
    'ECC',
    ({ ecc }) => {
      writeBig(ecc, 'ECC_SEED', counted(48));
      ecc.set('ECC_CTRL', 1);
      return ecc;
    },
    ({ ecc }) => hex(readBig(ecc, 'ECC_PRIVKEY_OUT', 48)),
  ],
  [
    'Adams Bridge',
    ({ abr }) => {
      abr.set('MLDSA_CTRL', 1);
      return abr;
    },
    ({ abr }) => hex(readLittle(abr, 'MLDSA_PRIVKEY_OUT', 4896)),
  ],
  [
    'AES',
    ({ aes }) => {
      for (let i = 0; i < 2; i++) aes.set('CTRL_SHADOWED', 1 | (1 << 2) | (4 << 8));
      writeLittle(aes, 'DATA_IN', counted(16));
      return aes;
    },
    ({ aes }) => hex(readLittle(aes, 'DATA_OUT', 16)),
  ],
];

describe.each(WORKED)('%s', (_, work, shown) => {
  test('keeps its result over an update reset and loses it by a warm one', () => {
    const e = engines();
    const block = work(e);
    const copy = block.save();
    const result = shown(e);
    expect(/^0*$/.test(result)).toBe(false);
    block.restore(copy);
    block.reset('update');
    expect(shown(e)).toBe(result);
    block.reset('warm');
    expect(/^0*$/.test(shown(e))).toBe(true);
  });

  test('counts each command as a notification, whose line follows the enables', () => {
    const e = engines();
    const block = work(e);
    if (block === e.aes) return; // The wrapper's interrupt block is not wired to the engine.
    expect(block.get('INTR_BLOCK_RF_NOTIF_CMD_DONE_INTR_COUNT_R')).toBe(1);
    expect(block.interrupt('notif')).toBe(false);
    block.set('INTR_BLOCK_RF_NOTIF_INTR_EN_R', 1);
    block.set('INTR_BLOCK_RF_GLOBAL_INTR_EN_R', 2);
    expect(block.interrupt('notif')).toBe(true);
    block.set('INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R', 1);
    expect(block.interrupt('notif')).toBe(false);
  });

  test('refuses state that is not its own', () => {
    const block = work(engines());
    for (const state of [undefined, {}, { words: new Uint32Array(1) }])
      expect(() => block.restore(state as never)).toThrow(TypeError);
  });
});

test('entry numbers beyond the vault read as zeros and take nothing', () => {
  const { hmac, keyVault } = engines();
  keyVault.write(0, counted(64, 1), KeyUsage.HMAC_KEY);
  hmac.set('HMAC512_KV_RD_BLOCK_CTRL', readControl(31));
  expect(hmac.get('HMAC512_KV_RD_BLOCK_STATUS')).toBe(3);
  hmac.set('HMAC512_KV_RD_KEY_CTRL', readControl(0));
  hmac.set('HMAC512_KV_WR_CTRL', readControl(30));
  const before = keyVault.save();
  hmac.set('HMAC512_CTRL', 1 | 8);
  expect(hmac.get('HMAC512_KV_WR_STATUS')).toBe(3);
  expect(keyVault.save()).toEqual(before);
});
