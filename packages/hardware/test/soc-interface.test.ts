import { describe, expect, test } from '@jest/globals';
import { type Chip, type ChipEvent, type ChipOptions, SOC_IFC_REG, UC_ACCESS } from '@rootcap/hardware';
import fc from 'fast-check';
import { allowUsers, fusesDone, HW_CONFIG, makeChip, SUBSYSTEM, soc, socAddress } from './chips.ts';
import { counted } from './engines.ts';

type Name = keyof typeof SOC_IFC_REG.registers;
const NAMES = Object.keys(SOC_IFC_REG.registers) as Name[];
const FUSES = NAMES.filter((name) => name.startsWith('FUSE_'));
const STRAPS = NAMES.filter(
  (name) => SOC_IFC_REG.registers[name].lockedBy === 'CPTRA_FUSE_WR_DONE' && name.startsWith('SS_'),
);
const SECRETS = ['FUSE_UDS_SEED', 'FUSE_FIELD_ENTROPY'];

const write = (chip: Chip, name: Name, value: number, index = 0, user = 1) =>
  chip.socBus.write(socAddress(name, index), value, user);
const read = (chip: Chip, name: Name, index = 0, user = 1) => chip.socBus.read(socAddress(name, index), user);

function eventsOf(chip: Chip): ChipEvent[] {
  const events: ChipEvent[] = [];
  chip.on((event) => events.push(event));
  return events;
}

describe('fuses and straps', () => {
  test('there are 17 fuse registers and 19 straps', () => {
    expect([FUSES.length, STRAPS.length]).toEqual([17, 19]);
  });

  test.each(FUSES)('%s: SoC writes until FUSE_WR_DONE, sticky over warm reset, gone after cold', (name) => {
    const chip = makeChip();
    const mask = SOC_IFC_REG.registers[name].writable;
    const shown = (value: number) => (SECRETS.includes(name) ? 0 : value & mask) >>> 0;
    chip.soc.set(name, 0xffff_ffff);
    expect(chip.soc.get(name)).toBe(0);
    write(chip, name, 0xa5a5_a5a5);
    expect([read(chip, name), chip.soc.get(name)]).toEqual([shown(0xa5a5_a5a5), shown(0xa5a5_a5a5)]);
    fusesDone(chip);
    const locked = chip.soc.save();
    write(chip, name, 0x5a5a_5a5a);
    expect(chip.soc.save()).toEqual(locked);
    chip.reset('warm');
    write(chip, name, 0x5a5a_5a5a);
    expect(chip.soc.get(name)).toBe(shown(0xa5a5_a5a5));
    chip.reset('cold');
    expect(chip.soc.get(name)).toBe(0);
  });

  test('secrets reach the deobfuscation engine although nobody reads them', () => {
    const chip = makeChip();
    for (let i = 0; i < 16; i++) write(chip, 'FUSE_UDS_SEED', 0x0101_0101 * i, i);
    expect(chip.soc.udsSeed()).toEqual(Uint8Array.from({ length: 64 }, (_, i) => i >>> 2));
    expect(chip.soc.obfuscationKey()).toEqual(counted(32));
    chip.soc.clear();
    expect([chip.soc.udsSeed(), chip.soc.obfuscationKey()]).toEqual([new Uint8Array(64), new Uint8Array(32)]);
  });

  test.each(STRAPS)('%s: captured at reset, SoC may overwrite it until FUSE_WR_DONE', (name) => {
    const chip = makeChip({ hwConfig: SUBSYSTEM });
    const mask = SOC_IFC_REG.registers[name].writable;
    chip.soc.set(name, 0xffff_ffff);
    const strapped = chip.soc.get(name);
    write(chip, name, ~strapped >>> 0);
    expect(chip.soc.get(name)).toBe((~strapped & mask) >>> 0);
    fusesDone(chip);
    write(chip, name, strapped);
    chip.reset('warm');
    expect(chip.soc.get(name)).toBe((~strapped & mask) >>> 0);
    chip.reset('cold');
    expect(chip.soc.get(name)).toBe(strapped);
  });

  test('straps are not connected in passive mode; the emulator connects the one for debug intent', () => {
    const chip = makeChip({ debugIntent: true, reference: 'rtl' });
    expect([chip.soc.get('SS_MCI_BASE_ADDR_L'), chip.soc.debugIntent]).toEqual([0, false]);
    expect(makeChip({ debugIntent: true, reference: 'emulator' }).soc.debugIntent).toBe(true);
    expect(chip.soc.get('SS_NUM_OF_PROD_DEBUG_UNLOCK_AUTH_PK_HASHES')).toBe(8);
  });

  test('addresses above 4 GiB take two registers; key release takes whole words', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, straps: { mciBase: 0x12_3456_7000, keyReleaseSize: 63 } });
    expect([chip.soc.get('SS_MCI_BASE_ADDR_L'), chip.soc.get('SS_MCI_BASE_ADDR_H')]).toEqual([0x3456_7000, 0x12]);
    expect(chip.soc.get('SS_KEY_RELEASE_SIZE')).toBe(60);
  });

  test('the owner key hash has its own lock, until a cold reset', () => {
    const chip = makeChip();
    fusesDone(chip);
    write(chip, 'CPTRA_OWNER_PK_HASH', 7);
    write(chip, 'CPTRA_OWNER_PK_HASH_LOCK', 1);
    write(chip, 'CPTRA_OWNER_PK_HASH', 8);
    write(chip, 'CPTRA_OWNER_PK_HASH_LOCK', 0);
    chip.reset('warm');
    write(chip, 'CPTRA_OWNER_PK_HASH', 9);
    expect([chip.soc.get('CPTRA_OWNER_PK_HASH'), chip.soc.get('CPTRA_OWNER_PK_HASH_LOCK')]).toEqual([7, 1]);
    chip.reset('cold');
    expect(chip.soc.get('CPTRA_OWNER_PK_HASH_LOCK')).toBe(0);
  });

  test.each([
    ['rtl', 0x1234_0112],
    ['emulator', 0x0112],
  ] as const)('the stepping id of the fuse in HW_REV_ID, as the %s shows it', (reference, expected) => {
    const chip = makeChip({ reference });
    write(chip, 'FUSE_SOC_STEPPING_ID', 0x1234);
    expect(chip.soc.get('CPTRA_HW_REV_ID')).toBe(expected);
  });
});

