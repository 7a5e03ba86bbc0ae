import { describe, expect, test } from '@jest/globals';
import { FIPS_TEST_HOOK } from '@rootcap/firmware';
import { createDevice, type Device, demoBundle } from 'rootcap';

type HookName = keyof typeof FIPS_TEST_HOOK;

const hooked = (fipsTestHooks = true): Device => createDevice({ verifyOwnSignatures: false, fipsTestHooks });

const REGISTER = 'CPTRA_DBG_MANUF_SERVICE_REG';
const request = ({ chip }: Device, hook: HookName): void => chip.soc.set(REGISTER, FIPS_TEST_HOOK[hook] << 16);
const code = ({ chip }: Device): number => chip.soc.get(REGISTER) >>> 16;

/** Lets the halted firmware go on. */
function goOn(device: Device): void {
  expect(code(device)).toBe(FIPS_TEST_HOOK.COMPLETE);
  request(device, 'CONTINUE');
  device.run();
  expect(code(device)).toBe(FIPS_TEST_HOOK.COMPLETE);
}

describe('a build with FIPS test hooks', () => {
  test('halts in the self-tests of ROM', () => {
    const device = hooked();
    request(device, 'HALT_SELF_TESTS');
    device.burnFuses();
    expect(device.run().for).toBe('fips-test-hook');
    expect(() => device.bootToRom()).toThrow('FIPS_TEST_HOOK.CONTINUE');
    goOn(device);
    expect(device.state).toBe('awaiting-firmware');
  });

  test('halts before it reads a bundle', () => {
    const device = hooked().bootToRom();
    request(device, 'HALT_FW_LOAD');
    device.chip.mailbox.send({ axiUser: 1, command: 0x4657_4c44, data: demoBundle(device.options.provider) });
    expect(device.run().for).toBe('fips-test-hook');
    expect(device.chip.mailbox.status()).toBe('CMD_BUSY');
    goOn(device);
    expect(device.chip.mailbox.status()).toBe('CMD_COMPLETE');
    expect(device.state).toBe('runtime');
  });

  test('halts in SHUTDOWN before the tables are gone', () => {
    const device = hooked().boot();
    request(device, 'HALT_SHUTDOWN_RT');
    expect(device.mailbox.execute('SHUTDOWN').status).toBe('CMD_BUSY');
    const { rom } = device.context.persistent;
    expect(rom.get('marker')).not.toBe(0);
    goOn(device);
    expect(rom.get('marker')).toBe(0);
    expect(device.state).toBe('fatal');
  });
});

test('any other build does not look at the code', () => {
  const device = hooked(false);
  request(device, 'HALT_SELF_TESTS');
  device.bootToRom();
  expect(code(device)).toBe(FIPS_TEST_HOOK.HALT_SELF_TESTS);
});
