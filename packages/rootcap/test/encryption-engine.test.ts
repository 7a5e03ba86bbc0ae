import { describe, expect, test } from '@jest/globals';
import { errorName } from '@rootcap/errors';
import { KeyUsage, SOC_IFC_REG } from '@rootcap/hardware';
import { createDevice, type Device, type DeviceOptions } from 'rootcap';
import { defineCommand, ENGINE_ERROR, type MediaKeyCache, RotError, u32 } from 'rootcap/extend';

const counted = (length: number, start = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => start + i);

/** As CLEAR_KEY_CACHE does it, without the checks of its request. */
const clearKeyCache = defineCommand({
  name: 'ZEROIZE_ENGINE',
  id: 'ZENG',
  request: { milliseconds: u32 },
  handle({ drivers: { encryptionEngine } }, { milliseconds }) {
    encryptionEngine.clear();
    encryptionEngine.checkReady();
    encryptionEngine.run('ZEROIZE', encryptionEngine.timeoutCycles(milliseconds));
    return {};
  },
});

/** As LOAD_MEK does it. */
const loadKey = defineCommand({
  name: 'LOAD_KEY',
  id: 'LKEY',
  request: { which: u32 },
  handle({ chip, drivers: { encryptionEngine } }, { which }) {
    encryptionEngine.writeMetadata(counted(20, which));
    encryptionEngine.writeAux(counted(32));
    chip.aes.ecbDecryptToSlot({ slot: 16 }, counted(64, 100), { slot: 23, usage: KeyUsage.DMA_DATA });
    encryptionEngine.releaseMek();
    encryptionEngine.run('LOAD_MEK', 1000);
    return {};
  },
});

