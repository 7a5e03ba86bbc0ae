import { describe, expect, test } from '@jest/globals';
import { COMMAND_ID } from '@rootcap/firmware';
import { booted, Client, soc } from './helpers.ts';

function board(params: object = {}): Client {
  const client = new Client();
  client.call('create', { securityState: 7, testAccess: true, ...params });
  return client;
}

describe('test access', () => {
  test('needs a device that was created for it', () => {
    const client = board({ testAccess: false, subsystem: true });
    for (const method of ['encryptionEngine', 'inject', 'takeEvents', 'sendEvent'])
      expect(client.fails(method)).toEqual({ code: -32013, message: 'test-access' });
    for (const region of ['dccm', 'iccm', 'mailbox', 'testSram'])
      expect(client.fails('memory', { region, length: 4 })).toEqual({ code: -32013, message: 'test-access' });
    client.call('memory', { region: 'mcuSram', offset: 8, data: '01020304' });
    expect(client.call('memory', { region: 'mcuSram', offset: 8, length: 4 })).toEqual({ data: '01020304' });
    expect(client.read(0x21c0_0008)).toBe(0x0403_0201);
  });

  test('what a passive chip has not is not available', () => {
    const client = board();
    for (const [method, params] of [
      ['memory', { region: 'mcuSram', length: 4 }],
      ['memory', { region: 'testSram', length: 4 }],
      ['stagingAddress', {}],
      ['inject', { fault: 'debugUnlockHash', index: 0, words: new Array(12).fill(0) }],
    ] as const)
      expect(client.fails(method, params)).toMatchObject({ code: -32011, message: 'not-available' });
    expect(board({ subsystem: true }).call('stagingAddress')).toEqual({ address: 0x21c0_0000 });
    expect(client.call('encryptionEngine')).toEqual({});
  });

  test('mailbox memory', () => {
    const client = board();
    client.call('memory', { region: 'mailbox', offset: 0x3_fffc, data: 'a1a2a3a4' });
    expect(client.call('memory', { region: 'mailbox', offset: 0x3_fff8, length: 8 }).data).toBe('00000000a1a2a3a4');
  });
});

describe('inject', () => {
  test('an uncorrectable error in the memory that the firmware runs in is fatal', () => {
    const rom = board();
    rom.fuses().go();
    rom.call('inject', { fault: 'iccmDoubleBit' });
    expect(rom.step(2 ** 24).readyForFw).toBe(true);
    rom.call('inject', { fault: 'none' });
    rom.call('inject', { fault: 'dccmDoubleBit' });
    rom.send(COMMAND_ID.VERSION, new Uint8Array(4));
    // ROM_GLOBAL_EXCEPTION after a load access fault
    expect(rom.read(soc('CPTRA_FW_ERROR_FATAL'))).toBe(0x0105_0002);
    expect([rom.read(soc('CPTRA_HW_ERROR_FATAL')), rom.read(soc('CPTRA_FW_EXTENDED_ERROR_INFO'))]).toEqual([2, 5]);

    const runtime = booted({ testAccess: true });
    runtime.call('inject', { fault: 'iccmDoubleBit' });
    runtime.send(COMMAND_ID.VERSION, new Uint8Array(4));
    // RUNTIME_GLOBAL_EXCEPTION after an instruction access fault
    expect(runtime.read(soc('CPTRA_FW_ERROR_FATAL'))).toBe(0x000e_000b);
    expect([runtime.read(soc('CPTRA_HW_ERROR_FATAL')), runtime.read(soc('CPTRA_FW_EXTENDED_ERROR_INFO'))]).toEqual([
      1, 1,
    ]);
  });

  test('fuses that cannot be zeroized', () => {
    const zeroize = (on: boolean): number => {
      const client = board({ subsystem: true, securityState: 5 });
      client.fuses().go();
      client.step(2 ** 24);
      client.call('inject', { fault: 'otp', on });
      // ZEROIZE_UDS_FE of the UDS: checksum and flags.
      const sum = [0x5a, 0x45, 0x55, 0x46, 1].reduce((total, byte) => total + byte, 0);
      const message = new Uint8Array(8);
      new DataView(message.buffer).setUint32(0, -sum >>> 0, true);
      message[4] = 1;
      client.send(0x5a45_5546, message);
      client.run();
      return client.read(soc('CPTRA_FW_ERROR_FATAL'));
    };
    const [succeeded, failed] = [zeroize(false), zeroize(true)];
    expect(failed).not.toBe(succeeded);
    expect(failed).not.toBe(0);
  });

  test('a debug unlock hash', () => {
    const client = board({ subsystem: true });
    const words = Array.from({ length: 12 }, (_, i) => i + 1);
    client.call('inject', { fault: 'debugUnlockHash', index: 2, words });
    const bank = 0x2100_0000 + client.read(soc('SS_PROD_DEBUG_UNLOCK_AUTH_PK_HASH_REG_BANK_OFFSET')) + 2 * 48;
    expect(words.map((_, i) => client.read(bank + 4 * i))).toEqual(words);
  });
});

describe('bus traffic', () => {
  test('what Caliptra does in memory of the MCU, not what the SoC does', () => {
    const client = board({ subsystem: true });
    client.fuses().go();
    client.step(2 ** 24);
    client.write(0x21c0_0000, 1);
    expect(client.call('takeEvents')).toEqual({ events: [] });
    client.call('recovery', { images: ['01020304'] });
    client.send(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, new Uint8Array(4));
    client.run();
    const { events } = client.call('takeEvents');
    expect(events[0]).toEqual({
      from: 'CaliptraCore',
      to: 'MCU',
      kind: 'MemoryWrite',
      body: { address: 0, data: '01020304' },
    });
    expect(events.slice(1).every(({ kind }: { kind: string }) => kind === 'MemoryRead')).toBe(true);
    expect(client.call('takeEvents')).toEqual({ events: [] });
  });

  test("a test bench may act as the memory's owner", () => {
    const client = board({ subsystem: true, testSram: '00' });
    const event = (to: string, body: object, kind = 'MemoryWrite') => ({ from: 'BMC', to, kind, body });
    client.call('sendEvent', { event: event('MCU', { address: 4, data: 'aabbccdd' }) });
    client.call('sendEvent', { event: event('TestSram', { address: 0, data: '11' }) });
    client.call('sendEvent', { event: event('CaliptraCore', { address: 0, data: '' }, 'MemoryReadResponse') });
    expect(client.read(0x21c0_0004)).toBe(0xddcc_bbaa);
    expect(client.call('memory', { region: 'testSram', length: 2 }).data).toBe('1100');
    for (const [wrong, code] of [
      [event('MCU', { address: 0x8_0000, data: 'aa' }), -32602],
      [event('MCU', {}, 'MemoryRead'), -32602],
      [event('RecoveryIntf', { address: 0, data: 'aa' }), -32011],
    ] as const)
      expect(client.fails('sendEvent', { event: wrong }).code).toBe(code);
  });
});
