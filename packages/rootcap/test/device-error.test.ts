import { describe, expect, test } from '@jest/globals';
import { createDevice, type Device, DeviceError, type DeviceOptions, type DeviceState, demoBundle } from 'rootcap';

function errorOf(run: () => unknown): DeviceError {
  try {
    run();
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
  throw new TypeError('nothing was thrown');
}

const facts = ({ name, code, operation, state }: DeviceError) => ({ name, code, operation, state });

describe('a call in the wrong state', () => {
  const inRom = () => createDevice().bootToRom();
  const fatal = () => {
    const device = inRom();
    expect(() => device.mailbox.execute(0xabcd_1234)).toThrow('FW_PROC_MAILBOX_INVALID_COMMAND');
    return device;
  };
  const waiting = (options: DeviceOptions) => {
    const device = createDevice(options);
    device.burnFuses();
    device.run();
    return device;
  };
  const forCsr = () => waiting({ lifecycle: 'manufacturing', requestCsr: true });
  const forToken = () =>
    waiting({ lifecycle: 'manufacturing', subsystemMode: true, debugIntent: true, debugServiceRequest: 1 });
  const forImage = () => {
    const device = createDevice({ subsystemMode: true }).bootToRom();
    device.mailbox.execute('RI_DOWNLOAD_FIRMWARE');
    return device;
  };
  const bundle = (device: Device) => demoBundle(device.options.provider);

  test.each<[string, () => Device, (device: Device) => unknown, DeviceState, string]>([
    [
      'loadFirmware',
      createDevice,
      (d) => d.loadFirmware(bundle(d)),
      'awaiting-fuses',
      'call burnFuses(), bootToRom() or boot()',
    ],
    ['loadFirmware', forCsr, (d) => d.loadFirmware(bundle(d)), 'booting', 'waits for csr-consumed; take the envelope'],
    ['loadFirmware', forImage, (d) => d.loadFirmware(bundle(d)), 'booting', 'waits for recovery-image; stage an image'],
    ['bootToRom', () => createDevice().boot(), (d) => d.bootToRom(), 'runtime', "call reset('cold') first"],
    ['bootToRom', forToken, (d) => d.bootToRom(), 'booting', 'waits for mailbox-command; send the command'],
    ['mailbox.execute', createDevice, (d) => d.mailbox.execute('VERSION'), 'awaiting-fuses', 'boot()'],
    ['certificateChain', createDevice, (d) => d.certificateChain('mldsa87'), 'awaiting-fuses', 'boot()'],
    ['certificateChain', inRom, (d) => d.certificateChain('mldsa87'), 'awaiting-firmware', 'call loadFirmware() first'],
    ['certificateChain', fatal, (d) => d.certificateChain('ecdsa-p384'), 'fatal', "call reset('cold') first"],
    ['snapshot', forCsr, (d) => d.snapshot(), 'booting', 'waits for csr-consumed'],
    ['snapshot', forToken, (d) => d.snapshot(), 'booting', 'waits for mailbox-command'],
    ['snapshot', forImage, (d) => d.fork(), 'booting', 'waits for recovery-image'],
  ])('%s', (operation, make, call, state, advice) => {
    const device = make();
    const error = errorOf(() => call(device));
    expect(facts(error)).toEqual({ name: 'DeviceError', code: 'wrong-state', operation, state });
    expect(error.message).toMatch(new RegExp(`^${operation}: the device is in state ${state}`));
    expect(error.message).toContain(advice);
    expect(device.state).toBe(state);
  });

  test('a device that was refused goes on', () => {
    const device = createDevice();
    errorOf(() => device.loadFirmware(new Uint8Array(4)));
    expect(device.boot().state).toBe('runtime');
  });
});

describe('a taken mailbox', () => {
  const locked = { name: 'DeviceError', code: 'mailbox-locked' };

  test.each([
    ['loadFirmware', (device: Device) => device.loadFirmware(demoBundle(device.options.provider)), 'loadFirmware'],
    ['execute', (device: Device) => device.mailbox.execute('VERSION'), 'mailbox.execute'],
    ['send', (device: Device) => device.mailbox.send(1, new Uint8Array(4)), 'mailbox.send'],
  ])('%s', (_, call, operation) => {
    const device = createDevice().boot();
    device.chip.mailbox.send({ axiUser: 2, command: 1, data: new Uint8Array(4), side: 'tap' });
    const error = errorOf(() => call(device));
    expect(facts(error)).toEqual({ ...locked, operation, state: 'runtime' });
    expect(error.message).toMatch(/the mailbox is locked by the debugger.*release it/);
  });

  test('by a command of the same client that nobody answered', () => {
    const device = createDevice({ subsystemMode: true }).bootToRom();
    device.mailbox.execute('RI_DOWNLOAD_FIRMWARE');
    expect(device.mailbox.execute('VERSION').status).toBe('CMD_BUSY');
    const error = errorOf(() => device.mailbox.execute('CAPABILITIES'));
    expect(facts(error)).toEqual({ ...locked, operation: 'mailbox.execute', state: 'booting' });
    expect(error.message).toContain('locked by the SoC, VERSION waits in it');
  });
});

test('a stage that returns', () => {
  const device = createDevice({ stages: { runtime: function* () {} } });
  const error = errorOf(() => device.boot());
  expect(facts(error)).toMatchObject({ code: 'firmware-ended', operation: 'run' });
});
