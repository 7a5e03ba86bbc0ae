import { type CipherGCM, createCipheriv, createDecipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type Aes, EngineError, KeyUsage } from '@rootcap/hardware';
import fc from 'fast-check';
import { counted, engines, hex, readControl, readLittle, writeControl, writeLittle } from './engines.ts';

const { AES_KEY, HMAC_KEY, DMA_DATA } = KeyUsage;
const [ENCRYPT, DECRYPT] = [1, 2];
const MODES = { ecb: 1, cbc: 2, cfb: 4, ofb: 8, ctr: 16, gcm: 32 } as const;
const PHASES = { init: 1, restore: 2, aad: 4, text: 8, save: 16, tag: 32 } as const;
const SIDELOAD = 1 << 11;
const MANUAL = 1 << 15;

const key = counted(32, 7);
const share1 = counted(32, 200);
const share0 = key.map((byte, i) => byte ^ (share1[i] as number));
const iv = counted(16, 40);

const faultOf = (operation: () => unknown): unknown => {
  try {
    return operation();
  } catch (error) {
    return error instanceof EngineError ? error.fault : error;
  }
};
const chunks = (data: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(data.length / 16) }, (_, i) => data.subarray(i * 16, i * 16 + 16));

/** Both writes that a shadowed register wants. */
function shadowed(aes: Aes, name: 'CTRL_SHADOWED' | 'CTRL_GCM_SHADOWED', word: number): void {
  aes.set(name, word);
  aes.set(name, word);
}

const control = (mode: keyof typeof MODES, operation: number, flags = 0, keyLength = 4) =>
  operation | (MODES[mode] << 2) | (keyLength << 8) | flags;

/** Sets an operation up as the driver does. */
function begin(aes: Aes, mode: keyof typeof MODES, operation: number, start?: Uint8Array): void {
  shadowed(aes, 'CTRL_SHADOWED', control(mode, operation));
  writeLittle(aes, 'KEY_SHARE0', share0);
  writeLittle(aes, 'KEY_SHARE1', share1);
  if (start !== undefined) writeLittle(aes, 'IV', start);
}

function block(aes: Aes, data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(16);
  padded.set(data);
  expect(aes.get('STATUS') & 0x10).toBe(0x10);
  writeLittle(aes, 'DATA_IN', padded);
  expect(aes.get('STATUS') & 8).toBe(8);
  return readLittle(aes, 'DATA_OUT', 16).subarray(0, data.length);
}

const run = (aes: Aes, data: Uint8Array): string =>
  chunks(data)
    .map((part) => hex(block(aes, part)))
    .join('');

function openssl(name: string, start: Uint8Array | null, data: Uint8Array, decrypt = false, k = key): string {
  const cipher = (decrypt ? createDecipheriv : createCipheriv)(name, k, start).setAutoPadding(false);
  return cipher.update(data, undefined, 'hex') + cipher.final('hex');
}

