import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  AxiMemory,
  type Chip,
  type ChipEvent,
  type ChipOptions,
  DEFAULT_STRAPS,
  DmaError,
  EngineError,
  KeyUsage,
  SOC_IFC_REG,
  UC_ACCESS,
} from '@rootcap/hardware';
import { fusesDone, HW_CONFIG, makeChip, SUBSYSTEM, soc, socAddress } from './chips.ts';
import { counted, hex } from './engines.ts';

const { AES_KEY, DMA_DATA, HMAC_KEY, HMAC_BLOCK, ECC_SEED } = KeyUsage;
const { keyReleaseBase } = DEFAULT_STRAPS;
const [MDK, MEK] = [16, 23];
const ALL_USES = 0x1ff;
/** Bytes that appear nowhere else. */
const mek = Uint8Array.from({ length: 64 }, (_, i) => (i * 73 + 0xc1) & 0xff);
const mdk = counted(64, 7);

/** OpenSSL's ECB encryption under the first 32 bytes of the MDK. */
function encrypted(plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-ecb', mdk.subarray(0, 32), null).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(plain), cipher.final()]));
}

/** What an engine or the DMA says to it. */
function outcome(operation: () => unknown): string {
  try {
    operation();
    return 'done';
  } catch (error) {
    if (error instanceof EngineError || error instanceof DmaError) return error.fault;
    throw error;
  }
}

/** A chip whose ROM has put the MDK into its slot and set LOCK_IN_PROGRESS. */
function lockChip(options: Partial<ChipOptions> = {}, { inProgress = true } = {}): Chip {
  const chip = makeChip({ hwConfig: SUBSYSTEM, ...options });
  fusesDone(chip);
  chip.keyVault.write(MDK, mdk, AES_KEY);
  if (inProgress) chip.soc.set('SS_OCP_LOCK_CTRL', 1);
  return chip;
}

/** The same with an MEK on its way to the encryption engine. */
function withMek(chip: Chip = lockChip()): Chip {
  chip.aes.ecbDecryptToSlot({ slot: MDK }, encrypted(mek), { slot: MEK, usage: DMA_DATA });
  return chip;
}

const REFERENCES = ['emulator', 'rtl'] as const;

describe('LOCK_IN_PROGRESS', () => {
  const value = (chip: Chip) => chip.soc.get('SS_OCP_LOCK_CTRL');
  const { offset } = SOC_IFC_REG.registers.SS_OCP_LOCK_CTRL;
  test.each<readonly [rule: string, expected: number, chip: () => Chip]>([
    ['is clear at power-on', 0, () => lockChip({}, { inProgress: false })],
    ['is set by firmware', 1, () => lockChip()],
    [
      'is not set by the SoC',
      0,
      () => {
        const chip = lockChip({}, { inProgress: false });
        chip.soc.writeRegister(offset, 1, soc(1));
        return chip;
      },
    ],
    [
      'cannot be taken back',
      1,
      () => {
        const chip = lockChip();
        chip.soc.writeRegister(offset, 0, UC_ACCESS);
        return chip;
      },
    ],
    ['cannot be set without OCP LOCK mode', 0, () => lockChip({ hwConfig: { ...SUBSYSTEM, ocpLock: false } })],
    ['cannot be set in passive mode', 0, () => lockChip({ hwConfig: { ...HW_CONFIG, ocpLock: true } })],
    ...(['update', 'warm', 'cold'] as const).map(
      (kind) =>
        [
          `a ${kind} reset`,
          kind === 'cold' ? 0 : 1,
          () => {
            const chip = lockChip();
            chip.reset(kind);
            return chip;
          },
        ] as const,
    ),
  ])('%s: %p', (_, expected, chip) => {
    expect(value(chip())).toBe(expected);
  });

  test.each([
    ['a subsystem with OCP LOCK', SUBSYSTEM, 1],
    ['a subsystem without', { ...SUBSYSTEM, ocpLock: false }, 0],
    ['a passive chip', { ...HW_CONFIG, ocpLock: true }, 0],
  ])('CPTRA_HW_CONFIG.OCP_LOCK_MODE_en of %s', (_, hwConfig, bit) => {
    const chip = makeChip({ hwConfig });
    expect((chip.soc.get('CPTRA_HW_CONFIG') >>> 6) & 1).toBe(bit);
    expect(chip.encryptionEngine !== undefined).toBe(bit === 1);
  });
});

