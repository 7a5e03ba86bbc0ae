import { describe, expect, test } from '@jest/globals';
import { portableProvider } from '@rootcap/crypto';
import { AxiBus, AxiMemory, BusFault, DEFAULT_STRAPS, MCU_SRAM_OFFSET } from '@rootcap/hardware';
import { fusesDone, makeChip, SUBSYSTEM, socAddress } from './chips.ts';
import { counted, hex } from './engines.ts';

const subsystem = () => makeChip({ hwConfig: SUBSYSTEM });
const { mciBase, otpBase, recoveryBase } = DEFAULT_STRAPS;
const MCU_SRAM = mciBase + MCU_SRAM_OFFSET;

describe('AXI bus', () => {
  test('devices where they are attached, faults elsewhere', () => {
    const bus = new AxiBus();
    const detach = bus.attach(0x10_0000_0000n, 0x100, new AxiMemory(0x100));
    bus.write(0x10_0000_0010, counted(4));
    expect(bus.read(0x10_0000_0010n, 4)).toEqual(counted(4));
    for (const address of [0, 0x0f_ffff_ffff, 0x10_0000_00fd, 0x10_0000_0100])
      expect(() => bus.read(address, 4)).toThrow(BusFault);
    expect(() => bus.write(0, counted(1))).toThrow('StoreAccessFault');
    detach();
    expect(() => bus.read(0x10_0000_0010, 4)).toThrow('LoadAccessFault at 0x1000000010');
  });

  test('overlaps and addresses that are none are programming mistakes', () => {
    const bus = new AxiBus();
    bus.attach(0x1000, 0x100, new AxiMemory(0x100));
    expect(() => bus.attach(0x10ff, 1, new AxiMemory(1))).toThrow(RangeError);
    expect(() => bus.read(-1, 4)).toThrow(RangeError);
    expect(() => bus.read(2n ** 64n, 4)).toThrow(RangeError);
    expect(() => bus.read(2 ** 53, 4)).toThrow(RangeError);
  });

  test('addresses have 64 bits', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, straps: { mciBase: 0xed5b_4508_0000_0000n } });
    const sram = 0xed5b_4508_0000_0000n + BigInt(MCU_SRAM_OFFSET);
    chip.dma.write(sram + 1n, counted(3));
    expect(chip.mci.mcuSram.bytes.slice(0, 4)).toEqual(Uint8Array.of(0, 0, 1, 2));
    expect([chip.soc.get('SS_MCI_BASE_ADDR_L'), chip.soc.get('SS_MCI_BASE_ADDR_H')]).toEqual([0, 0xed5b_4508]);
    expect(() => chip.dma.read(0xffff_ffff_ffff_ffffn, 4)).toThrow('LoadAccessFault at 0xffffffffffffffff');
  });

  test('the staging area is kept in saved states up to its last byte in use', () => {
    const chip = subsystem();
    chip.dma.write(DEFAULT_STRAPS.stagingBase + 4, counted(4, 1));
    const state = chip.save();
    expect(state.stagingArea).toEqual({ used: 8, data: Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 4) });
    chip.reset('cold');
    expect(chip.dma.readWord(DEFAULT_STRAPS.stagingBase + 4)).toBe(0);
    chip.restore(state);
    expect(chip.dma.readWord(DEFAULT_STRAPS.stagingBase + 4)).toBe(0x0403_0201);
    expect(() => chip.restore({ ...state, stagingArea: { used: 9, data: new Uint8Array(8) } })).toThrow(TypeError);
  });

  test('a passive chip has nothing on it', () => {
    expect(() => makeChip().axi.read(mciBase, 4)).toThrow(BusFault);
    expect(() => makeChip().socBus.read(mciBase, 1)).toThrow(BusFault);
  });
});