describe('AXI users', () => {
  test('the mailbox takes no user until one is locked in', () => {
    const chip = makeChip();
    write(chip, 'CPTRA_MBOX_VALID_AXI_USER', 5, 2);
    expect(chip.soc.validMailboxUser(5)).toBe(false);
    write(chip, 'CPTRA_MBOX_AXI_USER_LOCK', 1, 2);
    write(chip, 'CPTRA_MBOX_VALID_AXI_USER', 6, 2);
    expect([5, 6, 0xffff_ffff].map((user) => chip.soc.validMailboxUser(user))).toEqual([true, false, true]);
    chip.reset('warm');
    expect(chip.soc.validMailboxUser(5)).toBe(false);
    expect(chip.soc.get('CPTRA_MBOX_VALID_AXI_USER', 2)).toBe(0xffff_ffff);
  });

  test('a user that the mailbox does not know reads 0 and takes nothing', () => {
    const chip = makeChip();
    expect(chip.socBus.read(0x3002_0000, 1)).toBe(0);
    expect(chip.mailbox.owner).toBe('none');
    allowUsers(chip);
    expect([chip.socBus.read(0x3002_0000, 1), chip.mailbox.owner]).toEqual([0, 'soc']);
  });

  test('the fuse user, once locked in, is the only one to see fuses and straps', () => {
    const chip = makeChip();
    write(chip, 'FUSE_PQC_KEY_TYPE', 1, 0, 9);
    write(chip, 'CPTRA_FUSE_VALID_AXI_USER', 7);
    write(chip, 'CPTRA_FUSE_AXI_USER_LOCK', 1);
    write(chip, 'FUSE_PQC_KEY_TYPE', 3, 0, 9);
    expect([read(chip, 'FUSE_PQC_KEY_TYPE', 0, 9), read(chip, 'FUSE_PQC_KEY_TYPE', 0, 7)]).toEqual([0, 1]);
    chip.reset('warm');
    expect([chip.soc.validFuseUser(9), chip.soc.validFuseUser(7)]).toEqual([false, true]);
    expect(read(chip, 'CPTRA_HW_REV_ID', 0, 9)).toBe(0x0112);
  });
});