describe('block modes', () => {
  const whole = fc.nat(4).map((blocks) => counted(blocks * 16 + 16, 3));

  test.each<[keyof typeof MODES, string]>([
    ['ecb', 'aes-256-ecb'],
    ['cbc', 'aes-256-cbc'],
    ['cfb', 'aes-256-cfb'],
    ['ofb', 'aes-256-ofb'],
    ['ctr', 'aes-256-ctr'],
  ])('%s by register, both directions', (mode, name) => {
    const start = mode === 'ecb' ? null : iv;
    fc.assert(
      fc.property(whole, (data) => {
        for (const operation of [ENCRYPT, DECRYPT]) {
          const { aes } = engines();
          begin(aes, mode, operation, start ?? undefined);
          expect(run(aes, data)).toBe(openssl(name, start, data, operation === DECRYPT));
        }
      }),
      { numRuns: 5 },
    );
  });

  test('the counter carries over all 128 bits', () => {
    const { aes } = engines();
    const start = new Uint8Array(16).fill(0xff);
    begin(aes, 'ctr', ENCRYPT, start);
    expect(run(aes, counted(48))).toBe(openssl('aes-256-ctr', start, counted(48)));
    expect(hex(readLittle(aes, 'IV', 16))).toBe(`${'00'.repeat(15)}02`);
  });

  test.each([
    [1, 16, 'aes-128-ecb'],
    [2, 24, 'aes-192-ecb'],
  ])('key length code %p', (code, size, name) => {
    const { aes } = engines();
    shadowed(aes, 'CTRL_SHADOWED', control('ecb', ENCRYPT, 0, code));
    writeLittle(aes, 'KEY_SHARE0', share0);
    writeLittle(aes, 'KEY_SHARE1', share1);
    expect(run(aes, counted(16))).toBe(openssl(name, null, counted(16), false, key.subarray(0, size)));
  });

  test('typed face, from key, shares and slot', () => {
    const { aes, keyVault } = engines();
    keyVault.write(0, counted(64, 7), AES_KEY);
    const data = counted(48, 1);
    for (const k of [key, [share0, share1] as const, { slot: 0 }]) {
      expect(hex(aes.ecbEncrypt(k, data))).toBe(openssl('aes-256-ecb', null, data));
      expect(hex(aes.ecbDecrypt(k, data))).toBe(openssl('aes-256-ecb', null, data, true));
      expect(hex(aes.cbcEncrypt(k, iv, data))).toBe(openssl('aes-256-cbc', iv, data));
      expect(hex(aes.cbcDecrypt(k, iv, data))).toBe(openssl('aes-256-cbc', iv, data, true));
      expect(hex(aes.ctr(k, iv, data.subarray(0, 37)))).toBe(openssl('aes-256-ctr', iv, data.subarray(0, 37)));
    }
    keyVault.lockUse(0);
    expect(faultOf(() => aes.ecbEncrypt({ slot: 0 }, data))).toBe('key-read');
    expect(() => aes.ecbEncrypt([share0, counted(16)], data)).toThrow(RangeError);
  });
});

describe('data registers', () => {
  test('one result waits while the next block is already in', () => {
    const { aes } = engines();
    begin(aes, 'cbc', ENCRYPT, iv);
    const [first, second] = chunks(counted(32)) as [Uint8Array, Uint8Array];
    writeLittle(aes, 'DATA_IN', first);
    expect(aes.get('STATUS')).toBe(1 | 8 | 16);
    writeLittle(aes, 'DATA_IN', second);
    expect(aes.get('STATUS')).toBe(2 | 8);
    const expected = openssl('aes-256-cbc', iv, counted(32));
    expect(hex(readLittle(aes, 'DATA_OUT', 16))).toBe(expected.slice(0, 32));
    expect(aes.get('STATUS')).toBe(1 | 8 | 16);
    expect(hex(readLittle(aes, 'DATA_OUT', 16))).toBe(expected.slice(32));
    expect(aes.get('STATUS')).toBe(1 | 16);
  });

  test('manual operation waits for start', () => {
    const { aes } = engines();
    shadowed(aes, 'CTRL_SHADOWED', control('ecb', ENCRYPT, MANUAL));
    writeLittle(aes, 'KEY_SHARE0', share0);
    writeLittle(aes, 'KEY_SHARE1', share1);
    writeLittle(aes, 'DATA_IN', counted(16));
    expect(aes.get('STATUS') & 8).toBe(0);
    aes.set('TRIGGER', 1);
    expect(hex(readLittle(aes, 'DATA_OUT', 16))).toBe(openssl('aes-256-ecb', null, counted(16)));
  });

  test('a shadowed register takes a word written twice, and a read starts anew', () => {
    const { aes } = engines();
    aes.set('CTRL_SHADOWED', 5);
    expect(aes.get('CTRL_SHADOWED')).toBe(0);
    aes.set('CTRL_SHADOWED', 5);
    expect(aes.get('CTRL_SHADOWED')).toBe(0);
    aes.set('CTRL_SHADOWED', 5);
    aes.set('CTRL_SHADOWED', 6);
    expect(aes.get('CTRL_SHADOWED')).toBe(0);
    shadowed(aes, 'CTRL_SHADOWED', 5);
    expect(aes.get('CTRL_SHADOWED')).toBe(5);
  });

  test('big-endian data words on request', () => {
    const { aes } = engines();
    begin(aes, 'ecb', ENCRYPT);
    aes.clp.set('CTRL0', 1);
    const swap = (bytes: Uint8Array) => bytes.map((_, i) => bytes[i ^ 3] as number);
    writeLittle(aes, 'DATA_IN', swap(counted(16)));
    expect(hex(swap(readLittle(aes, 'DATA_OUT', 16)))).toBe(openssl('aes-256-ecb', null, counted(16)));
  });

  test('clearing leaves neither key nor data', () => {
    const { aes } = engines();
    begin(aes, 'ecb', ENCRYPT);
    writeLittle(aes, 'DATA_IN', counted(16));
    aes.set('TRIGGER', 6);
    expect([aes.get('STATUS'), hex(readLittle(aes, 'DATA_OUT', 16))]).toEqual([1 | 16, '00'.repeat(16)]);
    expect(run(aes, counted(16))).toBe(openssl('aes-256-ecb', null, counted(16), false, new Uint8Array(32)));
  });
});