describe('key-release straps', () => {
  const NAMES = ['SS_KEY_RELEASE_BASE_ADDR_L', 'SS_KEY_RELEASE_BASE_ADDR_H', 'SS_KEY_RELEASE_SIZE'] as const;
  const shown = (chip: Chip) => NAMES.map((name) => chip.soc.get(name));
  const straps = { keyReleaseBase: 0x1_7000_0000, keyReleaseSize: 0x43 };

  test('show their pins, the size in whole words', () => {
    expect(shown(makeChip({ hwConfig: SUBSYSTEM, straps }))).toEqual([0x7000_0000, 1, 0x40]);
  });

  test.each([
    ['the SoC until FUSE_WR_DONE', false, 'soc', [0x20, 0x21, 0x22]],
    ['not the SoC afterwards', true, 'soc', [0x7000_0000, 1, 0x40]],
    ['not the core', false, 'uc', [0x7000_0000, 1, 0x40]],
  ] as const)('are written by %s', (_, done, side, expected) => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, straps });
    if (done) fusesDone(chip);
    NAMES.forEach((name, i) => {
      if (side === 'soc') chip.socBus.write(socAddress(name), 0x20 + i, 1);
      else chip.soc.set(name, 0x20 + i);
    });
    expect(shown(chip)).toEqual(expected);
  });
});

describe.each(REFERENCES)('ways between slots 0-15 and 16-23, %s', (reference) => {
  /** Slots as the ROM leaves them: a standard key and LOCK keys for every use. */
  function filled(inProgress: boolean): Chip {
    const chip = lockChip({ reference }, { inProgress: false });
    for (const slot of [6, 17, 22]) chip.keyVault.write(slot, counted(64, slot), ALL_USES & ~DMA_DATA);
    if (inProgress) chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    return chip;
  }
  const hmac = (key: number, block: number | undefined, to: number) => (chip: Chip) =>
    chip.hmac.macToSlot({
      mode: 'sha512',
      key: { slot: key },
      data: block === undefined ? counted(8) : { slot: block },
      tag: { slot: to, usage: HMAC_KEY | HMAC_BLOCK },
    });
  const ecc = (seed: number, to: number) => (chip: Chip) =>
    chip.ecc.keygen({ seed: { slot: seed }, nonce: counted(48), privateKey: { slot: to, usage: ECC_SEED } });
  const mlkem = (message: number, to: number) => (chip: Chip) => {
    const { encapsulationKey } = chip.abr.mlkemKeygen({ seed: { d: counted(32), z: counted(32, 32) } });
    const destination = { slot: to, usage: HMAC_KEY };
    chip.abr.mlkemEncapsulate({ encapsulationKey, message: { slot: message }, destination });
  };
  const doe = (to: number) => (chip: Chip) => chip.doe.decrypt('HEK', to);

  test.each<readonly [way: string, run: (chip: Chip) => unknown, before: string, inProgress: string]>([
    ['HMAC, standard key to standard slot', hmac(6, undefined, 5), 'done', 'done'],
    ['HMAC, standard key to LOCK slot', hmac(6, undefined, 18), 'done', 'key-write'],
    ['HMAC, LOCK key to LOCK slot', hmac(22, undefined, 18), 'done', 'done'],
    ['HMAC, LOCK key to standard slot', hmac(22, undefined, 5), 'done', 'key-write'],
    ['HMAC, LOCK key and LOCK block to LOCK slot', hmac(22, 17, 18), 'done', 'done'],
    ['HMAC, LOCK key and standard block to LOCK slot', hmac(22, 6, 18), 'done', 'key-write'],
    ['HMAC, standard key and LOCK block to standard slot', hmac(6, 17, 5), 'done', 'key-write'],
    ['HMAC, LOCK key to the MEK slot', hmac(22, undefined, MEK), 'done', 'key-write'],
    ['ECC, standard seed to LOCK slot', ecc(6, 18), 'done', 'key-write'],
    ['ECC, LOCK seed to standard slot', ecc(22, 5), 'done', 'key-write'],
    ['ECC, LOCK seed to LOCK slot', ecc(22, 18), 'done', 'done'],
    ['ML-KEM, LOCK message to standard slot', mlkem(22, 5), 'done', 'key-write'],
    ['ML-KEM, LOCK message to LOCK slot', mlkem(22, 18), 'done', 'done'],
    ['ML-KEM, standard message to LOCK slot', mlkem(6, 18), 'done', 'key-write'],
    ['DOE, HEK seed to LOCK slot', doe(22), 'done', 'done'],
    // The DOE works before LOCK is in progress and is judged by the strap.
    ['DOE, HEK seed to the MEK slot', doe(MEK), 'key-write', 'key-write'],
  ])('%s', (_, run, before, inProgress) => {
    expect(outcome(() => run(filled(false)))).toBe(before);
    expect(outcome(() => run(filled(true)))).toBe(inProgress);
  });

  test('the DOE of a chip without OCP LOCK mode writes any slot', () => {
    const chip = makeChip({ reference });
    expect(outcome(() => chip.doe.decrypt('HEK', MEK))).toBe('done');
  });

  test.each<readonly [use: string, run: (chip: Chip) => unknown, fault: string]>([
    ['AES key', (chip) => chip.aes.ecbEncrypt({ slot: MEK }, counted(16)), 'key-read'],
    ['HMAC key', hmac(MEK, undefined, 18), 'key-read'],
    ['HMAC block', hmac(22, MEK, 18), 'block-read'],
    ['ECC seed', ecc(MEK, 18), 'seed-read'],
    ['ML-KEM message', mlkem(MEK, 18), 'block-read'],
    ['DMA', (chip) => chip.dma.releaseKey(keyReleaseBase, 64), 'done'],
  ])('the MEK slot as %s', (use, run, fault) => {
    const chip = lockChip({ reference }, { inProgress: false });
    chip.keyVault.write(22, counted(64), ALL_USES);
    chip.keyVault.write(MEK, mek, ALL_USES);
    if (use !== 'DMA') expect(outcome(() => run(chip))).toBe('done');
    chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    expect(outcome(() => run(chip))).toBe(fault);
  });
});