describe('TRNG registers', () => {
  const dry = () => {
    const { entropy: _, ...options } = makeChip().options;
    return makeChip({ ...options, entropy: undefined } as unknown as Partial<ChipOptions>);
  };

  test('data_req, data, data_wr_done, and back', () => {
    const chip = dry();
    const events = eventsOf(chip);
    chip.trng.request();
    expect([read(chip, 'CPTRA_TRNG_STATUS'), chip.trng.ready]).toEqual([1, false]);
    for (let i = 0; i < 12; i++) write(chip, 'CPTRA_TRNG_DATA', 0x0101_0101 * i, i);
    write(chip, 'CPTRA_TRNG_STATUS', 2);
    expect([chip.soc.get('CPTRA_TRNG_STATUS'), chip.trng.ready]).toEqual([3, true]);
    expect(chip.trng.take()).toEqual(Uint8Array.from({ length: 48 }, (_, i) => i >>> 2));
    expect([chip.soc.get('CPTRA_TRNG_STATUS'), chip.trng.responses]).toEqual([0, 1]);
    expect(events.filter(({ kind }) => kind === 'trng')).toHaveLength(2);
  });

  test('each side only writes its own bit; done needs a request', () => {
    const chip = dry();
    write(chip, 'CPTRA_TRNG_STATUS', 3);
    expect(chip.soc.get('CPTRA_TRNG_STATUS')).toBe(0);
    chip.soc.set('CPTRA_TRNG_STATUS', 3);
    expect(chip.soc.get('CPTRA_TRNG_STATUS')).toBe(1);
    chip.soc.set('CPTRA_TRNG_DATA', 5);
    expect(chip.soc.get('CPTRA_TRNG_DATA')).toBe(0);
  });

  test('a locked-in TRNG user is the only one to answer; CTRL.clear wipes the data', () => {
    const chip = dry();
    write(chip, 'CPTRA_TRNG_VALID_AXI_USER', 4);
    write(chip, 'CPTRA_TRNG_AXI_USER_LOCK', 1);
    write(chip, 'CPTRA_TRNG_VALID_AXI_USER', 1);
    chip.trng.request();
    write(chip, 'CPTRA_TRNG_DATA', 5, 0, 1);
    write(chip, 'CPTRA_TRNG_STATUS', 2, 0, 1);
    expect([chip.soc.get('CPTRA_TRNG_DATA'), chip.trng.ready]).toEqual([0, false]);
    write(chip, 'CPTRA_TRNG_DATA', 5, 0, 4);
    write(chip, 'CPTRA_TRNG_STATUS', 2, 0, 4);
    expect([chip.soc.get('CPTRA_TRNG_DATA'), chip.trng.ready]).toEqual([5, true]);
    chip.soc.set('CPTRA_TRNG_CTRL', 1);
    expect(chip.soc.get('CPTRA_TRNG_DATA')).toBe(0);
  });
});

describe('boot FSM', () => {
  const flow = (chip: Chip) => chip.soc.field('CPTRA_FLOW_STATUS', 'boot_fsm_ps');

  test('FUSE until FUSE_WR_DONE, then DONE', () => {
    const chip = makeChip();
    const events = eventsOf(chip);
    expect([chip.soc.bootState, flow(chip), chip.soc.coreRunning]).toEqual(['fuse', 1, false]);
    expect(chip.soc.field('CPTRA_FLOW_STATUS', 'ready_for_fuses')).toBe(1);
    fusesDone(chip);
    expect([chip.soc.bootState, flow(chip), chip.soc.coreRunning]).toEqual(['done', 4, true]);
    expect(chip.soc.field('CPTRA_FLOW_STATUS', 'ready_for_fuses')).toBe(0);
    expect(events).toEqual([
      { kind: 'boot-fsm', state: 'done' },
      { kind: 'fuses', state: 'done' },
    ]);
  });

  test('after a warm reset FUSE_WR_DONE still reads 1 and must be written again', () => {
    const chip = makeChip();
    fusesDone(chip);
    chip.reset('warm');
    expect([chip.soc.bootState, chip.soc.get('CPTRA_FUSE_WR_DONE')]).toEqual(['fuse', 1]);
    fusesDone(chip);
    expect(chip.soc.bootState).toBe('done');
  });

  test.each([
    ['production, locked', { lifecycle: 3, debugLocked: true }, 'done'],
    ['production, unlocked', { lifecycle: 3, debugLocked: false }, 'wait'],
    ['manufacturing', { lifecycle: 1, debugLocked: true }, 'wait'],
    ['debug intent', { lifecycle: 3, debugLocked: true, debugIntent: true, hwConfig: SUBSYSTEM }, 'wait'],
  ] as const)('a breakpoint in %s', (_name, options, expected) => {
    const chip = makeChip({ ...options, bootFsmBreak: true });
    fusesDone(chip);
    expect(chip.soc.bootState).toBe(expected);
    write(chip, 'CPTRA_BOOTFSM_GO', 1);
    expect(chip.soc.bootState).toBe('done');
  });

  test('GO before the fuses are done goes straight through', () => {
    const chip = makeChip({ debugLocked: false, bootFsmBreak: true });
    write(chip, 'CPTRA_BOOTFSM_GO', 1);
    chip.soc.set('CPTRA_BOOTFSM_GO', 0);
    fusesDone(chip);
    expect(chip.soc.bootState).toBe('done');
  });

  test('firmware resets itself: reason, ICCM lock, state', () => {
    const chip = makeChip();
    const events = eventsOf(chip);
    chip.soc.set('INTERNAL_FW_UPDATE_RESET', 1);
    expect(chip.soc.resetReason).toBe('cold');
    fusesDone(chip);
    chip.soc.set('INTERNAL_ICCM_LOCK', 1);
    chip.soc.set('INTERNAL_FW_UPDATE_RESET', 1);
    expect([chip.soc.resetReason, chip.soc.get('INTERNAL_ICCM_LOCK'), chip.soc.bootState]).toEqual([
      'update',
      0,
      'done',
    ]);
    expect(events.at(-1)).toEqual({ kind: 'reset', reset: 'update' });
    chip.reset('warm');
    expect(chip.soc.get('CPTRA_RESET_REASON')).toBe(2);
    fusesDone(chip);
    chip.soc.set('INTERNAL_FW_UPDATE_RESET', 1);
    expect(chip.soc.get('CPTRA_RESET_REASON')).toBe(1);
    chip.reset('cold');
    expect(chip.soc.resetReason).toBe('cold');
  });

  test.each([
    ['emulator', 0x3000_0000],
    ['rtl', 0x3800_0000],
  ] as const)('a firmware write to FLOW_STATUS, as the %s shows it', (reference, expected) => {
    const chip = makeChip({ reference });
    fusesDone(chip);
    chip.soc.set('CPTRA_FLOW_STATUS', 0x7000_0000);
    write(chip, 'CPTRA_FLOW_STATUS', 0);
    expect(read(chip, 'CPTRA_FLOW_STATUS')).toBe(expected);
  });
});

