import { describe, expect, test } from '@jest/globals';
import { RotError } from '@rootcap/errors';
import {
  DEFAULT_STRAPS,
  ENGINE_ERROR,
  type EncryptionEngineOptions,
  KeyUsage,
  type MediaKeyCache,
  type Straps,
} from '@rootcap/hardware';
import { Board, provider } from './support/board.ts';

const counted = (length: number, start = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => start + i);
const metadata = counted(20, 1);
const aux = counted(32, 0x40);
const mek = counted(64, 0x80);
const MDK = 16;
const MEK = 23;

/** Cycles of a command's timeout, as firmware counts them at 400 MHz. */
const MS = 400_000;

interface Setup {
  readonly engine?: EncryptionEngineOptions;
  readonly straps?: Partial<Straps>;
  /** ps, as the SoC declares it before firmware runs. */
  readonly clockPeriod?: number;
}

/** What stands before a command: LOCK in progress, the MDK in its slot. */
function bench({ engine, straps, clockPeriod }: Setup = {}) {
  const calls: { readonly metadata: Uint8Array; readonly aux: Uint8Array; readonly mek: Uint8Array }[] = [];
  const keyCache: MediaKeyCache = {
    load: (...[which, more, key]) => {
      calls.push({ metadata: which, aux: more, mek: key });
      return ENGINE_ERROR.NONE;
    },
    unload: () => ENGINE_ERROR.NOT_FOUND,
    zeroize: () => ENGINE_ERROR.NONE,
  };
  const board = new Board({
    subsystemMode: true,
    ocpLock: true,
    encryptionEngine: { keyCache, ...engine },
    ...(straps === undefined ? {} : { straps }),
  });
  const { chip, context } = board;
  if (clockPeriod !== undefined) chip.soc.set('CPTRA_TIMER_CONFIG', clockPeriod);
  chip.keyVault.write(MDK, counted(64, 9), KeyUsage.AES_KEY);
  chip.soc.set('SS_OCP_LOCK_CTRL', 1);
  const driver = context.drivers.encryptionEngine;
  return {
    chip,
    calls,
    driver,
    /** The key into slot 23, as LOAD_MEK and DERIVE_MEK do it. */
    decryptMek() {
      const wrapped = provider.blockCipher.ecbEncrypt(counted(32, 9), mek);
      chip.aes.ecbDecryptToSlot({ slot: MDK }, wrapped, { slot: MEK, usage: KeyUsage.DMA_DATA });
    },
    load(timeout = MS) {
      driver.clear();
      driver.checkReady();
      driver.writeMetadata(metadata);
      driver.writeAux(aux);
      this.decryptMek();
      driver.releaseMek();
      driver.run('LOAD_MEK', timeout);
    },
  };
}

function symbolOf(operation: () => void): string {
  try {
    operation();
    return 'none';
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
}

test('loads a key: it arrives with what was said of it, and nothing of it stays', () => {
  const b = bench();
  b.load();
  expect(b.calls).toEqual([{ metadata, aux, mek }]);
  expect(b.driver.readCtrl()).toBe(0x8000_0000);
  expect(b.chip.keyVault.inspect(MEK)).toEqual(new Uint8Array(64));
  expect(b.chip.encryptionEngine?.loaded).toEqual([{ metadata, aux }]);
});

test('a refusal is OCP_LOCK_ENGINE_ERR, with ERR and RDY as the extended error, and is taken leave of', () => {
  const { chip, driver } = bench();
  expect(symbolOf(() => driver.run('UNLOAD_MEK', MS))).toBe('OCP_LOCK_ENGINE_ERR');
  expect(chip.soc.get('CPTRA_FW_EXTENDED_ERROR_INFO')).toBe(0x51);
  expect(driver.readCtrl()).toBe(0x8000_0000);
});

describe('time', () => {
  test.each([
    ['at once', 0, 1, 'none'],
    ['just in time', MS, MS, 'none'],
    ['a cycle too late', MS + 1, MS, 'OCP_LOCK_ENGINE_TIMEOUT'],
    ['never', Number.POSITIVE_INFINITY, 10 * MS, 'OCP_LOCK_ENGINE_TIMEOUT'],
    ['at once, with no time at all', 0, 0, 'OCP_LOCK_ENGINE_TIMEOUT'],
  ])('a command that ends %s', (_, latency, timeout, symbol) => {
    const { chip, driver } = bench({ engine: { latency } });
    const before = chip.cycles;
    expect(symbolOf(() => driver.run('ZEROIZE', timeout))).toBe(symbol);
    const passed = chip.cycles - before;
    expect(passed).toBe(symbol === 'none' ? Math.max(1, latency) : timeout + 1);
    expect(chip.takeStalledCycles()).toBe(passed);
  });

  test('a command that was given up is still under way, and its end is taken for that of the next', () => {
    const { chip, driver } = bench({ engine: { latency: 2 * MS } });
    expect(symbolOf(() => driver.run('UNLOAD_MEK', MS))).toBe('OCP_LOCK_ENGINE_TIMEOUT');
    driver.clear();
    driver.checkReady();
    expect(chip.encryptionEngine?.state).toBe('executing');
    expect(symbolOf(() => driver.run('ZEROIZE', 2 * MS))).toBe('OCP_LOCK_ENGINE_ERR');
  });

  test('watchdogs run while firmware waits', () => {
    const { chip, driver } = bench({ engine: { latency: 1000 } });
    chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 100, 0);
    chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 0, 1);
    chip.soc.set('CPTRA_WDT_TIMER1_EN', 1);
    driver.run('ZEROIZE', 1000);
    expect(chip.soc.get('CPTRA_WDT_STATUS') & 1).toBe(1);
  });

  // caliptra-sw:runtime/src/ocp_lock/mod.rs (timeout_to_mtime), worked out by hand
  test.each([
    ['no period is 400 MHz', 1, undefined, 400_000],
    ['100 MHz', 1, 10_000, 100_000],
    ['what is no whole number of cycles is rounded up', 1, 3_000, 333_334],
    ['an hour', 3_600_000, 2_500, 1_440_000_000_000],
    ['more than an hour', 3_600_001, 2_500, 1_440_000_000_000],
    ['the longest that a command can say', 0xffff_ffff, 2_500, 1_440_000_000_000],
    ['nothing', 0, 2_500, 0],
    ['a clock of one picosecond', 3_600_000, 1, 3_600_000_000_000_000],
  ])('%s', (_, milliseconds, clockPeriod, cycles) => {
    const { driver } = bench(clockPeriod === undefined ? {} : { clockPeriod });
    expect(driver.timeoutCycles(milliseconds)).toBe(cycles);
  });
});