describe('MCI', () => {
  test('MCU SRAM, from the DMA and from the SoC', () => {
    const chip = subsystem();
    chip.dma.write(MCU_SRAM + 8, counted(8));
    expect(chip.socBus.read(MCU_SRAM + 8, 1)).toBe(0x0302_0100);
    chip.socBus.write(MCU_SRAM + 8, 0xaabb_ccdd, 1);
    expect([chip.dma.readWord(MCU_SRAM + 8), chip.socBus.read(MCU_SRAM + 9, 1, 1)]).toEqual([0xaabb_ccdd, 0xcc]);
    chip.dma.copy(MCU_SRAM + 8, MCU_SRAM + 0x100, 8);
    expect(hex(chip.mci.mcuSram.bytes.subarray(0x100, 0x108))).toBe('ddccbbaa04050607');
  });

  test('debug unlock hashes are big-endian words in the bank and survive a cold reset', () => {
    const chip = subsystem();
    const hash = counted(48, 0x40);
    chip.mci.setDebugUnlockHash(3, hash);
    chip.dma.writeWord(mciBase + 0x30, 7);
    const address = mciBase + chip.soc.get('SS_PROD_DEBUG_UNLOCK_AUTH_PK_HASH_REG_BANK_OFFSET') + 48 * 2;
    expect(hex(chip.dma.read(address, 8))).toBe('4342414047464544');
    chip.reset('cold');
    expect([chip.mci.debugUnlockHash(3), chip.dma.readWord(mciBase + 0x30)]).toEqual([hash, 0]);
    expect(() => chip.mci.setDebugUnlockHash(9, hash)).toThrow(RangeError);
    expect(() => chip.mci.setDebugUnlockHash(1, counted(47))).toThrow(RangeError);
  });
});

describe('reset of the MCU', () => {
  const RESET_STATUS = mciBase + 0x3c;
  const NOTIF0 = mciBase + 0x1024;
  const MCU = 1 << 2;

  test('follows the execution bit that Caliptra sets and takes', () => {
    const chip = subsystem();
    expect(chip.dma.readWord(RESET_STATUS)).toBe(2);
    chip.soc.set('SS_GENERIC_FW_EXEC_CTRL', MCU);
    expect(chip.dma.readWord(RESET_STATUS)).toBe(0);
    chip.soc.set('SS_GENERIC_FW_EXEC_CTRL', MCU | 8);
    expect(chip.dma.readWord(RESET_STATUS)).toBe(0);
    chip.soc.set('SS_GENERIC_FW_EXEC_CTRL', 8);
    expect([chip.dma.readWord(RESET_STATUS), chip.dma.readWord(NOTIF0)]).toEqual([2, 0]);
  });

  test('an MCU of the test bench sees the request and clears it', () => {
    const chip = subsystem();
    chip.mci.followsResetRequests = false;
    chip.soc.set('SS_GENERIC_FW_EXEC_CTRL', MCU);
    chip.soc.set('SS_GENERIC_FW_EXEC_CTRL', 0);
    expect([chip.dma.readWord(RESET_STATUS), chip.dma.readWord(NOTIF0)]).toEqual([0, 2]);
    chip.socBus.write(NOTIF0, 2, 1);
    expect([chip.mci.mcuInReset, chip.dma.readWord(NOTIF0)]).toEqual([false, 0]);
    chip.socBus.write(mciBase + 0x1034, 2, 1);
    expect(chip.dma.readWord(NOTIF0)).toBe(2);
    // Benches of the emulator acknowledge with a 0.
    chip.socBus.write(NOTIF0, 0, 1);
    expect([chip.mci.mcuInReset, chip.dma.readWord(NOTIF0)]).toEqual([false, 0]);
    chip.socBus.write(mciBase + 0x100, 1, 1);
    expect([chip.mci.mcuInReset, chip.dma.readWord(mciBase + 0x100)]).toEqual([true, 0]);
  });
});