describe('errors', () => {
  test('firmware errors drive the wires unless masked', () => {
    const chip = makeChip();
    chip.soc.set('INTERNAL_FW_ERROR_FATAL_MASK', 1);
    chip.soc.set('CPTRA_FW_ERROR_FATAL', 1);
    expect(chip.soc.errorFatal).toBe(false);
    chip.soc.set('CPTRA_FW_ERROR_FATAL', 3);
    expect(chip.soc.errorFatal).toBe(true);
    chip.soc.set('CPTRA_FW_ERROR_FATAL', 0);
    expect(chip.soc.errorFatal).toBe(true);
    chip.reset('warm');
    expect([chip.soc.errorFatal, chip.soc.get('CPTRA_FW_ERROR_FATAL')]).toEqual([false, 0]);
  });

  test('a non-fatal error goes when it is cleared or masked', () => {
    const chip = makeChip();
    for (const away of [
      () => chip.soc.set('CPTRA_FW_ERROR_NON_FATAL', 0),
      () => chip.soc.set('INTERNAL_FW_ERROR_NON_FATAL_MASK', 0xffff_ffff),
    ]) {
      chip.soc.set('CPTRA_FW_ERROR_NON_FATAL', 0x0102_0004);
      expect(chip.soc.errorNonFatal).toBe(true);
      away();
      expect(chip.soc.errorNonFatal).toBe(false);
    }
  });

  test('hardware errors are cleared by writing 1, from either side', () => {
    const chip = makeChip();
    chip.soc.mailboxViolation('ooo');
    chip.soc.mailboxViolation('no_lock');
    expect([chip.soc.get('CPTRA_HW_ERROR_NON_FATAL'), chip.soc.errorNonFatal]).toEqual([3, true]);
    write(chip, 'CPTRA_HW_ERROR_NON_FATAL', 2);
    chip.soc.set('CPTRA_HW_ERROR_NON_FATAL', 1);
    expect([chip.soc.get('CPTRA_HW_ERROR_NON_FATAL'), chip.soc.errorNonFatal]).toEqual([0, false]);
    expect(chip.soc.get('INTR_BLOCK_RF_ERROR_CMD_FAIL_INTR_COUNT_R')).toBe(2);
  });

  test('error registers survive a warm reset', () => {
    const chip = makeChip();
    chip.soc.set('CPTRA_FW_ERROR_FATAL', 5);
    chip.soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', 6, 7);
    chip.reset('warm');
    expect([chip.soc.get('CPTRA_FW_ERROR_FATAL'), chip.soc.get('CPTRA_FW_EXTENDED_ERROR_INFO', 7)]).toEqual([5, 6]);
  });

  test('ICCM region registers take two equal writes; a mismatch is a non-fatal error', () => {
    const chip = makeChip();
    chip.soc.set('INTERNAL_ICCM_RT_END_ADDR', 0x100);
    expect(chip.soc.get('INTERNAL_ICCM_RT_END_ADDR')).toBe(0);
    chip.soc.set('INTERNAL_ICCM_RT_END_ADDR', 0x200);
    expect(chip.soc.get('INTERNAL_ICCM_RT_END_ADDR')).toBe(0); // the read had cleared the first phase
    for (let i = 0; i < 2; i++) chip.soc.set('INTERNAL_ICCM_RT_END_ADDR', 0x200);
    expect(chip.soc.get('INTERNAL_ICCM_RT_END_ADDR')).toBe(0x200);
    chip.soc.set('INTERNAL_ICCM_FMC_START_ADDR', 1);
    chip.soc.set('INTERNAL_ICCM_FMC_START_ADDR', 2);
    expect(chip.soc.get('CPTRA_HW_ERROR_NON_FATAL')).toBe(8);
    chip.soc.set('INTERNAL_ICCM_REGION_LOCK', 1);
    for (let i = 0; i < 2; i++) chip.soc.set('INTERNAL_ICCM_RT_END_ADDR', 0x300);
    expect(chip.soc.get('INTERNAL_ICCM_RT_END_ADDR')).toBe(0x200);
  });
});