describe.each(REFERENCES)('AES into the vault, %s', (reference) => {
  const usage = DMA_DATA;
  test.each<readonly [way: string, run: (chip: Chip) => unknown, inProgress: boolean, fault: string]>([
    [
      'MDK to the MEK slot',
      (c) => c.aes.ecbDecryptToSlot({ slot: MDK }, encrypted(mek), { slot: MEK, usage }),
      true,
      'done',
    ],
    [
      'before LOCK',
      (c) => c.aes.ecbDecryptToSlot({ slot: MDK }, encrypted(mek), { slot: MEK, usage }),
      false,
      'key-write',
    ],
    ['MDK to another slot', (c) => c.aes.ecbDecryptToSlot({ slot: MDK }, mek, { slot: 21, usage }), true, 'key-write'],
    ['another key', (c) => c.aes.ecbDecryptToSlot({ slot: 17 }, mek, { slot: MEK, usage }), true, 'key-write'],
    ['a standard key', (c) => c.aes.ecbDecryptToSlot({ slot: 6 }, mek, { slot: MEK, usage }), true, 'key-write'],
    [
      'less than a key',
      (c) => c.aes.ecbDecryptToSlot({ slot: MDK }, mek.subarray(0, 48), { slot: MEK, usage }),
      true,
      'key-write',
    ],
  ])('%s', (_, run, inProgress, fault) => {
    const chip = lockChip({ reference }, { inProgress: false });
    for (const slot of [6, 17]) chip.keyVault.write(slot, counted(64), AES_KEY);
    if (inProgress) chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    expect(outcome(() => run(chip))).toBe(fault);
    expect(hex(chip.keyVault.inspect(MEK))).toBe(fault === 'done' ? hex(mek) : '00'.repeat(64));
  });

  test('a smaller SS_KEY_RELEASE_SIZE takes the first bytes', () => {
    const chip = withMek(lockChip({ reference, straps: { keyReleaseSize: 32 } }));
    expect(chip.keyVault.control(MEK)).toMatchObject({ dest_valid: DMA_DATA, last_dword: 7 });
    chip.dma.releaseKey(keyReleaseBase, 32);
  });

  test('the core gets zeros for what the MDK decrypts, and is told so', () => {
    const chip = lockChip({ reference });
    expect(hex(chip.aes.ecbDecrypt({ slot: MDK }, encrypted(mek)))).toBe('00'.repeat(64));
    expect(chip.aes.field('STATUS', 'output_lost')).toBe(1);
  });

  test('it sees it before LOCK is in progress, and what other keys decrypt', () => {
    const chip = lockChip({ reference }, { inProgress: false });
    expect(hex(chip.aes.ecbDecrypt({ slot: MDK }, encrypted(mek)))).toBe(hex(mek));
    chip.keyVault.write(17, mdk, AES_KEY);
    chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    expect(hex(chip.aes.ecbDecrypt({ slot: 17 }, encrypted(mek)))).toBe(hex(mek));
    expect(hex(chip.aes.ecbEncrypt({ slot: MDK }, mek))).toBe(hex(encrypted(mek)));
    expect(chip.aes.field('STATUS', 'output_lost')).toBe(0);
  });
});