describe('GCM', () => {
  const nonce = counted(12, 90);
  function sealed(aad: Uint8Array, text: Uint8Array): { ciphertext: string; tag: string } {
    const cipher = createCipheriv('aes-256-gcm', key, nonce) as CipherGCM;
    cipher.setAAD(aad);
    const ciphertext = cipher.update(text, undefined, 'hex') + cipher.final('hex');
    return { ciphertext, tag: cipher.getAuthTag().toString('hex') };
  }
  const inputs = fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 70 }));

  function init(aes: Aes, operation: number): void {
    shadowed(aes, 'CTRL_SHADOWED', control('gcm', operation));
    shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES.init | (16 << 6));
    writeLittle(aes, 'KEY_SHARE0', share0);
    writeLittle(aes, 'KEY_SHARE1', share1);
    writeLittle(aes, 'IV', Uint8Array.from([...nonce, 0, 0, 0, 0]));
  }
  /** A phase over data: whole blocks, the last one with its length. */
  function phase(aes: Aes, name: 'aad' | 'text', data: Uint8Array): string {
    return chunks(data)
      .map((part) => {
        shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES[name] | (part.length << 6));
        if (name === 'text') return hex(block(aes, part));
        const padded = new Uint8Array(16);
        padded.set(part);
        writeLittle(aes, 'DATA_IN', padded);
        return '';
      })
      .join('');
  }
  function tag(aes: Aes, aadLength: number, textLength: number): string {
    shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES.tag | (16 << 6));
    const lengths = new Uint8Array(16);
    new DataView(lengths.buffer).setUint32(4, aadLength * 8);
    new DataView(lengths.buffer).setUint32(12, textLength * 8);
    return hex(block(aes, lengths));
  }

  test('typed face', () => {
    fc.assert(
      fc.property(inputs, ([aad, plaintext]) => {
        const { aes } = engines();
        const result = aes.gcmEncrypt({ key: [share0, share1], iv: nonce, plaintext, aad });
        expect({ ciphertext: hex(result.ciphertext), tag: hex(result.tag) }).toEqual(sealed(aad, plaintext));
        const opened = aes.gcmDecrypt({ key, iv: nonce, aad, ...result });
        expect(hex(opened as Uint8Array)).toBe(hex(plaintext));
        const spoilt = result.tag.slice();
        spoilt[3] = (spoilt[3] as number) ^ 1;
        expect(aes.gcmDecrypt({ key, iv: nonce, aad, ...result, tag: spoilt })).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  test('typed face in parts', () => {
    fc.assert(
      fc.property(inputs, ([aad, text]) => {
        const { aes } = engines();
        const counter = Uint8Array.from([...nonce, 0, 0, 0, 2]);
        const ciphertext = aes.ctr(key, counter, text);
        const afterAad = aes.gcmHash(key, new Uint8Array(16), aad);
        const half = Math.floor(text.length / 32) * 16;
        const afterHalf = aes.gcmHash(key, afterAad, ciphertext.subarray(0, half));
        const ghash = aes.gcmHash(key, afterHalf, ciphertext.subarray(half));
        const made = aes.gcmTag({ key, iv: nonce, ghash, aadLength: aad.length, textLength: text.length });
        expect({ ciphertext: hex(ciphertext), tag: hex(made) }).toEqual(sealed(aad, text));
      }),
      { numRuns: 30 },
    );
  });

  test('registers, both directions', () => {
    fc.assert(
      fc.property(inputs, ([aad, text]) => {
        const expected = sealed(aad, text);
        for (const operation of [ENCRYPT, DECRYPT]) {
          const { aes } = engines();
          init(aes, operation);
          phase(aes, 'aad', aad);
          const input = operation === ENCRYPT ? text : Uint8Array.from(Buffer.from(expected.ciphertext, 'hex'));
          expect(phase(aes, 'text', input)).toBe(operation === ENCRYPT ? expected.ciphertext : hex(text));
          expect(tag(aes, aad.length, text.length)).toBe(expected.tag);
        }
      }),
      { numRuns: 15 },
    );
  });

  // caliptra-sw:sw-emulator/lib/periph/src/aes.rs (update_gcm): hardware does not go on from a state of zeros either.
  test.each([
    ['emulator', 'feedfacedeadbeef0badc0decafebabe'],
    ['rtl', '00'.repeat(16)],
  ] as const)('registers, a state of zeros restored, %s', (reference, expected) => {
    const { aes } = engines({ keyVault: { reference } });
    init(aes, ENCRYPT);
    shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES.restore);
    writeLittle(aes, 'DATA_IN', new Uint8Array(16));
    shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES.save);
    expect(hex(readLittle(aes, 'DATA_OUT', 16))).toBe(expected);
  });

  test('registers, saved after the first block and restored', () => {
    const [aad, text] = [counted(20, 1), counted(40, 60)];
    const expected = sealed(aad, text);
    const { aes } = engines();
    init(aes, ENCRYPT);
    phase(aes, 'aad', aad);
    expect(phase(aes, 'text', text.subarray(0, 16))).toBe(expected.ciphertext.slice(0, 32));
    shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES.save);
    const state = readLittle(aes, 'DATA_OUT', 16);
    aes.zeroize();
    init(aes, ENCRYPT);
    shadowed(aes, 'CTRL_GCM_SHADOWED', PHASES.restore);
    writeLittle(aes, 'DATA_IN', state);
    writeLittle(aes, 'IV', Uint8Array.from([...nonce, 0, 0, 0, 3]));
    expect(phase(aes, 'text', text.subarray(16))).toBe(expected.ciphertext.slice(32));
    expect(tag(aes, aad.length, text.length)).toBe(expected.tag);
  });
});