describe('time', () => {
  const WDT1 = 0x40;
  const WDT2 = 0x80;
  const watch = (chip: Chip, period1: number, period2: number, both = false) => {
    const set = (name: Name, value: number, index: number) => chip.soc.set(name, value, index);
    set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', period1, 0);
    set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 0, 1);
    set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', period2, 0);
    set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', 0, 1);
    set('CPTRA_WDT_TIMER2_EN', Number(both), 0);
    set('CPTRA_WDT_TIMER1_EN', 1, 0);
  };
  const errors = (chip: Chip) => chip.soc.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R');

  test('cascade: timer 1, then timer 2, then NMI', () => {
    const chip = makeChip();
    const events = eventsOf(chip);
    watch(chip, 100, 50);
    chip.advance(99);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(0);
    chip.advance(1);
    expect([chip.soc.get('CPTRA_WDT_STATUS'), errors(chip)]).toEqual([1, WDT1]);
    chip.advance(49);
    expect(chip.soc.get('CPTRA_HW_ERROR_FATAL')).toBe(0);
    chip.advance(1);
    expect([chip.soc.get('CPTRA_WDT_STATUS'), chip.soc.get('CPTRA_HW_ERROR_FATAL'), chip.soc.errorFatal]).toEqual([
      3,
      4,
      true,
    ]);
    expect(events.filter(({ kind }) => kind === 'watchdog')).toEqual([
      { kind: 'watchdog', timer: 1 },
      { kind: 'watchdog', timer: 2 },
    ]);
  });

  test('both expiries within one step', () => {
    const chip = makeChip();
    watch(chip, 100, 50);
    chip.advance(1_000_000);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(3);
  });

  test('servicing timer 1 in time starts both anew', () => {
    const chip = makeChip();
    watch(chip, 100, 50);
    chip.advance(140);
    chip.soc.set('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R', WDT1);
    expect([chip.soc.get('CPTRA_WDT_STATUS'), errors(chip)]).toEqual([0, 0]);
    chip.advance(149);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(1);
    chip.advance(1);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(3);
  });

  test('restart, and independent timers', () => {
    const chip = makeChip();
    watch(chip, 100, 50, true);
    chip.advance(40);
    chip.soc.set('CPTRA_WDT_TIMER1_CTRL', 1);
    chip.advance(20);
    expect([chip.soc.get('CPTRA_WDT_STATUS'), errors(chip)]).toEqual([2, WDT2]);
    chip.advance(79);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(2);
    chip.advance(1);
    expect([chip.soc.get('CPTRA_WDT_STATUS'), chip.soc.get('CPTRA_HW_ERROR_FATAL')]).toEqual([3, 0]);
    chip.soc.set('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R', WDT2);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(1);
    chip.advance(40);
    chip.soc.set('CPTRA_WDT_TIMER2_CTRL', 1);
    chip.advance(49);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(1);
    chip.advance(1);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(3);
  });

  test('a restart is a pulse; the emulator keeps it until the next write', () => {
    for (const [reference, seen] of [
      ['rtl', 0],
      ['emulator', 1],
    ] as const) {
      const chip = makeChip({ reference });
      chip.soc.set('CPTRA_WDT_TIMER1_CTRL', 1);
      expect(chip.soc.get('CPTRA_WDT_TIMER1_CTRL')).toBe(seen);
    }
  });

  test('a disabled timer does not count; a warm reset starts over', () => {
    const chip = makeChip();
    watch(chip, 100, 50);
    chip.advance(60);
    chip.soc.set('CPTRA_WDT_TIMER1_EN', 0);
    chip.advance(1000);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(0);
    chip.soc.set('CPTRA_WDT_TIMER1_EN', 1);
    chip.advance(40);
    expect(chip.soc.get('CPTRA_WDT_STATUS')).toBe(1);
    chip.reset('warm');
    expect([chip.soc.get('CPTRA_WDT_STATUS'), chip.soc.get('CPTRA_WDT_TIMER1_EN')]).toEqual([0, 0]);
  });

  test('many small steps are one large step', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(60), { maxLength: 12 }),
        fc.nat(200),
        fc.nat(200),
        fc.boolean(),
        (steps, p1, p2, both) => {
          const [one, many] = [makeChip(), makeChip()];
          for (const chip of [one, many]) watch(chip, p1, p2, both);
          for (const cycles of steps) many.advance(cycles);
          one.advance(steps.reduce((sum, cycles) => sum + cycles, 0));
          expect(many.soc.save()).toEqual(one.soc.save());
        },
      ),
      { numRuns: 50 },
    );
  });

  test('mtime counts, carries and compares', () => {
    const chip = makeChip();
    chip.soc.set('INTERNAL_RV_MTIME_L', 0xffff_fff0);
    chip.soc.set('INTERNAL_RV_MTIMECMP_H', 1);
    expect(chip.soc.timerInterrupt).toBe(false);
    chip.advance(0x20);
    expect([chip.soc.get('INTERNAL_RV_MTIME_L'), chip.soc.get('INTERNAL_RV_MTIME_H')]).toEqual([0x10, 1]);
    expect([chip.soc.timerInterrupt, chip.cycles]).toEqual([true, 0x20]);
    chip.reset('warm');
    expect(chip.soc.get('INTERNAL_RV_MTIME_L')).toBe(0x10);
    expect(() => chip.advance(-1)).toThrow(RangeError);
    expect(() => chip.advance(0.5)).toThrow(RangeError);
  });
});

