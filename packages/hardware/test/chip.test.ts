import { describe, expect, test } from '@jest/globals';
import {
  BusFault,
  type Chip,
  type ChipEvent,
  type ChipOptions,
  KeyUsage,
  MEMORY_MAP,
  SOC_IFC_REG,
  writeFuses,
} from '@rootcap/hardware';
import fc from 'fast-check';
import { allowUsers, fusesDone, HW_CONFIG, makeChip, SUBSYSTEM, socAddress, summary } from './chips.ts';
import { counted, hasPack, pack } from './engines.ts';

const fault = (access: () => unknown): unknown => {
  try {
    access();
  } catch (error) {
    if (error instanceof BusFault) return [error.kind, error.address];
  }
  return undefined;
};

describe('bus of the core', () => {
  test('every block answers at its base address', () => {
    const chip = makeChip();
    for (const block of chip.blocks()) {
      const { base } = block.declaration;
      expect(() => chip.uc.read(base)).not.toThrow();
    }
    expect(chip.blocks()).toHaveLength(15);
    expect(chip.uc.read(socAddress('CPTRA_HW_REV_ID'))).toBe(0x0112);
  });

  test('memories take bytes, halves and words, little-endian', () => {
    const chip = makeChip({ rom: counted(64) });
    const { base } = MEMORY_MAP.DCCM;
    chip.uc.write(base + 4, 0x0403_0201);
    chip.uc.write(base + 6, 0xaa, 1);
    chip.uc.write(base + 0x3fffe, 0xbbcc, 2);
    expect([chip.uc.read(base + 4), chip.uc.read(base + 6, 2), chip.uc.read(base + 0x3fffc)]).toEqual([
      0x04aa_0201, 0x04aa, 0xbbcc_0000,
    ]);
    expect([chip.uc.read(8), chip.uc.read(MEMORY_MAP.ICCM.base), chip.dccm[4]]).toEqual([0x0b0a_0908, 0, 1]);
  });

  test.each([
    ['nothing there', (chip: Chip) => chip.uc.read(0x6000_0000), ['LoadAccessFault', 0x6000_0000]],
    ['nothing there', (chip: Chip) => chip.uc.write(0x6000_0000, 1), ['StoreAccessFault', 0x6000_0000]],
    ['after the ROM', (chip: Chip) => chip.uc.read(64), ['LoadAccessFault', 64]],
    ['ROM', (chip: Chip) => chip.uc.write(0, 1), ['StoreAccessFault', 0]],
    ['misaligned', (chip: Chip) => chip.uc.read(0x5000_0002), ['LoadAddrMisaligned', 0x5000_0002]],
    ['misaligned', (chip: Chip) => chip.uc.write(0x5000_0001, 1, 2), ['StoreAddrMisaligned', 0x5000_0001]],
    ['part of a register', (chip: Chip) => chip.uc.write(0x3003_0008, 1, 1), ['StoreAccessFault', 0x3003_0008]],
    ['part of mailbox SRAM', (chip: Chip) => chip.uc.write(0x3004_0000, 1, 1), ['StoreAccessFault', 0x3004_0000]],
    [
      'mailbox SRAM of a subsystem ends',
      (chip: Chip) => chip.uc.read(0x3004_0000 + chip.mailbox.sram.length),
      ['LoadAccessFault', 0x3008_0000],
    ],
    ['not an address', (chip: Chip) => chip.uc.read(2 ** 32), ['LoadAccessFault', 2 ** 32]],
  ] as const)('faults: %s', (_name, access, expected) => {
    expect(fault(() => access(makeChip({ rom: counted(64) })))).toEqual(expected);
  });

  test('the ICCM lock keeps the core out until an update reset', () => {
    const chip = makeChip();
    fusesDone(chip);
    chip.uc.write(MEMORY_MAP.ICCM.base, 5);
    chip.soc.set('INTERNAL_ICCM_LOCK', 1);
    expect(fault(() => chip.uc.write(MEMORY_MAP.ICCM.base, 6))).toEqual(['StoreAccessFault', MEMORY_MAP.ICCM.base]);
    expect(chip.soc.get('INTR_BLOCK_RF_ERROR_ICCM_BLOCKED_INTR_COUNT_R')).toBe(1);
    chip.soc.set('INTERNAL_FW_UPDATE_RESET', 1);
    chip.uc.write(MEMORY_MAP.ICCM.base, 7);
    expect(chip.iccm[0]).toBe(7);
  });

  test('mailbox SRAM is 256 KiB, in a subsystem 16 KiB', () => {
    expect([makeChip(), makeChip({ hwConfig: SUBSYSTEM })].map((chip) => chip.mailbox.sram.length)).toEqual([
      0x4_0000, 0x4000,
    ]);
    const chip = makeChip();
    chip.uc.read(0x3002_0000);
    chip.uc.write(0x3007_fffc, 0x0102_0304);
    expect([chip.uc.read(0x3007_fffc), chip.uc.read(0x3007_ffff, 1)]).toEqual([0x0102_0304, 1]);
  });
});