describe('an engine that is not ready', () => {
  test.each([
    ['before it has started', { startup: 100 }, false],
    ['that never starts', { startup: Number.POSITIVE_INFINITY }, false],
    ['after a fatal error', {}, true],
  ] as const)('%s', (_, engine, fails) => {
    const { chip, driver } = bench({ engine });
    if (fails) chip.encryptionEngine?.raiseFatalError();
    driver.clear();
    expect(symbolOf(() => driver.checkReady())).toBe('OCP_LOCK_ENGINE_NOT_READY');
    expect(driver.readCtrl() >>> 31).toBe(0);
  });

  test('takes commands once it has started', () => {
    const { chip, driver } = bench({ engine: { startup: 100 } });
    chip.advance(100);
    driver.checkReady();
    driver.run('ZEROIZE', MS);
  });
});

describe('key release', () => {
  test.each([
    ['as much as a key', 64, 'none'],
    ['more than a key', 68, 'OCP_LOCK_ENGINE_INVALID_MEK_SIZE'],
    ['nothing', 0, 'DRIVER_DMA_TRANSACTION_ERROR'],
  ])('SS_KEY_RELEASE_SIZE of %s', (_, keyReleaseSize, symbol) => {
    const b = bench({ straps: { keyReleaseSize } });
    b.decryptMek();
    expect(symbolOf(() => b.driver.releaseMek())).toBe(symbol);
    expect(b.chip.keyVault.inspect(MEK).some((byte) => byte !== 0)).toBe(symbol !== 'none');
  });

  test('without a key', () => {
    expect(symbolOf(() => bench().driver.releaseMek())).toBe('DRIVER_DMA_TRANSACTION_ERROR');
  });

  test('from a slot that is locked against writes: it leaves, and cannot be erased', () => {
    const b = bench();
    b.decryptMek();
    b.chip.keyVault.lockWrite(MEK);
    expect(symbolOf(() => b.driver.releaseMek())).toBe('DRIVER_KV_ERASE_WRITE_LOCK_SET_FAILURE');
  });

  test('to an engine above 4 GiB', () => {
    const b = bench({ straps: { keyReleaseBase: 0xffff_0000_0000_2000n } });
    b.load();
    expect(b.calls).toHaveLength(1);
  });
});

test('where the SoC straps no engine, every access fails', () => {
  const board = new Board({ subsystemMode: true, ocpLock: false });
  const { encryptionEngine } = board.context.drivers;
  expect(board.chip.straps.keyReleaseBase).toBe(DEFAULT_STRAPS.keyReleaseBase);
  for (const access of [
    () => encryptionEngine.readCtrl(),
    () => encryptionEngine.clear(),
    () => encryptionEngine.writeMetadata(metadata),
    () => encryptionEngine.writeAux(aux),
    () => encryptionEngine.run('ZEROIZE', MS),
  ])
    expect(symbolOf(access)).toBe('DRIVER_DMA_TRANSACTION_ERROR');
});