function lockDevice(options: DeviceOptions = {}): Device {
  return createDevice({
    verifyOwnSignatures: false,
    ocpLock: true,
    commands: [clearKeyCache, loadKey],
    ...options,
  });
}
const codeOf = (operation: () => unknown): string => {
  try {
    operation();
    return 'none';
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
};

describe('createDevice', () => {
  test('ocpLock makes a subsystem with an engine', () => {
    const device = lockDevice();
    expect(device.chip.soc.subsystemMode).toBe(true);
    expect([device.encryptionEngine?.state, device.encryptionEngine?.loaded]).toEqual(['ready', []]);
    expect(createDevice().encryptionEngine).toBeUndefined();
    expect(createDevice({ subsystemMode: true }).encryptionEngine).toBeUndefined();
  });

  test.each<readonly [DeviceOptions]>([
    [{ encryptionEngine: {} }],
    [{ encryptionEngine: {}, subsystemMode: true }],
    [{ encryptionEngine: {}, ocpLock: true, subsystemMode: false }],
  ])('%j has no engine to configure', (options) => {
    expect(() => createDevice(options)).toThrow('encryptionEngine: only a subsystem with ocpLock has one');
  });
});

describe('a booted device', () => {
  test('loads keys; a snapshot and a fork have them, each its own', () => {
    const device = lockDevice().boot();
    device.mailbox.call(loadKey, { which: 1 });
    const fork = device.fork();
    const restored = lockDevice().restore(device.snapshot());
    device.mailbox.call(loadKey, { which: 2 });
    for (const copy of [fork, restored]) {
      expect(copy.encryptionEngine?.loaded.map(({ metadata }) => metadata[0])).toEqual([1]);
      expect(codeOf(() => copy.mailbox.call(loadKey, { which: 1 }))).toBe('OCP_LOCK_ENGINE_ERR');
      expect(copy.chip.soc.get('CPTRA_FW_EXTENDED_ERROR_INFO')).toBe((ENGINE_ERROR.REDUNDANT_METADATA << 4) | 1);
    }
    expect(device.encryptionEngine?.loaded).toHaveLength(2);
    device.reset('warm');
    expect(device.encryptionEngine?.loaded).toHaveLength(2);
    device.reset('cold');
    expect(device.encryptionEngine?.loaded).toEqual([]);
  });

  test('hands keys to a cache of the vendor, and tells of them without a byte', () => {
    const keys: Uint8Array[] = [];
    const keyCache: MediaKeyCache = {
      load: (_metadata, _aux, mek) => {
        keys.push(mek);
        return ENGINE_ERROR.NONE;
      },
      unload: () => ENGINE_ERROR.NONE,
      zeroize: () => ENGINE_ERROR.NONE,
    };
    const device = lockDevice({ encryptionEngine: { keyCache } }).boot();
    const seen: string[] = [];
    device.on((event) => seen.push(JSON.stringify(event)));
    device.mailbox.call(loadKey, { which: 1 });
    const events = seen.map((text) => JSON.parse(text)).filter(({ kind }) => /engine|release/.test(kind));
    expect(events.map(({ kind, operation }) => operation ?? kind)).toEqual(['key-release', 'execute', 'done', 'clear']);
    expect(keys).toHaveLength(1);
    const key = Array.from(keys[0] as Uint8Array, (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(seen.filter((text) => text.includes(key.slice(0, 16)))).toEqual([]);
  });

  // 400 MHz: 400 000 cycles a millisecond; a command has 20 million cycles until its watchdog expires.
  test.each([
    ['in time', 400_000, 1, 'none'],
    ['too late', 400_001, 1, 'OCP_LOCK_ENGINE_TIMEOUT'],
    ['within the time of the watchdog', 19_000_000, 50, 'none'],
  ])('a command of the engine that ends %s', (_, latency, milliseconds, code) => {
    const device = lockDevice({ encryptionEngine: { latency } }).boot();
    const before = device.chip.cycles;
    expect(codeOf(() => device.mailbox.call(clearKeyCache, { milliseconds }))).toBe(code);
    expect(device.chip.cycles - before).toBeGreaterThanOrEqual(Math.min(latency, milliseconds * 400_000));
    expect(device.errors.fatal).toBe(0);
  });

  test('the watchdog ends a longer wait, and with it the runtime', () => {
    const device = lockDevice({ encryptionEngine: { latency: Number.POSITIVE_INFINITY } }).boot();
    const id = 0x5a454e47; // ZENG
    const request = Uint8Array.of(0, 0, 0, 0, 100, 0, 0, 0);
    const sum = [0x5a, 0x45, 0x4e, 0x47, 100].reduce((total, byte) => total + byte, 0);
    new DataView(request.buffer).setUint32(0, -sum >>> 0, true);
    const before = device.chip.cycles;
    device.chip.mailbox.send({ axiUser: 1, command: id, data: request });
    device.run();
    expect(device.chip.cycles - before).toBe(20_000_001);
    expect([device.state, errorName(device.errors.fatal)]).toEqual(['fatal', 'RUNTIME_GLOBAL_WDT_EXPIRED']);
    expect(device.encryptionEngine?.state).toBe('executing');
  });

  test('with debug unlocked there is no watchdog, and the timeout holds', () => {
    const device = lockDevice({
      debugLocked: false,
      encryptionEngine: { latency: Number.POSITIVE_INFINITY },
    }).boot();
    expect(codeOf(() => device.mailbox.call(clearKeyCache, { milliseconds: 100 }))).toBe('OCP_LOCK_ENGINE_TIMEOUT');
  });
});

test('the straps say where it is', () => {
  const { chip } = lockDevice({ straps: { keyReleaseBase: 0x1_2345_6000 } });
  expect(chip.axi.read(0x1_2345_6080, 4)).toEqual(Uint8Array.of(0, 0, 0, 0x80));
  const { SS_KEY_RELEASE_BASE_ADDR_L: low } = SOC_IFC_REG.registers;
  expect(chip.socBus.read(SOC_IFC_REG.base + low.offset, 1)).toBe(0x2345_6000);
});
