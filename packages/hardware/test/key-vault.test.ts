import { describe, expect, test } from '@jest/globals';
import {
  type ChipEvent,
  EngineError,
  emulatorKeyControl,
  KeyUsage,
  KeyVault,
  type KeyVaultOptions,
  type ResetKind,
  UC_ACCESS,
} from '@rootcap/hardware';
import fc from 'fast-check';
import { counted, hex } from './engines.ts';

const { HMAC_KEY, HMAC_BLOCK, AES_KEY, DMA_DATA } = KeyUsage;
const SECRET = counted(64, 1);

/** A vault whose slot 3 holds a secret for HMAC keys. */
function vault(options?: KeyVaultOptions): KeyVault {
  const kv = new KeyVault(options);
  kv.write(3, SECRET, HMAC_KEY);
  return kv;
}

const faultOf = (operation: () => unknown): string => {
  try {
    operation();
    return 'none';
  } catch (error) {
    return error instanceof EngineError ? error.fault : String(error);
  }
};
const content = (kv: KeyVault, slot = 3) => hex(kv.inspect(slot));
const KEY_CTRL = (slot: number) => slot * 4;
const read = (kv: KeyVault) => kv.read(3, HMAC_KEY, 'key-read');

describe('who may read', () => {
  test.each<[string, (kv: KeyVault) => unknown, string]>([
    ['the use it was written for', read, 'none'],
    ['another use', (kv) => kv.read(3, HMAC_BLOCK, 'block-read'), 'block-read'],
    ['a slot never written', (kv) => kv.read(4, HMAC_KEY, 'seed-read'), 'seed-read'],
    ['a slot locked against use', (kv) => [kv.lockUse(3), read(kv)], 'key-read'],
    ['a slot locked against writing', (kv) => [kv.lockWrite(3), read(kv)], 'none'],
    ['no such slot', (kv) => kv.read(24, HMAC_KEY, 'key-read'), 'RangeError: slot: 24 is not in 0..23'],
  ])('%s', (_, operation, fault) => {
    expect(faultOf(() => operation(vault()))).toBe(fault);
  });

  test('a key is 64 bytes, zero after its last word; a block is as long as it was written', () => {
    const kv = vault();
    kv.write(3, counted(48, 1), HMAC_KEY | HMAC_BLOCK);
    expect(hex(read(kv))).toBe(hex(counted(48, 1)) + '00'.repeat(16));
    expect(hex(kv.readBlock(3, HMAC_BLOCK, 'block-read'))).toBe(hex(counted(48, 1)));
    // The words behind it still hold the older key, where no port sees them.
    expect(content(kv)).toBe(hex(counted(48, 1)) + hex(SECRET.subarray(48)));
  });
});

describe('who may write', () => {
  test.each<[string, (kv: KeyVault) => unknown, string]>([
    ['an open slot', () => {}, 'none'],
    ['a slot locked against writing', (kv) => kv.lockWrite(3), 'key-write'],
    ['a slot locked against use', (kv) => kv.lockUse(3), 'key-write'],
  ])('%s', (_, prepare, fault) => {
    const kv = vault();
    prepare(kv);
    expect(faultOf(() => kv.write(3, counted(32), AES_KEY))).toBe(fault);
    expect(kv.control(3).dest_valid).toBe(fault === 'none' ? AES_KEY : HMAC_KEY);
    expect(content(kv).startsWith(hex(counted(32)))).toBe(fault === 'none');
  });

  test.each([0, 3, 65, 68])('refuses %p bytes', (length) => {
    const kv = vault();
    expect(() => kv.write(3, new Uint8Array(length), HMAC_KEY)).toThrow(RangeError);
    expect(content(kv)).toBe(hex(SECRET));
  });
});