describe('capabilities, wires, configuration', () => {
  test('capabilities are the firmware to write until locked', () => {
    const chip = makeChip();
    write(chip, 'CPTRA_FW_CAPABILITIES', 1);
    chip.soc.set('CPTRA_FW_CAPABILITIES', 2);
    chip.soc.set('CPTRA_CAP_LOCK', 1);
    chip.soc.set('CPTRA_FW_CAPABILITIES', 3);
    chip.soc.set('CPTRA_CAP_LOCK', 0);
    expect([read(chip, 'CPTRA_FW_CAPABILITIES'), read(chip, 'CPTRA_CAP_LOCK')]).toEqual([2, 1]);
    chip.reset('warm');
    expect(chip.soc.get('CPTRA_CAP_LOCK')).toBe(0);
  });

  test('generic wires', () => {
    const chip = makeChip();
    const events = eventsOf(chip);
    chip.soc.setInputWires(1, 0x8000_0000);
    chip.soc.setInputWires(1, 0x8000_0000);
    chip.soc.set('CPTRA_GENERIC_OUTPUT_WIRES', 0xff);
    expect([chip.soc.get('CPTRA_GENERIC_INPUT_WIRES', 1), read(chip, 'CPTRA_GENERIC_OUTPUT_WIRES')]).toEqual([
      0x8000_0000, 0xff,
    ]);
    expect(chip.soc.get('INTR_BLOCK_RF_NOTIF_GEN_IN_TOGGLE_INTR_COUNT_R')).toBe(1);
    expect(events).toEqual([
      { kind: 'wires', direction: 'input', index: 1, value: 0x8000_0000 },
      { kind: 'wires', direction: 'output', index: 0, value: 0xff },
    ]);
  });

  test.each([
    [HW_CONFIG, 'emulator', 0],
    [{ ...HW_CONFIG, itrng: true }, 'emulator', 1],
    [{ ...HW_CONFIG, fuseGranularity32: true }, 'emulator', 2],
    [{ ...HW_CONFIG, ocpLock: true }, 'emulator', 0],
    [{ ...SUBSYSTEM, ocpLock: false }, 'emulator', 0x20],
    [SUBSYSTEM, 'emulator', 0x60],
    [HW_CONFIG, 'rtl', 0x10],
    [{ ...HW_CONFIG, lmsAccelerator: true }, 'emulator', 0x10],
  ] as const)('HW_CONFIG of %p as %s', (hwConfig, reference, expected) => {
    expect(makeChip({ hwConfig, reference }).soc.get('CPTRA_HW_CONFIG')).toBe(expected);
  });

  test('OCP LOCK in progress: firmware only, where supported, until a cold reset', () => {
    const passive = makeChip();
    passive.soc.set('SS_OCP_LOCK_CTRL', 1);
    expect(passive.soc.get('SS_OCP_LOCK_CTRL')).toBe(0);
    const chip = makeChip({ hwConfig: SUBSYSTEM });
    write(chip, 'SS_OCP_LOCK_CTRL', 1);
    expect(chip.soc.get('SS_OCP_LOCK_CTRL')).toBe(0);
    chip.soc.set('SS_OCP_LOCK_CTRL', 1);
    chip.soc.set('SS_OCP_LOCK_CTRL', 0);
    chip.reset('warm');
    expect(chip.soc.get('SS_OCP_LOCK_CTRL')).toBe(1);
  });

  test('firmware execution control is an event', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM });
    const events = eventsOf(chip);
    chip.soc.set('SS_GENERIC_FW_EXEC_CTRL', 4);
    write(chip, 'SS_GENERIC_FW_EXEC_CTRL', 0);
    expect(events).toEqual([{ kind: 'firmware-execution', index: 0, value: 4 }]);
  });
});