describe.each(REFERENCES)('key release by DMA, %s', (reference) => {
  const base = { reference } as const;
  test.each<readonly [rule: string, chip: () => Chip, address: number | bigint, length: number, fault: string]>([
    ['the strapped address and size', () => withMek(lockChip(base)), keyReleaseBase, 64, 'done'],
    ['before LOCK', () => lockChip(base, { inProgress: false }), keyReleaseBase, 64, 'error_cmd_dec'],
    ['another address', () => withMek(lockChip(base)), keyReleaseBase + 4, 64, 'error_cmd_dec'],
    [
      'the same address 4 GiB on',
      () => withMek(lockChip(base)),
      BigInt(keyReleaseBase) + 2n ** 32n,
      64,
      'error_cmd_dec',
    ],
    ['fewer bytes', () => withMek(lockChip(base)), keyReleaseBase, 60, 'error_cmd_dec'],
    ['more bytes', () => withMek(lockChip(base)), keyReleaseBase, 68, 'error_cmd_dec'],
    [
      'a strap of more than a key',
      () => withMek(lockChip({ ...base, straps: { keyReleaseSize: 128 } })),
      keyReleaseBase,
      128,
      'error_cmd_dec',
    ],
    [
      'a strap of nothing',
      () => lockChip({ ...base, straps: { keyReleaseSize: 0 } }),
      keyReleaseBase,
      0,
      'error_cmd_dec',
    ],
    ['an empty slot', () => lockChip(base), keyReleaseBase, 64, 'error_kv_rd'],
    [
      'a key for another use',
      () => {
        const chip = lockChip(base);
        chip.keyVault.write(MEK, mek, AES_KEY);
        return chip;
      },
      keyReleaseBase,
      64,
      'error_kv_rd',
    ],
    [
      'a slot locked against use',
      () => {
        const chip = withMek(lockChip(base));
        chip.keyVault.lockUse(MEK);
        return chip;
      },
      keyReleaseBase,
      64,
      'error_kv_rd',
    ],
    [
      'a slot that holds less',
      () => {
        const chip = lockChip(base);
        chip.keyVault.write(MEK, mek.subarray(0, 60), DMA_DATA);
        return chip;
      },
      keyReleaseBase,
      64,
      'error_kv_rd_large',
    ],
  ])('%s', (_, make, address, length, fault) => {
    const chip = make();
    const written: string[] = [];
    chip.axi.observe(({ address: at }) => written.push(at.toString(16)));
    expect(outcome(() => chip.dma.releaseKey(address, length))).toBe(fault);
    expect(written).toEqual(fault === 'done' ? [keyReleaseBase.toString(16)] : []);
    const raised = chip.dma.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R');
    expect(raised !== 0).toBe(fault !== 'done');
    if (fault !== 'done')
      expect(chip.dma.field('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R', `${fault}_sts` as never)).toBe(1);
  });

  test('where nothing answers', () => {
    // The SoC moves the address after the engine got its place.
    const chip = makeChip({ hwConfig: SUBSYSTEM, ...base });
    chip.socBus.write(socAddress('SS_KEY_RELEASE_BASE_ADDR_L'), 0x7200_0000, 1);
    fusesDone(chip);
    chip.keyVault.write(MDK, mdk, AES_KEY);
    chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    withMek(chip);
    expect(outcome(() => chip.dma.releaseKey(0x7200_0000, 64))).toBe('error_axi_wr');
    expect(outcome(() => chip.dma.releaseKey(keyReleaseBase, 64))).toBe('error_cmd_dec');
  });

  test('byte i of the key is written to address + i, and the slot keeps it', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, ...base });
    const memory = new AxiMemory(64);
    chip.axi.attach(0x7200_0000, 64, memory);
    chip.socBus.write(socAddress('SS_KEY_RELEASE_BASE_ADDR_L'), 0x7200_0000, 1);
    fusesDone(chip);
    chip.keyVault.write(MDK, mdk, AES_KEY);
    chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    withMek(chip).dma.releaseKey(0x7200_0000, 64);
    expect(hex(memory.bytes)).toBe(hex(mek));
    expect(hex(chip.keyVault.inspect(MEK))).toBe(hex(mek));
  });
});