describe('clear', () => {
  // caliptra-sw:sw-emulator/lib/periph/src/key_vault.rs (write_key_ctrl), caliptra-rtl:src/keyvault/rtl/kv.sv (key_entry_clear)
  test.each<[string, (kv: KeyVault) => unknown, emulator: boolean, rtl: boolean]>([
    ['an open slot', () => {}, true, true],
    ['a slot locked against writing', (kv) => kv.lockWrite(3), false, false],
    ['a slot locked against use', (kv) => kv.lockUse(3), true, false],
  ])('%s', (_, prepare, emulator, rtl) => {
    for (const [reference, done] of [
      ['emulator', emulator],
      ['rtl', rtl],
    ] as const) {
      const kv = vault({ reference });
      prepare(kv);
      expect(kv.clear(3)).toBe(done);
      expect(content(kv)).toBe(done ? '00'.repeat(64) : hex(SECRET));
    }
  });

  test('keeps the control fields in the emulator, not in the RTL', () => {
    const [emulator, rtl] = [vault(), vault({ reference: 'rtl' })];
    emulator.clear(3);
    rtl.clear(3);
    expect(emulator.control(3)).toMatchObject({ dest_valid: HMAC_KEY, last_dword: 15 });
    expect(rtl.control(3)).toMatchObject({ dest_valid: 0, last_dword: 0, word: 0 });
  });

  test('of everything leaves locked slots alone', () => {
    const kv = vault();
    kv.write(0, SECRET, AES_KEY);
    kv.lockWrite(0);
    kv.clearAll();
    expect([content(kv, 0), content(kv, 3)]).toEqual([hex(SECRET), '00'.repeat(64)]);
  });
});

describe('resets', () => {
  test.each<[string, ResetKind, string, boolean]>([
    ['cold: nothing is left', 'cold', '00'.repeat(64), false],
    ['warm: contents stay, locks fall', 'warm', hex(SECRET), true],
    ['update: contents stay, locks fall', 'update', hex(SECRET), true],
  ])('%s', (_, kind, expected, usable) => {
    const kv = vault();
    kv.lockWrite(3);
    kv.lockUse(3);
    kv.reset(kind);
    expect(content(kv)).toBe(expected);
    expect(kv.control(3)).toMatchObject({ lock_wr: false, lock_use: false, dest_valid: usable ? HMAC_KEY : 0 });
  });

  test('a vault that wakes with debug unlocked holds the debug value', () => {
    const kv = new KeyVault({ debugLocked: () => false });
    expect(content(kv)).toBe('aa'.repeat(64));
    kv.write(3, SECRET, HMAC_KEY);
    kv.reset('cold');
    expect(content(kv)).toBe('aa'.repeat(64));
  });

  test.each<['emulator' | 'rtl', boolean, string]>([
    ['emulator', false, hex(SECRET)],
    ['rtl', false, 'aa'.repeat(64)],
    ['emulator', true, 'aa'.repeat(64)],
    ['rtl', true, 'aa'.repeat(64)],
  ])('warm reset into debug unlocked, %s, locked before: %p', (reference, lockedBefore, expected) => {
    let locked = lockedBefore;
    const kv = vault({ reference, debugLocked: () => locked });
    kv.lockUse(3);
    locked = false;
    kv.reset('warm');
    expect(content(kv)).toBe(expected);
  });

  test('an update reset never fills', () => {
    let locked = true;
    const kv = vault({ reference: 'rtl', debugLocked: () => locked });
    locked = false;
    kv.reset('update');
    expect(content(kv)).toBe(hex(SECRET));
  });

  test('unlocking debug overwrites locked slots too', () => {
    const kv = vault();
    kv.lockUse(3);
    kv.fillDebugValue(1);
    expect(content(kv)).toBe('55'.repeat(64));
  });
});