describe('debug services', () => {
  const request = 'SS_DBG_SERVICE_REG_REQ';
  const response = 'SS_DBG_SERVICE_REG_RSP';

  test.each([
    [{ lifecycle: 1, debugIntent: true }, 1, 0x3c7],
    [{ lifecycle: 3, debugIntent: true }, 2, 0x3f8],
    [{ lifecycle: 3, debugIntent: false }, 0, 0x3c0],
    [{ lifecycle: 0, debugIntent: true }, 0, 0x3c0],
  ] as const)('what %p lets SoC request and firmware answer', (options, requested, answered) => {
    const chip = makeChip({ ...options, hwConfig: SUBSYSTEM });
    write(chip, request, 7);
    write(chip, response, 0x3ff);
    expect([chip.soc.get(request), chip.soc.get(response)]).toEqual([requested, 0]);
    chip.soc.set(response, 0xffff_ffff);
    expect(chip.soc.get(response)).toBe(answered);
  });

  test('success stays', () => {
    const chip = makeChip({ lifecycle: 1, debugIntent: true, hwConfig: SUBSYSTEM });
    chip.soc.set(response, 0x47);
    chip.soc.set(response, 0);
    expect(chip.soc.get(response)).toBe(1);
  });

  test('TAP requests anything, and has the mailbox while it is available', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, debugServiceRequest: 4 });
    expect(chip.soc.get(request)).toBe(4);
    chip.tap.write(socAddress(request), 7);
    expect(chip.soc.get(request)).toBe(7);
    expect([chip.tap.read(0x3002_0000), chip.mailbox.owner]).toEqual([1, 'none']);
    chip.soc.setField(response, 'tap_mailbox_available', 1);
    expect([chip.tap.read(0x3002_0000), chip.mailbox.owner]).toEqual([0, 'tap']);
  });

  test('TAP writes straps only when debug is unlocked or in manufacturing', () => {
    const address = socAddress('SS_STRAP_GENERIC', 3);
    const locked = makeChip({ hwConfig: SUBSYSTEM });
    locked.tap.write(address, 5);
    expect(locked.tap.read(address)).toBe(0);
    const open = makeChip({ hwConfig: SUBSYSTEM, lifecycle: 1 });
    fusesDone(open);
    open.tap.write(address, 5);
    open.tap.write(socAddress('SS_UDS_SEED_BASE_ADDR_L'), 5);
    expect(open.tap.read(address)).toBe(5);
    expect(open.tap.read(socAddress('SS_UDS_SEED_BASE_ADDR_L'))).not.toBe(5);
  });

  test('TAP lets the core go, and unlocks where debug is open', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, lifecycle: 1, bootFsmBreak: true });
    fusesDone(chip);
    expect(chip.soc.bootState).toBe('wait');
    chip.tap.write(socAddress('CPTRA_BOOTFSM_GO'), 1);
    expect(chip.soc.bootState).toBe('done');
    chip.setSecurityState({ debugLocked: false });
    chip.tap.write(socAddress('SS_SOC_DBG_UNLOCK_LEVEL'), 1);
    expect(chip.soc.debugLocked).toBe(false);
  });

  test('unlock levels need debug intent', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM });
    chip.soc.set('SS_SOC_DBG_UNLOCK_LEVEL', 2);
    expect(chip.soc.get('SS_SOC_DBG_UNLOCK_LEVEL')).toBe(0);
  });
});