describe('bus of the SoC', () => {
  test.each([0x1001_8000, 0x3002_1000, 0x3002_2000, 0x3003_1000, 0x3004_0000, 0x4000_0000, 0x5000_0000])(
    'has nothing at 0x%s',
    (address) => {
      expect(fault(() => makeChip().socBus.read(address, 1))).toEqual(['LoadAccessFault', address]);
      expect(fault(() => makeChip().socBus.write(address, 1, 1))).toEqual(['StoreAccessFault', address]);
    },
  );

  test('a mailbox command by registers only', () => {
    const chip = makeChip();
    allowUsers(chip);
    const M = 0x3002_0000;
    const read = (offset: number) => chip.socBus.read(M + offset, 1);
    const write = (offset: number, value: number) => chip.socBus.write(M + offset, value, 1);
    expect(read(0)).toBe(0);
    write(8, 0x4d45_4153);
    write(0xc, 3);
    write(0x10, 0x0003_0201);
    write(0x18, 1);
    expect([chip.mailbox.pending()?.command, chip.mailbox.request()]).toEqual([0x4d45_4153, counted(3, 1)]);
    chip.mailbox.respond(counted(4, 9));
    expect([read(0x1c) & 15, read(0xc), read(0x14)]).toEqual([1, 4, 0x0c0b_0a09]);
    write(0x18, 0);
    expect(read(0x1c) & 0x1c0).toBe(0);
    write(8, 1);
    expect(chip.soc.get('CPTRA_HW_ERROR_NON_FATAL')).toBe(1);
    expect(chip.soc.get('INTR_BLOCK_RF_NOTIF_CMD_AVAIL_INTR_COUNT_R')).toBe(1);
  });
});

describe('resets', () => {
  /** A chip with a mark in everything that a reset might clear. */
  function marked(options: Partial<ChipOptions> = {}): Chip {
    const chip = makeChip(options);
    writeFuses(chip, { pqcKeyType: 1 });
    fusesDone(chip);
    allowUsers(chip);
    chip.keyVault.write(2, counted(64), KeyUsage.HMAC_KEY);
    chip.keyVault.lockWrite(2);
    chip.pcrBank.extend(1, counted(48));
    chip.pcrBank.lock(1);
    chip.dataVault.set('DATAVAULTCTRL', 1);
    chip.dataVault.set('STICKYDATAVAULTCTRL', 1);
    chip.mailbox.send({ axiUser: 1, command: 1, data: counted(8) });
    chip.soc.set('CPTRA_BOOT_STATUS', 5);
    chip.soc.set('CPTRA_FW_ERROR_NON_FATAL', 6);
    chip.hmac.lfsrSeed = counted(48);
    chip.iccm[0] = 7;
    chip.dccm[0] = 8;
    return chip;
  }
  const seen = (chip: Chip) => ({
    fuse: chip.soc.get('FUSE_PQC_KEY_TYPE'),
    fuseWrDone: chip.soc.get('CPTRA_FUSE_WR_DONE'),
    key: chip.keyVault.inspect(2)[1],
    keyLocked: chip.keyVault.isWriteLocked(2),
    pcr: chip.pcrBank.read(1).some((byte) => byte !== 0),
    pcrLocked: chip.pcrBank.isLocked(1),
    dataVaultLock: chip.dataVault.get('DATAVAULTCTRL'),
    stickyLock: chip.dataVault.get('STICKYDATAVAULTCTRL'),
    mailbox: chip.mailbox.owner,
    mailboxUser: chip.soc.validMailboxUser(1),
    sram: chip.mailbox.sram[1],
    bootStatus: chip.soc.get('CPTRA_BOOT_STATUS'),
    error: chip.soc.get('CPTRA_FW_ERROR_NON_FATAL'),
    iccm: chip.iccm[0],
    dccm: chip.dccm[0],
  });
  const everything = seen(marked());

  test('update keeps all but the locks of keys, PCRs and data vault', () => {
    const chip = marked();
    chip.reset('update');
    expect(seen(chip)).toEqual({ ...everything, keyLocked: false, pcrLocked: false, dataVaultLock: 0 });
  });

  test('warm keeps fuses, keys, PCRs, memories, errors, sticky locks', () => {
    const chip = marked();
    chip.reset('warm');
    expect(seen(chip)).toEqual({
      ...everything,
      ...{ keyLocked: false, pcrLocked: false, dataVaultLock: 0 },
      ...{ mailbox: 'none', mailboxUser: false, bootStatus: 0 },
    });
  });

  test('cold is a new chip, but for time', () => {
    const chip = marked();
    chip.advance(100);
    chip.reset('cold');
    expect(summary(chip.save())).toEqual(summary({ ...makeChip().save(), cycles: 100 }));
  });

  test('keys are in no register, whoever reads', () => {
    const chip = marked();
    chip.uc.write(0x1001_8600 + 2 * 64, 0xffff_ffff);
    chip.keyVault.set('KEY_ENTRY', 0xffff_ffff, 32);
    expect([chip.uc.read(0x1001_8600 + 2 * 64), chip.keyVault.get('KEY_ENTRY', 32), chip.keyVault.inspect(2)]).toEqual([
      0,
      0,
      counted(64),
    ]);
  });

  test('with debug unlocked the key vault starts with its debug value', () => {
    const chip = makeChip({ lifecycle: 1, debugLocked: false });
    expect(chip.keyVault.inspect(0)).toEqual(new Uint8Array(64).fill(0xaa));
    expect(makeChip().keyVault.inspect(0)).toEqual(new Uint8Array(64));
  });
});