/** Examples of SP 800-38B, AES-256: https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values */
test('CMAC', () => {
  const { aes } = engines();
  const k = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex');
  const message = Buffer.from(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411',
    'hex',
  );
  const mac = (data: Uint8Array) => hex(aes.cmac(Uint8Array.from(k), Uint8Array.from(data)));
  expect(mac(new Uint8Array(0))).toBe('028962f61b7bf89efc6b551f4667d983');
  expect(mac(message.subarray(0, 16))).toBe('28a7023f452e8f82bd4bf28d8c37c35c');
  expect(mac(message)).toBe('aaf3d8f1de5640c232f5b169b9c911e6');
});

describe('the key vault', () => {
  test('a sideloaded key', () => {
    const { aes, keyVault } = engines();
    keyVault.write(0, counted(64, 7), AES_KEY);
    aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(0));
    expect(aes.clp.get('AES_KV_RD_KEY_STATUS')).toBe(3);
    shadowed(aes, 'CTRL_SHADOWED', control('ecb', ENCRYPT, SIDELOAD));
    expect(run(aes, counted(32))).toBe(openssl('aes-256-ecb', null, counted(32)));
  });

  test('a refused key leaves no key at all', () => {
    const { aes, keyVault } = engines();
    keyVault.write(0, counted(64, 7), AES_KEY);
    keyVault.write(1, counted(64, 7), HMAC_KEY);
    aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(0));
    aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(1));
    expect(aes.clp.get('AES_KV_RD_KEY_STATUS')).toBe(3 | (1 << 2));
    shadowed(aes, 'CTRL_SHADOWED', control('ecb', ENCRYPT, SIDELOAD));
    writeLittle(aes, 'DATA_IN', counted(16));
    expect(aes.get('STATUS') & 8).toBe(0);
  });

  describe('release of an MEK', () => {
    const mek = counted(64, 120);
    const encrypted = Uint8Array.from(Buffer.from(openssl('aes-256-ecb', null, mek), 'hex'));
    const wired = (inProgress: boolean) => {
      const e = engines({ keyVault: { ocpLockInProgress: () => inProgress } });
      e.keyVault.write(16, counted(64, 7), AES_KEY);
      return e;
    };
    function release(aes: Aes): void {
      aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(16));
      aes.clp.set('AES_KV_WR_CTRL', writeControl(23, DMA_DATA));
      shadowed(aes, 'CTRL_SHADOWED', control('ecb', DECRYPT, SIDELOAD));
      for (const part of chunks(encrypted)) writeLittle(aes, 'DATA_IN', part);
    }

    test('with OCP LOCK in progress it goes from slot 16 to slot 23, unseen', () => {
      const [methods, registers] = [wired(true), wired(true)];
      methods.aes.ecbDecryptToSlot({ slot: 16 }, encrypted, { slot: 23, usage: DMA_DATA });
      release(registers.aes);
      expect(registers.aes.clp.get('AES_KV_WR_STATUS')).toBe(3);
      expect(registers.aes.get('STATUS') & 8).toBe(0);
      for (const { keyVault } of [methods, registers]) {
        expect(hex(keyVault.read(23, DMA_DATA, 'key-read'))).toBe(hex(mek));
        expect(keyVault.control(23)).toMatchObject({ dest_valid: DMA_DATA, last_dword: 15 });
      }
    });

    test('without it nothing is released', () => {
      const { aes, keyVault } = wired(false);
      const to = { slot: 23, usage: DMA_DATA };
      expect(faultOf(() => aes.ecbDecryptToSlot({ slot: 16 }, encrypted, to))).toBe('key-write');
      release(aes);
      expect(aes.clp.get('AES_KV_WR_STATUS')).toBe(3 | (2 << 2));
      expect(keyVault.control(23).dest_valid).toBe(0);
    });

    test('the core never sees what slot 16 decrypts', () => {
      const { aes } = wired(true);
      aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(16));
      shadowed(aes, 'CTRL_SHADOWED', control('ecb', DECRYPT, SIDELOAD));
      writeLittle(aes, 'DATA_IN', encrypted.subarray(0, 16));
      expect([aes.get('STATUS') & 8, hex(readLittle(aes, 'DATA_OUT', 16))]).toEqual([0, '00'.repeat(16)]);
    });
  });
});

test('a saved engine goes on where it was', () => {
  const { aes, keyVault } = engines();
  keyVault.write(0, counted(64, 7), AES_KEY);
  aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(0));
  shadowed(aes, 'CTRL_SHADOWED', control('cbc', ENCRYPT, SIDELOAD));
  writeLittle(aes, 'IV', iv);
  run(aes, counted(16));
  const copy = engines().aes;
  copy.restore(aes.save());
  copy.clp.restore(aes.clp.save());
  expect(run(copy, counted(16, 16))).toBe(openssl('aes-256-cbc', iv, counted(32)).slice(32));
  expect(() => copy.restore({ ...aes.save(), inputs: 99 })).toThrow(TypeError);
  expect(() => copy.clp.restore({ ...aes.clp.save(), keySlot: 99 })).toThrow(TypeError);
});