describe('security state', () => {
  test('is latched when reset ends', () => {
    const chip = makeChip();
    chip.setSecurityState({ debugLocked: false, lifecycle: 1 });
    expect(chip.soc.get('CPTRA_SECURITY_STATE')).toBe(7);
    chip.reset('update');
    expect(chip.soc.get('CPTRA_SECURITY_STATE')).toBe(7);
    chip.reset('warm');
    expect([chip.soc.get('CPTRA_SECURITY_STATE'), chip.soc.lifecycle, chip.soc.debugLocked]).toEqual([1, 1, false]);
  });

  test.each([
    ['emulator', { lifecycle: 3, debugLocked: true }, false],
    ['emulator', { lifecycle: 0, debugLocked: true }, false],
    ['emulator', { lifecycle: 3, debugLocked: false }, true],
    ['rtl', { lifecycle: 0, debugLocked: true }, true],
    ['rtl', { lifecycle: 3, debugLocked: true }, false],
  ] as const)('%s: secrets of %p hidden: %p', (reference, options, hidden) => {
    const chip = makeChip({ ...options, reference });
    expect(chip.soc.secretsHidden).toBe(hidden);
    expect(chip.soc.hekSeed()).toEqual(new Uint8Array(32).fill(hidden ? 0xff : 0));
    expect(chip.soc.obfuscationKey()).toEqual(hidden ? new Uint8Array(32).fill(0xff) : counted(32));
  });

  test('after a granted unlock the core follows the pins, and everything secret goes', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, debugIntent: true });
    write(chip, 'FUSE_UDS_SEED', 5);
    chip.keyVault.write(3, new Uint8Array(64).fill(9), 1);
    chip.setSecurityState({ debugLocked: false });
    expect(chip.soc.debugLocked).toBe(true);
    chip.soc.set('SS_SOC_DBG_UNLOCK_LEVEL', 1);
    expect(chip.soc.debugLocked).toBe(false);
    expect(chip.keyVault.inspect(3)).toEqual(new Uint8Array(64).fill(0xaa));
    expect(chip.soc.save().obfuscationKey).toEqual(new Uint8Array(32));
    expect(chip.soc.get('INTR_BLOCK_RF_NOTIF_DEBUG_LOCKED_INTR_COUNT_R')).toBe(1);
  });

  test('the emulator only shows the new state', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, debugIntent: true, debugTransition: 'emulator' });
    chip.keyVault.write(3, new Uint8Array(64).fill(9), 1);
    chip.setSecurityState({ debugLocked: false });
    chip.soc.set('SS_SOC_DBG_UNLOCK_LEVEL', 1);
    expect([chip.soc.debugLocked, chip.keyVault.inspect(3)[0]]).toEqual([false, 9]);
  });

  test('scan mode is seen at once', () => {
    const chip = makeChip();
    chip.keyVault.write(3, new Uint8Array(64).fill(9), 1);
    chip.setSecurityState({ scanMode: true });
    expect([chip.soc.get('CPTRA_SECURITY_STATE'), chip.keyVault.inspect(3)[0]]).toEqual([15, 0xaa]);
  });

  test('a fatal error wipes keys in the RTL', () => {
    for (const [reference, expected] of [
      ['emulator', 9],
      ['rtl', 0xaa],
    ] as const) {
      const chip = makeChip({ reference });
      chip.keyVault.write(3, new Uint8Array(64).fill(9), 1);
      chip.soc.set('CPTRA_FW_ERROR_FATAL', 1);
      expect(chip.keyVault.inspect(3)[0]).toBe(expected);
    }
  });
});

describe('any writes from either side', () => {
  test('never change what only hardware sets, nor a locked fuse', () => {
    const offsets = fc.constantFrom(...NAMES.filter((name) => !name.startsWith('INTERNAL_FW_UPDATE')));
    const writes = fc.array(fc.tuple(offsets, fc.integer({ min: 0, max: 0xffff_ffff }), fc.boolean()));
    fc.assert(
      fc.property(writes, (steps) => {
        const chip = makeChip();
        write(chip, 'FUSE_PQC_KEY_TYPE', 3);
        fusesDone(chip);
        for (const [name, value, fromSoc] of steps)
          chip.soc.writeRegister(SOC_IFC_REG.registers[name].offset, value, fromSoc ? soc(1) : UC_ACCESS);
        expect(
          [
            'CPTRA_RESET_REASON',
            'CPTRA_SECURITY_STATE',
            'CPTRA_HW_CONFIG',
            'FUSE_PQC_KEY_TYPE',
            'CPTRA_FUSE_WR_DONE',
          ].map((name) => chip.soc.get(name as Name)),
        ).toEqual([0, 7, 0, 3, 1]);
        const copy = makeChip();
        copy.soc.restore(chip.soc.save());
        expect(copy.soc.save()).toEqual(chip.soc.save());
      }),
      { numRuns: 60 },
    );
  });
});