describe('save and restore', () => {
  test('a fork goes on like the original, whatever was done to it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('advance' as const), n: fc.nat(1000) }),
      fc.record({
        do: fc.constant('write' as const),
        n: fc.nat(0x660),
        value: fc.integer({ min: 0, max: 0xffff_ffff }),
      }),
      fc.record({ do: fc.constant('send' as const), n: fc.nat(64) }),
      fc.record({ do: fc.constant('random' as const), n: fc.constant(0) }),
      fc.record({ do: fc.constant('extend' as const), n: fc.nat(31) }),
      fc.record({ do: fc.constant('reset' as const), n: fc.nat(2) }),
    );
    const apply = (chip: Chip, steps: readonly { do: string; n: number; value?: number }[]) => {
      for (const { do: what, n, value = 0 } of steps) {
        if (what === 'advance') chip.advance(n);
        if (what === 'write') chip.uc.write(SOC_IFC_REG.base + (n & ~3), value);
        if (what === 'send') chip.mailbox.ucSend(n, counted(n));
        if (what === 'random') chip.trng.generate();
        if (what === 'extend') chip.pcrBank.extend(n, counted(n));
        if (what === 'reset') chip.reset((['cold', 'warm', 'update'] as const)[n] as 'cold');
      }
    };
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (first, second) => {
        const constant = { bytes: (length: number) => counted(length) };
        const chip = makeChip({ entropy: constant });
        apply(chip, first);
        const fork = makeChip({ entropy: constant });
        fork.restore(chip.save());
        expect(summary(fork.save())).toEqual(summary(chip.save()));
        apply(chip, second);
        apply(fork, second);
        expect(summary(fork.save())).toEqual(summary(chip.save()));
      }),
      { numRuns: 25 },
    );
  });

  test('a saved state is plain data and does not change with the chip', () => {
    const chip = makeChip();
    const state = chip.save();
    const copy = structuredClone(state);
    chip.dccm[0] = 1;
    chip.mailbox.ucSend(1, counted(4));
    expect(summary(state)).toEqual(summary(copy));
    chip.restore(copy);
    expect(summary(chip.save())).toEqual(summary(state));
  });

  test.each([
    ['nothing', () => undefined],
    ['another chip', () => makeChip({ hwConfig: SUBSYSTEM }).save()],
    ['a part', () => ({ ...makeChip().save(), dccm: new Uint8Array(3) })],
    ['a bad block', () => ({ ...makeChip().save(), blocks: { ...makeChip().save().blocks, MBOX_CSR: {} } })],
    ['a bad generator', () => ({ ...makeChip().save(), trng: {} })],
  ])('restore refuses %s and changes nothing', (_name, state) => {
    const chip = makeChip();
    chip.pcrBank.extend(3, counted(3));
    const before = summary(chip.save());
    expect(() => chip.restore(state() as never)).toThrow(TypeError);
    expect(summary(chip.save())).toEqual(before);
  });
});