describe('SHA accelerator and DMA', () => {
  test('the DMA streams as a user of the SoC bus', () => {
    const chip = makeChip({ hwConfig: SUBSYSTEM, straps: { dmaAxiUser: 0x77 } });
    chip.shaAccelerator.unlock();
    const access = { side: 'soc', axiUser: 0x77 } as const;
    expect(chip.shaAccelerator.tryLock('soc', 0x77)).toBe(true);
    const digest = chip.shaAccelerator.digestStream('sha384', counted(7), access);
    expect(digest).toEqual(portableProvider.hashes.digest('sha384', counted(7)));
    expect(() => chip.shaAccelerator.digestStream('sha384', counted(7))).toThrow(TypeError);
    chip.shaAccelerator.unlock('soc', 0x77);
    expect(chip.shaAccelerator.owner).toBe('none');
  });
});

describe('recovery interface', () => {
  const R = {
    PROT_CAP: recoveryBase + 0x04,
    STATUS: recoveryBase + 0x30,
    CTRL: recoveryBase + 0x3c,
    RECOVERY_STATUS: recoveryBase + 0x40,
    FIFO_CTRL_0: recoveryBase + 0x48,
    SIZE: recoveryBase + 0x4c,
    FIFO_STATUS: recoveryBase + 0x50,
    FIFO: recoveryBase + 0x68,
  };

  test('says what it is', () => {
    const chip = subsystem();
    expect(new TextDecoder().decode(chip.dma.read(R.PROT_CAP, 8))).toBe('OCP RECV');
  });

  test('streams each image that RECOVERY_STATUS asks for', () => {
    const chip = subsystem();
    expect([chip.dma.payloadAvailable, chip.dma.readWord(R.FIFO)]).toEqual([false, 0xffff_ffff]);
    const images = [counted(12), counted(6, 0x80)];
    chip.recovery.stage(images);
    expect([chip.dma.payloadAvailable, chip.dma.readWord(R.SIZE)]).toEqual([true, 3]);
    expect(chip.dma.readRecoveryFifo(8)).toEqual(images[0]?.subarray(0, 8));
    expect(chip.dma.payloadAvailable).toBe(true);
    expect(chip.dma.readRecoveryFifo(4)).toEqual(images[0]?.subarray(8));
    expect([chip.dma.payloadAvailable, chip.dma.readWord(R.FIFO_STATUS) & 1]).toEqual([false, 1]);
    chip.dma.writeWord(R.FIFO_CTRL_0, 0x100);
    expect(chip.dma.payloadAvailable).toBe(true);
    chip.dma.writeWord(R.RECOVERY_STATUS, 0x11);
    expect([chip.dma.readWord(R.SIZE), hex(chip.dma.readRecoveryFifo(6))]).toEqual([2, hex(images[1] as Uint8Array)]);
    chip.dma.writeWord(R.RECOVERY_STATUS, 0x21);
    expect([chip.dma.payloadAvailable, (chip.dma.readWord(R.FIFO_STATUS) >>> 8) & 7]).toEqual([false, 7]);
  });

  test('a pending image is activated; the device takes the activation back', () => {
    const chip = subsystem();
    chip.recovery.stage([counted(4)]);
    chip.dma.writeWord(R.STATUS, 0x0012_0003);
    expect(chip.dma.imageActivated).toBe(false);
    chip.dma.writeWord(R.STATUS, 0x0012_0004);
    expect([chip.dma.imageActivated, chip.dma.readWord(R.CTRL)]).toEqual([true, 0x000f_0000]);
    chip.dma.writeWord(R.CTRL, 0x0001_0000);
    expect(chip.dma.imageActivated).toBe(false);
    chip.recovery.activatesPending = false;
    chip.dma.writeWord(R.STATUS, 4);
    expect(chip.dma.imageActivated).toBe(false);
    chip.recovery.activate();
    expect(chip.dma.imageActivated).toBe(true);
  });
});