describe('OCP LOCK in progress', () => {
  const aes = { engine: 'aes', slots: [16], ecbDecrypt: true } as const;
  test.each<[string, number, { engine: 'hmac' | 'aes'; slots: number[]; ecbDecrypt?: boolean }, boolean, string]>([
    ['a standard key derives a standard key', 5, { engine: 'hmac', slots: [6] }, true, 'none'],
    ['a standard key derives a LOCK key', 17, { engine: 'hmac', slots: [6] }, true, 'key-write'],
    ['a LOCK key derives a LOCK key', 17, { engine: 'hmac', slots: [16, 18] }, true, 'none'],
    ['a LOCK key derives a standard key', 5, { engine: 'hmac', slots: [16] }, true, 'key-write'],
    ['anything but AES into the release slot', 23, { engine: 'hmac', slots: [16] }, true, 'key-write'],
    ['an MEK into the release slot', 23, { ...aes, slots: [16] }, true, 'none'],
    ['an MEK under another key', 23, { ...aes, slots: [17] }, true, 'key-write'],
    ['an MEK into another slot', 21, { ...aes, slots: [16] }, true, 'key-write'],
    ['AES other than ECB decryption', 23, { engine: 'aes', slots: [16] }, true, 'key-write'],
    ['an MEK without OCP LOCK', 23, { ...aes, slots: [16] }, false, 'key-write'],
    ['any way without OCP LOCK', 17, { engine: 'hmac', slots: [6] }, false, 'none'],
  ])('%s', (_, slot, origin, inProgress, fault) => {
    const kv = new KeyVault({ ocpLockInProgress: () => inProgress });
    expect(faultOf(() => kv.write(slot, SECRET, HMAC_KEY, origin))).toBe(fault);
  });

  test('the release slot leaves by DMA only', () => {
    const kv = new KeyVault({ ocpLockInProgress: () => true });
    kv.write(23, SECRET, AES_KEY | DMA_DATA);
    expect(faultOf(() => kv.read(23, AES_KEY, 'key-read'))).toBe('key-read');
    expect(faultOf(() => kv.read(23, DMA_DATA, 'key-read'))).toBe('none');
  });
});

describe('registers', () => {
  test('entries are neither readable nor writable', () => {
    const kv = vault();
    const entry = 0x600 + 3 * 64;
    kv.writeRegister(entry, 0x1234, UC_ACCESS);
    expect(kv.readRegister(entry, UC_ACCESS)).toBe(0);
    expect(content(kv)).toBe(hex(SECRET));
  });

  test('KEY_CTRL shows locks, use and length; use and length cannot be written', () => {
    const kv = vault();
    kv.writeRegister(KEY_CTRL(3), 0xffff_fe03, UC_ACCESS);
    expect(kv.readRegister(KEY_CTRL(3), UC_ACCESS)).toBe((15 << 18) | (HMAC_KEY << 9) | 3);
    expect(kv.readRegister(KEY_CTRL(3), UC_ACCESS)).toBe(kv.control(3).word);
  });

  test('locks cannot be taken back', () => {
    const kv = vault();
    kv.writeRegister(KEY_CTRL(3), 3, UC_ACCESS);
    kv.writeRegister(KEY_CTRL(3), 0, UC_ACCESS);
    expect(kv.control(3)).toMatchObject({ lock_wr: true, lock_use: true });
  });

  test.each([
    [4, true],
    [5, false],
    [6, false],
  ])('a write of %p clears: %p', (word, clears) => {
    const kv = vault({ reference: 'rtl' });
    kv.writeRegister(KEY_CTRL(3), word, UC_ACCESS);
    expect(content(kv) === '00'.repeat(64)).toBe(clears);
    expect(kv.readRegister(KEY_CTRL(3), UC_ACCESS) & 4).toBe(0);
  });

  test('CLEAR_SECRETS fills unlocked slots while debug is unlocked, and only then', () => {
    for (const [locked, expected] of [
      [true, hex(SECRET)],
      [false, '55'.repeat(64)],
    ] as const) {
      const kv = vault({ debugLocked: () => locked });
      kv.writeRegister(0xc00, 3, UC_ACCESS);
      expect(content(kv)).toBe(expected);
    }
  });

  test("the emulator's control word", () => {
    const kv = new KeyVault();
    kv.write(6, SECRET, 0x15);
    kv.lockUse(6);
    expect(emulatorKeyControl(kv.control(6))).toBe(0x1e2a02);
  });
});