describe('events', () => {
  test('subscribe, and end it', () => {
    const chip = makeChip();
    const seen: ChipEvent[] = [];
    const end = chip.on((event) => seen.push(event));
    chip.reset('warm');
    expect(seen.at(-1)).toEqual({ kind: 'reset', reset: 'warm' });
    end();
    chip.reset('warm');
    expect(seen.filter(({ kind }) => kind === 'reset')).toHaveLength(1);
  });

  test('carry no bytes', () => {
    const chip = makeChip();
    const seen: ChipEvent[] = [];
    chip.on((event) => seen.push(event));
    writeFuses(chip, { udsSeed: counted(64), fieldEntropy: counted(32) });
    fusesDone(chip);
    allowUsers(chip);
    chip.doe.decrypt('UDS', 0);
    chip.mailbox.send({ axiUser: 1, command: 1, data: counted(8) });
    chip.trng.generate();
    expect(seen.length).toBeGreaterThan(5);
    for (const event of seen)
      for (const value of Object.values(event)) expect(['string', 'number']).toContain(typeof value);
  });
});

describe('options', () => {
  test.each([
    ['obfuscationKey', { obfuscationKey: counted(31) }],
    ['csrHmacKey', { csrHmacKey: counted(63) }],
  ])('%s has a length', (name, options) => {
    expect(() => makeChip(options)).toThrow(RangeError);
    expect(() => makeChip(options)).toThrow(`${name}:`);
  });
});

interface State {
  regs: Record<string, number>;
  regs_ready_for_fw: Record<string, number>;
}
interface Config {
  lifecycle: string;
  debug_locked: boolean;
  subsystem_mode: boolean;
  ocp_lock_en: boolean;
  trng: { mode: string };
}
const GOLDENS = [
  'a-passive-mldsa',
  'b-passive-lms',
  'c-subsystem-ocplock-mldsa',
  'd-passive-mldsa-manuf-debug',
  'f-passive-mldsa-itrng',
];
const LIFECYCLES: Record<string, 0 | 1 | 3> = { Unprovisioned: 0, Manufacturing: 1, Production: 3 };

if (hasPack('caliptra/goldens/README.md')) {
  test.each(GOLDENS)('recorded registers of %s', (name) => {
    const config = pack<Config>(`caliptra/goldens/${name}/config.json`);
    const { regs, regs_ready_for_fw } = pack<State>(`caliptra/goldens/${name}/state.json`);
    const chip = makeChip({
      lifecycle: LIFECYCLES[config.lifecycle] as 0,
      debugLocked: config.debug_locked,
      hwConfig: {
        itrng: config.trng.mode.startsWith('internal'),
        subsystemMode: config.subsystem_mode,
        ocpLock: config.ocp_lock_en,
      },
    });
    fusesDone(chip);
    const shown = () => ({
      hw_rev_id: chip.soc.get('CPTRA_HW_REV_ID'),
      hw_config: chip.soc.get('CPTRA_HW_CONFIG'),
      security_state: chip.soc.get('CPTRA_SECURITY_STATE'),
      flow_status: chip.soc.get('CPTRA_FLOW_STATUS'),
      hw_error_fatal: chip.soc.get('CPTRA_HW_ERROR_FATAL'),
      hw_error_non_fatal: chip.soc.get('CPTRA_HW_ERROR_NON_FATAL'),
      fw_error_fatal: chip.soc.get('CPTRA_FW_ERROR_FATAL'),
    });
    // What firmware writes, as it writes it: first overwriting, then modifying.
    chip.soc.set('CPTRA_FLOW_STATUS', 1 << 28);
    expect(regs_ready_for_fw).toMatchObject(shown());
    chip.soc.setField('CPTRA_FLOW_STATUS', 'ready_for_runtime', 1);
    expect(regs).toMatchObject(shown());
  });
} else {
  test('left out: no caliptra pack', () => {});
}

test('HW_CONFIG of a chip is not shared with another', () => {
  expect(makeChip({ hwConfig: { ...HW_CONFIG, itrng: true } }).soc.internalTrng).toBe(true);
  expect(makeChip().soc.internalTrng).toBe(false);
});