describe('fuse controller', () => {
  const STATUS = otpBase + 0x10;
  const CMD = otpBase + 0x80;
  const [ADDRESS, WDATA0, WDATA1, RDATA0, RDATA1] = [4, 8, 12, 16, 20].map((offset) => CMD + offset) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const BANK = 0x800;
  const IDLE = 1 << 30;

  function program(chip: ReturnType<typeof subsystem>, at: number, words: readonly number[], command = 2): void {
    chip.dma.writeWord(WDATA0, words[0] ?? 0);
    chip.dma.writeWord(WDATA1, words[1] ?? 0);
    chip.dma.writeWord(ADDRESS, BANK + at);
    chip.dma.writeWord(CMD, command);
  }

  test('programs rows of 64 bits and reads them back', () => {
    const chip = subsystem();
    program(chip, 8, [0x0102_0304, 0x0506_0708]);
    expect(chip.dma.readWord(STATUS)).toBe(IDLE);
    expect([chip.dma.readWord(RDATA0), chip.dma.readWord(RDATA1)]).toEqual([0x0102_0304, 0x0506_0708]);
    expect(hex(chip.otp.udsSeed.subarray(8, 16))).toBe('0102030405060708');
  });

  test('programs rows of 32 bits', () => {
    const chip = makeChip({ hwConfig: { ...SUBSYSTEM, fuseGranularity32: true } });
    program(chip, 4, [0x0102_0304, 0xffff_ffff]);
    expect(hex(chip.otp.udsSeed.subarray(0, 12))).toBe('000000000102030400000000');
  });

  test('bits only go up; zeroizing sets them all, markers and digests always 64 bits', () => {
    const chip = makeChip({ hwConfig: { ...SUBSYSTEM, fuseGranularity32: true } });
    program(chip, 0, [0xf0]);
    program(chip, 0, [0x0f]);
    expect(chip.otp.udsSeed[3]).toBe(0xff);
    program(chip, 72, [], 8);
    expect([chip.dma.readWord(RDATA0), chip.dma.readWord(RDATA1)]).toEqual([0xffff_ffff, 0xffff_ffff]);
    chip.reset('cold');
    expect(hex(chip.otp.bank.subarray(72, 80))).toBe('ffffffffffffffff');
  });

  test('a digest closes a partition', () => {
    const chip = subsystem();
    program(chip, 0, [1, 2]);
    program(chip, 0, [], 4);
    const digest = portableProvider.hashes.digest('sha512', chip.otp.udsSeed);
    expect(chip.otp.bank.slice(64, 72)).toEqual(digest.subarray(0, 8));
    program(chip, 104, [5, 6]);
    program(chip, 104, [], 4);
    expect(chip.dma.readWord(STATUS)).toBe(IDLE);
    expect(chip.otp.bank.slice(112, 120)).not.toEqual(new Uint8Array(8));
  });

  test.each([
    ['an address outside the bank', 176, 2],
    ['a digest in the middle of a partition', 8, 4],
    ['an unknown command', 0, 3],
  ])('%s is an error until the next good command', (_name, at, command) => {
    const chip = subsystem();
    program(chip, at, [1, 1], command);
    expect(chip.dma.readWord(STATUS)).toBe(IDLE | 0x80);
    program(chip, 0, [1, 1]);
    expect(chip.dma.readWord(STATUS)).toBe(IDLE);
  });
});

describe('SHA accelerator on the SoC bus', () => {
  test('is there for the DMA user of a subsystem only', () => {
    const LOCK = 0x3002_1000;
    const chip = makeChip({ hwConfig: SUBSYSTEM, straps: { dmaAxiUser: 0x77 } });
    fusesDone(chip);
    chip.shaAccelerator.unlock();
    expect(() => chip.socBus.read(LOCK, 1)).toThrow(BusFault);
    expect([chip.socBus.read(LOCK, 0x77), chip.shaAccelerator.owner]).toEqual([0, 'soc']);
    expect(() => makeChip().socBus.read(LOCK, 0)).toThrow(BusFault);
    expect(chip.socBus.read(socAddress('SS_CALIPTRA_DMA_AXI_USER'), 1)).toBe(0x77);
  });
});
