import { describe, expect, test } from '@jest/globals';
import { createDevice, demoBundle } from 'rootcap';

describe('device', () => {
  test('the same options give the same chains; a fork and a restored device have them too', () => {
    const device = createDevice().boot();
    const chain = device.certificateChain('mldsa87');
    expect(createDevice().boot().certificateChain('mldsa87')).toEqual(chain);
    expect(device.fork().certificateChain('mldsa87')).toEqual(chain);
    expect(createDevice().restore(device.snapshot()).certificateChain('mldsa87')).toEqual(chain);
  });

  test('another device secret gives other keys', () => {
    const other = createDevice({ fuses: { udsSeed: new Uint8Array(64).fill(7) } }).boot();
    expect(other.certificateChain('ecdsa-p384')).not.toEqual(createDevice().boot().certificateChain('ecdsa-p384'));
  });

  test('a damaged bundle is refused with the firmware code, and the fatal register holds it', () => {
    const device = createDevice();
    const bundle = demoBundle(device.options.provider);
    bundle[0] = (bundle[0] as number) ^ 1;
    device.bootToRom();
    expect(() => device.loadFirmware(bundle)).toThrow(/IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH \(0x000b0001\)/);
    expect(device.errors.fatal).toBe(0x000b_0001);
    expect(device.state).toBe('fatal');
  });

  test('an update that fails leaves the old runtime running, and its chain as it was', () => {
    const device = createDevice().boot();
    const chain = device.certificateChain('ecdsa-p384');
    const bundle = demoBundle(device.options.provider);
    bundle[0] = (bundle[0] as number) ^ 1;
    expect(() => device.loadFirmware(bundle)).toThrow(/MARKER_MISMATCH/);
    expect(device.state).toBe('runtime');
    expect(device.certificateChain('ecdsa-p384')).toEqual(chain);
  });

  test('an update with the same bundle succeeds', () => {
    const device = createDevice().boot();
    device.loadFirmware(demoBundle(device.options.provider));
    expect(device.state).toBe('runtime');
  });

  test('a command while ROM waits for a recovery image waits in the mailbox, without a protocol violation', () => {
    const device = createDevice({ subsystemMode: true }).bootToRom();
    device.mailbox.execute('RI_DOWNLOAD_FIRMWARE');
    expect(device.mailbox.execute('VERSION').status).toBe('CMD_BUSY');
    expect(device.chip.mailbox.pending()?.command).toBe(0x4650_5652);
    expect(device.chip.soc.get('CPTRA_HW_ERROR_NON_FATAL')).toBe(0);
  });

  test('firmware for a device that cannot take it is refused, and the mailbox stays free', () => {
    const device = createDevice();
    expect(() => device.loadFirmware(new Uint8Array(4))).toThrow('loadFirmware: the device is in state awaiting-fuses');
    expect(device.boot().state).toBe('runtime');
  });

  test.each([{ lifecycle: 'retired' }, { profile: '1.0' }])('refuses %j', (options) => {
    expect(() => createDevice(options as never)).toThrow(RangeError);
  });
});