test('neither events nor observers of the bus see a released key', () => {
  const chip = lockChip();
  const seen: string[] = [];
  const note = (value: unknown) =>
    seen.push(
      JSON.stringify(value, (_, part) =>
        typeof part === 'bigint' ? String(part) : part instanceof Uint8Array ? hex(part) : part,
      ),
    );
  const events: ChipEvent[] = [];
  chip.on((event) => events.push(event));
  chip.on(note);
  chip.axi.observe(note);
  withMek(chip).dma.releaseKey(keyReleaseBase, 64);
  outcome(() => chip.dma.releaseKey(keyReleaseBase, 60));
  chip.socBus.write(keyReleaseBase + 0x80, 5, 1);
  expect(events).toContainEqual({ kind: 'key-release', slot: MEK, length: 64, refused: false });
  expect(events).toContainEqual({ kind: 'key-release', slot: MEK, length: 60, refused: true });
  expect(chip.encryptionEngine?.loaded).toHaveLength(1);
  const text = seen.join();
  const windows = Array.from({ length: 61 }, (_, i) => hex(mek.subarray(i, i + 4)));
  expect(windows.filter((window) => text.includes(window))).toEqual([]);
});

test('the SoC reaches the engine on its bus, and time runs it', () => {
  const chip = lockChip({ encryptionEngine: { latency: 100 } });
  const ctrl = keyReleaseBase + 0x80;
  chip.socBus.write(ctrl, (3 << 2) | 1, 1);
  expect(chip.cyclesToEvent).toBe(100);
  chip.advance(99);
  expect(chip.socBus.read(ctrl, 1)).toBe(0x8000_000d);
  chip.advance(1);
  expect(chip.socBus.read(ctrl, 1)).toBe(0x8000_000e);
});

test('a saved chip has the engine with its keys and its command', () => {
  const chip = withMek(lockChip({ encryptionEngine: { latency: 100 } }));
  chip.dma.releaseKey(keyReleaseBase, 64);
  chip.socBus.write(keyReleaseBase + 0x80, 5, 1);
  chip.advance(40);
  const copy = makeChip({ hwConfig: SUBSYSTEM, encryptionEngine: { latency: 100 } });
  copy.restore(chip.save());
  copy.advance(60);
  expect(copy.encryptionEngine?.state).toBe('done');
  expect(copy.encryptionEngine?.save()).toHaveProperty('keyCache.0.mek', mek);
  expect(() => makeChip({ hwConfig: SUBSYSTEM }).restore({ ...chip.save(), blocks: {} })).toThrow(TypeError);
});
