import { createDecipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { EngineError, KeyUsage } from '@rootcap/hardware';
import { counted, engines, hex, readBig, writeBig } from './engines.ts';

const { HMAC_KEY, HMAC_BLOCK } = KeyUsage;
const secrets = {
  obfuscationKey: counted(32, 200),
  udsSeed: counted(64, 10),
  fieldEntropy: counted(32, 90),
  hekSeed: counted(32, 150),
};

function decrypted(iv: Uint8Array, data: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-cbc', secrets.obfuscationKey, iv).setAutoPadding(false);
  return decipher.update(data, undefined, 'hex') + decipher.final('hex');
}

const COMMANDS = [
  ['UDS', 1, secrets.udsSeed, 1 << 2],
  ['FE', 2, secrets.fieldEntropy, 1 << 3],
  ['HEK', 1 << 7, secrets.hekSeed, 1 << 5],
] as const;

describe.each(COMMANDS)('%s', (what, command, seed, flowDone) => {
  test("the ROM's vector, by method and by register", () => {
    const [typed, registers] = [engines({ secrets }), engines({ secrets })];
    typed.doe.decrypt(what, 9);
    writeBig(registers.doe, 'DOE_IV', registers.doe.iv);
    registers.doe.set('DOE_CTRL', command | (9 << 2));
    expect(registers.doe.get('DOE_STATUS')).toBe(3 | flowDone);
    for (const { keyVault, doe } of [typed, registers]) {
      expect(hex(keyVault.readBlock(9, HMAC_BLOCK, 'block-read'))).toBe(decrypted(doe.iv, seed));
      expect(keyVault.control(9)).toMatchObject({ dest_valid: 3, last_dword: seed.length / 4 - 1 });
    }
  });

  test('runs once per power cycle', () => {
    const { doe, keyVault } = engines({ secrets });
    doe.decrypt(what, 9);
    doe.decrypt(what, 10);
    expect(keyVault.control(10).dest_valid).toBe(0);
    doe.reset('warm');
    doe.set('DOE_CTRL', command | (10 << 2));
    expect([doe.get('DOE_STATUS'), keyVault.control(10).dest_valid]).toEqual([3 | flowDone, 0]);
    doe.reset('cold');
    expect(doe.get('DOE_STATUS')).toBe(1);
    doe.decrypt(what, 10);
    expect(keyVault.control(10).dest_valid).toBe(3);
  });

  test('a locked destination stays what it is', () => {
    const { doe, keyVault } = engines({ secrets });
    keyVault.lockWrite(9);
    expect(() => doe.decrypt(what, 9)).toThrow(EngineError);
    const other = engines({ secrets });
    other.keyVault.lockWrite(9);
    other.doe.set('DOE_CTRL', command | (9 << 2));
    expect(other.doe.get('DOE_STATUS') & 3).toBe(3);
    expect([keyVault.control(9).dest_valid, other.keyVault.control(9).dest_valid]).toEqual([0, 0]);
  });
});

test('any initialization vector; without a new one the chain goes on', () => {
  const { doe, keyVault } = engines({ secrets });
  const iv = counted(16, 33);
  writeBig(doe, 'DOE_IV', iv);
  doe.set('DOE_CTRL', 1 | (0 << 2));
  doe.set('DOE_CTRL', 2 | (1 << 2));
  expect(hex(keyVault.readBlock(0, HMAC_KEY, 'key-read'))).toBe(decrypted(iv, secrets.udsSeed));
  expect(hex(keyVault.readBlock(1, HMAC_KEY, 'key-read'))).toBe(
    decrypted(secrets.udsSeed.subarray(48), secrets.fieldEntropy),
  );
});

test('the RTL lets a HEK seed be an HMAC block only', () => {
  const { doe, keyVault } = engines({ secrets, keyVault: { reference: 'rtl' } });
  doe.decrypt('HEK', 22);
  doe.decrypt('UDS', 0);
  expect([keyVault.control(22).dest_valid, keyVault.control(0).dest_valid]).toEqual([HMAC_BLOCK, 3]);
});

test.each(['method', 'register'])('clearing the secrets by %s leaves zeros to decrypt', (face) => {
  const { doe, keyVault } = engines({ secrets });
  if (face === 'method') doe.clearSecrets();
  else doe.set('DOE_CTRL', 3);
  expect(doe.get('DOE_STATUS') & 0x10).toBe(0x10);
  expect(hex(readBig(doe, 'DOE_IV', 16))).toBe('00'.repeat(16));
  doe.decrypt('UDS', 0);
  const decipher = createDecipheriv('aes-256-cbc', new Uint8Array(32), doe.iv).setAutoPadding(false);
  expect(hex(keyVault.inspect(0))).toBe(decipher.update(new Uint8Array(64), undefined, 'hex'));
});

test('an idle command does nothing', () => {
  const { doe } = engines({ secrets });
  doe.set('DOE_CTRL', 5 << 2);
  expect([doe.get('DOE_STATUS'), doe.get('DOE_CTRL')]).toEqual([1, 5 << 2]);
});

test('a saved engine remembers its flows', () => {
  const { doe } = engines({ secrets });
  doe.decrypt('FE', 1);
  const other = engines({ secrets });
  other.doe.restore(doe.save());
  other.doe.decrypt('FE', 2);
  expect(other.keyVault.control(2).dest_valid).toBe(0);
  expect(() => other.doe.restore({ ...doe.save(), chain: counted(15) })).toThrow(TypeError);
});
