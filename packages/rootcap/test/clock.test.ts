import { describe, expect, test } from '@jest/globals';
import { errorName, RotError } from '@rootcap/errors';
import { BOOT_STATUS, MailboxReqHeader, type RuntimeCommand } from '@rootcap/firmware';
import { createDevice, type Device, demoBundle } from 'rootcap';

/** Cycles up to and including the one after which a boot status shows, with debug unlocked. */
function timeOf(device: Device, status: number): number {
  device.clock.step({ cycles: 10 ** 9, until: () => device.chip.soc.get('CPTRA_BOOT_STATUS') === status });
  return device.clock.now;
}

function upload(device: Device): void {
  const { provider } = device.options;
  device.chip.mailbox.send({ axiUser: 1, command: 0x4657_4c44, data: demoBundle(provider) });
}

/** A device with its fuses burnt. */
function started(options: Parameters<typeof createDevice>[0] = {}): Device {
  const device = createDevice({ watchdogCycles: 20_000_000, ...options });
  device.burnFuses();
  return device;
}

const isAwaiting = (device: Device) => (): boolean => device.state === 'awaiting-firmware';

describe('the clock of a device', () => {
  test('stands still unless it is stepped', () => {
    const device = createDevice().boot();
    expect(device.clock.now).toBe(0);
    expect(device.clock.step({ cycles: 1000 })).toEqual({ ran: 1000, reason: 'idle' });
    expect(device.clock.now).toBe(1000);
  });

  test('a boot takes the time that it takes on the emulator of the real firmware', () => {
    const device = started({ debugLocked: false });
    // From the recording of a boot, relative to its first boot status; the host needs no time here.
    const first = timeOf(device, BOOT_STATUS.CfiInitialized);
    expect(timeOf(device, BOOT_STATUS.KatStarted) - first).toBe(182_803 - 164_577);
    expect(timeOf(device, BOOT_STATUS.IDevIdSubjKeyIdGenerationComplete) - first).toBe(2_651_536 - 164_577);
    const idevid = timeOf(device, BOOT_STATUS.IDevIdDerivationComplete);
    expect(timeOf(device, BOOT_STATUS.LDevIdDerivationComplete) - idevid).toBe(3_285_769 - 2_906_782);
    upload(device);
    const download = timeOf(device, BOOT_STATUS.FwProcessorDownloadImageComplete);
    expect(timeOf(device, BOOT_STATUS.ColdResetComplete) - download).toBe(7_017_620 - 3_299_028);
    expect(timeOf(device, BOOT_STATUS.RtReadyForCommands)).toBeLessThan(20_000_000);
  });

  test('pieces of a step are the whole step', () => {
    const [whole, pieces] = [started(), started()];
    const result = whole.clock.step({ cycles: 3_000_000 });
    const steps = pieces.clock.steps({ cycles: 3_000_000 });
    let pauses = 0;
    let piece = steps.next();
    for (; piece.done !== true; piece = steps.next()) pauses++;
    expect(piece.value).toEqual(result);
    expect(pauses).toBeGreaterThan(10);
    expect([pieces.clock.now, pieces.chip.save()]).toEqual([whole.clock.now, whole.chip.save()]);
  });

  test('many short steps are one long one', () => {
    const [long, short] = [started(), started()];
    long.clock.step({ cycles: 2_400_000 });
    for (let i = 0; i < 2400; i++) short.clock.step({ cycles: 1000 });
    expect(short.chip.save()).toEqual(long.chip.save());
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('%p cycles are none', (cycles) => {
    expect(() => createDevice().clock.step({ cycles })).toThrow(RangeError);
  });
});

describe('the watchdog', () => {
  const expired = (watchdogCycles: number, stop: (device: Device) => void = () => {}): [Device, number] => {
    const device = started({ watchdogCycles });
    stop(device);
    device.clock.step({ cycles: 10 ** 9 });
    return [device, device.errors.fatal];
  };

  test('bites in ROM, which leaves a trap record', () => {
    const [device, code] = expired(1_000_000);
    expect(code).toBe(codeOf('ROM_GLOBAL_WDT_EXPIRED'));
    const { soc } = device.chip;
    const record = [0, 1, 2, 3, 4].map((i) => soc.get('CPTRA_FW_EXTENDED_ERROR_INFO', i));
    // No cause, some program counter, and timer 1 as the pending error.
    expect([record[0], record[1], record[4]]).toEqual([0, 0, 0b0100_0000]);
    expect([record[2], record[3]]).not.toContain(0);
    expect(soc.get('CPTRA_HW_ERROR_FATAL')).toBe(4);
    expect([soc.errorFatal, device.state]).toEqual([true, 'fatal']);
  });

  test('bites in ROM while it waits for firmware', () => {
    const [, code] = expired(5_000_000, (device) => device.clock.step({ cycles: 10 ** 9, until: isAwaiting(device) }));
    expect(code).toBe(codeOf('ROM_GLOBAL_WDT_EXPIRED'));
  });

  test('bites in FMC and in the runtime, whichever is at work', () => {
    const timed = started({ debugLocked: false });
    const start = timeOf(timed, BOOT_STATUS.KatStarted);
    timed.clock.step({ cycles: 10 ** 9, until: isAwaiting(timed) });
    upload(timed);
    const fmc = timeOf(timed, BOOT_STATUS.RtMeasurementComplete) - start;
    const runtime = timeOf(timed, BOOT_STATUS.RtReadyForCommands) - start;
    const boot = (device: Device): void => {
      device.clock.step({ cycles: 10 ** 9, until: isAwaiting(device) });
      upload(device);
    };
    expect(expired(fmc, boot)[1]).toBe(codeOf('FMC_GLOBAL_WDT_EXPIRED'));
    expect(expired(runtime - 5_000, boot)[1]).toBe(codeOf('RUNTIME_GLOBAL_WDT_EXPIRED'));
    expect(expired(runtime + 100, boot)[1]).toBe(0);
  });

  test('is off with debug unlocked', () => {
    const device = started({ debugLocked: false, watchdogCycles: 1 });
    device.clock.step({ cycles: 10 ** 9 });
    expect(device.errors.fatal).toBe(0);
  });

  test('a reset ends what it began', () => {
    const [device] = expired(1000);
    device.reset('warm');
    device.burnFuses();
    expect(device.clock.step({ cycles: 500 }).reason).not.toBe('idle');
    expect(device.chip.soc.errorFatal).toBe(false);
  });
});

describe('a TRNG with delays', () => {
  const responder = (delay: number, seed = 1) => {
    const data = (): Uint8Array => new Uint8Array(48).fill(seed++ & 0xff);
    return { respond: () => ({ delay, data: data() }) };
  };

  test('the firmware waits inside its operations, and time passes', () => {
    const [quick, slow] = [0, 100].map((delay) => started({ trngResponder: responder(delay) })) as [Device, Device];
    const until = (device: Device) => () => device.state === 'awaiting-firmware';
    const [a, b] = [quick, slow].map((device) => device.clock.step({ cycles: 10 ** 9, until: until(device) }).ran);
    // What an operation does shows when it begins; the wait for the last one's two responses is still to come.
    expect((b as number) - (a as number)).toBe(100 * (quick.chip.trng.responses - 2));
    slow.clock.step({ cycles: 1000 });
    expect(slow.chip.cycles).toBe(slow.clock.now);
  });

  test('a step never takes longer than asked', () => {
    const device = started({ trngResponder: responder(1000) });
    for (const cycles of [1, 7, 500, 1, 2000]) expect(device.clock.step({ cycles }).ran).toBe(cycles);
    expect(device.clock.now).toBe(2509);
  });

  test('an answer that comes too late is none', () => {
    const device = started({ trngResponder: responder(250_001) });
    device.clock.step({ cycles: 10 ** 6 });
    expect(device.errors.fatal).toBe(codeOf('DRIVER_TRNG_EXT_TIMEOUT'));
  });

  test('a snapshot keeps an answer that is under way', () => {
    const options = { trngResponder: responder(50) };
    const device = createDevice(options);
    device.chip.trng.request();
    const saved = device.chip.save();
    device.chip.restore(saved);
    device.chip.advance(49);
    expect(device.chip.trng.ready).toBe(false);
    device.chip.advance(1);
    expect(device.chip.trng.ready).toBe(true);
  });
});

function codeOf(symbol: ConstructorParameters<typeof RotError>[0]): number {
  return new RotError(symbol).code;
}

describe('the watchdog of the runtime', () => {
  /** A command that waits for what never comes. */
  const never: RuntimeCommand = {
    id: 0x4e45_5645,
    name: 'NEVER',
    request: MailboxReqHeader as never,
    length: 'any',
    *handle() {
      for (;;) yield { for: 'mcu-reset', ready: () => false };
    },
  };

  test.each([true, false])('gives a command 20 million cycles if debug is locked (%s)', (debugLocked) => {
    const device = createDevice({ commands: [never], debugLocked, verifyOwnSignatures: false }).boot();
    const { chip } = device;
    const enabled = (): number => chip.soc.field('CPTRA_WDT_TIMER1_EN', 'timer1_en');
    device.mailbox.call('VERSION');
    expect(enabled()).toBe(0);
    device.mailbox.execute(never.id);
    chip.advance(20_000_000);
    device.run();
    expect([enabled(), device.errors.fatal]).toEqual([debugLocked ? 1 : 0, 0]);
    chip.advance(2);
    device.run();
    expect(errorName(device.errors.fatal)).toBe(debugLocked ? 'RUNTIME_GLOBAL_WDT_EXPIRED' : undefined);
  });
});