test('events name slots and uses, and carry no bytes', () => {
  const events: ChipEvent[] = [];
  const kv = vault({ emit: (event) => events.push(event) });
  kv.lockWrite(3);
  kv.lockWrite(3);
  kv.lockUse(3);
  kv.clear(4);
  expect(events).toEqual([
    { kind: 'key-vault', operation: 'write', slot: 3, usage: HMAC_KEY },
    { kind: 'key-vault', operation: 'lock-write', slot: 3 },
    { kind: 'key-vault', operation: 'lock-use', slot: 3 },
    { kind: 'key-vault', operation: 'clear', slot: 4 },
  ]);
});

test('a saved vault comes back whole; malformed state leaves it as it was', () => {
  const kv = vault();
  kv.lockUse(3);
  const copy = new KeyVault();
  copy.restore(kv.save());
  expect(copy.save()).toEqual(kv.save());
  const before = copy.save();
  for (const bad of [{}, { words: new Uint32Array(3), debugLocked: true }, { ...before, debugLocked: 1 }])
    expect(() => copy.restore(bad as never)).toThrow(TypeError);
  expect(copy.save()).toEqual(before);
});

const slots = fc.integer({ min: 0, max: 5 });
const usages = fc.integer({ min: 0, max: 0x1ff });
const operations = fc.oneof(
  fc.record({
    kind: fc.constantFrom('lockWrite', 'lockUse', 'clear', 'read', 'readBlock'),
    slot: slots,
    usage: usages,
  }),
  fc.record({ kind: fc.constant('write'), slot: slots, usage: usages, words: fc.integer({ min: 1, max: 16 }) }),
  fc.record({ kind: fc.constant('register'), slot: slots, usage: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ kind: fc.constant('reset'), slot: slots, usage: fc.integer({ min: 0, max: 2 }) }),
);

test('whatever is asked of it, a locked slot neither changes nor shows itself', () => {
  fc.assert(
    fc.property(fc.array(operations, { maxLength: 60 }), (sequence) => {
      const kv = new KeyVault({ reference: 'rtl' });
      let counter = 0;
      const use: Record<string, (o: (typeof sequence)[number]) => unknown> = {
        lockWrite: ({ slot }) => kv.lockWrite(slot),
        lockUse: ({ slot }) => kv.lockUse(slot),
        clear: ({ slot }) => kv.clear(slot),
        read: ({ slot, usage }) => kv.read(slot, usage, 'key-read'),
        readBlock: ({ slot, usage }) => kv.readBlock(slot, usage, 'block-read'),
        write: (o) => kv.write(o.slot, new Uint8Array('words' in o ? o.words * 4 : 4).fill(++counter), o.usage),
        register: ({ slot, usage }) => {
          kv.writeRegister(KEY_CTRL(slot), usage, UC_ACCESS);
          return kv.readRegister(0x600 + slot * 64, UC_ACCESS);
        },
      };
      for (const o of sequence) {
        if (o.kind === 'reset') {
          kv.reset((['update', 'warm', 'update'] as const)[o.usage] ?? 'update');
          continue;
        }
        const before = { control: kv.control(o.slot), content: content(kv, o.slot) };
        let result: unknown = 'refused';
        try {
          result = use[o.kind]?.(o);
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
        }
        const { lock_wr, lock_use } = before.control;
        if (lock_wr || lock_use) expect(content(kv, o.slot)).toBe(before.content);
        if (lock_use && o.kind.startsWith('read')) expect(result).toBe('refused');
        if (o.kind === 'register') expect(result).toBe(0);
        if (lock_wr) expect(kv.isWriteLocked(o.slot)).toBe(true);
        if (lock_use) expect(kv.isUseLocked(o.slot)).toBe(true);
        if (o.kind.startsWith('read') && result !== 'refused') expect(before.control.dest_valid & o.usage).not.toBe(0);
      }
    }),
    { numRuns: 200 },
  );
});
