import { describe, expect, test } from '@jest/globals';
import { Client, CMD, DATAIN, DATAOUT, DLEN, EXECUTE, LOCK, STATUS, soc } from './helpers.ts';

function board(params: object = {}): Client {
  const client = new Client();
  client.call('create', { securityState: 7, ...params });
  return client;
}

const fault = (kind: string, address: number) => ({ code: -32010, message: 'bus-fault', data: { kind, address } });

describe('read and write', () => {
  test('the ranges that a SoC reaches, and faults elsewhere', () => {
    const passive = board();
    expect(passive.read(soc('CPTRA_HW_REV_ID'))).toBe(0x112);
    for (const address of [0, 0x3002_1000, 0x3002_2000, 0x3003_1000, 0x2100_0000, 0x4000_0000, 0x5000_0000]) {
      expect(passive.fails('read', { address })).toEqual(fault('LoadAccessFault', address));
      expect(passive.fails('write', { address, value: 0 })).toEqual(fault('StoreAccessFault', address));
    }
    expect(passive.fails('read', { address: 0x3003_0002 })).toEqual(fault('LoadAddrMisaligned', 0x3003_0002));
    expect(passive.fails('write', { address: 0x3003_0001, value: 0 })).toEqual(
      fault('StoreAddrMisaligned', 0x3003_0001),
    );
  });

  test('the MCI is there in subsystem mode, the other devices of its bus are not', () => {
    const subsystem = board({ subsystem: true });
    subsystem.write(0x2100_0030, 5);
    expect(subsystem.read(0x2100_0030)).toBe(5);
    expect(subsystem.read(0x21c0_0000)).toBe(0);
    expect(subsystem.fails('read', { address: 0x2000_4100 })).toEqual(fault('LoadAccessFault', 0x2000_4100));
  });

  test('bytes and halfwords are cut out of the word; only words are written', () => {
    const client = board();
    expect(client.call('read', { address: soc('CPTRA_HW_REV_ID') + 1, size: 1 }).value).toBe(1);
    expect(client.call('read', { address: soc('CPTRA_HW_REV_ID'), size: 2 }).value).toBe(0x112);
    const address = soc('CPTRA_WDT_CFG');
    expect(client.fails('write', { address, value: 1, size: 1 })).toEqual(fault('StoreAccessFault', address));
  });

  test('a user who is not in CPTRA_MBOX_VALID_AXI_USER reads 0 and writes nothing', () => {
    const client = board({ axiUser: 5 });
    client.ops(['w', soc('CPTRA_MBOX_VALID_AXI_USER'), 5], ['w', soc('CPTRA_MBOX_AXI_USER_LOCK'), 1]);
    expect(client.call('read', { address: LOCK, axiUser: 6 }).value).toBe(0);
    // Reading as another user did not take the lock: this one does.
    expect([client.read(LOCK), client.read(LOCK)]).toEqual([0, 1]);
    client.call('axiUser', { value: 6 });
    expect(client.read(LOCK)).toBe(0);
    client.call('write', { address: CMD, value: 9, axiUser: 5 });
    expect(client.call('read', { address: CMD, axiUser: 5 }).value).toBe(9);
  });

  test('no access takes time', () => {
    const client = board();
    client.ops(['r', soc('CPTRA_HW_REV_ID')], ['w', soc('CPTRA_WDT_CFG'), 1]);
    client.read(STATUS);
    expect(client.call('output').now).toBe(0);
  });
});

describe('transfer', () => {
  test('one result for each operation; FIFOs as bytes', () => {
    const client = board();
    client.ops(['w', soc('CPTRA_MBOX_VALID_AXI_USER'), 1], ['w', soc('CPTRA_MBOX_AXI_USER_LOCK'), 1]);
    const results = client.ops(
      ['r', LOCK],
      ['w', CMD, 0x1234],
      ['w', DLEN, 7],
      ['wf', DATAIN, '01020304050607'],
      ['w', soc('CPTRA_WDT_CFG'), '0x10'],
      ['r', soc('CPTRA_WDT_CFG'), 2],
      ['rf', soc('CPTRA_HW_REV_ID'), 6],
    );
    expect(results).toEqual([0, null, null, null, null, 0x10, '120100001201']);
    client.fuses().go();
  });

  test('bytes as many as a line may hold', () => {
    const client = board({ subsystem: true });
    const image = 'ab'.repeat(31 * 2 ** 20);
    expect(client.call('recovery', { images: [image] })).toEqual({});
    expect(client.fails('recovery', { images: [`${image}g0`] })).toMatchObject({ code: -32602 });
  });

  test('a FIFO of no bytes is no access', () => {
    const client = board();
    expect(client.ops(['rf', 0x100, 0], ['wf', 0x100, ''])).toEqual(['', null]);
  });

  test('a fault says which operation; those before it have happened', () => {
    const client = board();
    const ops = [
      ['w', soc('CPTRA_WDT_CFG'), 3],
      ['r', soc('CPTRA_WDT_CFG')],
      ['r', 4],
      ['w', soc('CPTRA_WDT_CFG'), 9],
    ];
    expect(client.fails('transfer', { ops })).toEqual({
      code: -32010,
      message: 'bus-fault',
      data: { kind: 'LoadAccessFault', address: 4, index: 2, done: [null, 3] },
    });
    expect(client.read(soc('CPTRA_WDT_CFG'))).toBe(3);
  });

  test('a malformed operation is found before the first one happens', () => {
    const client = board();
    expect(
      client.fails('transfer', {
        ops: [
          ['w', soc('CPTRA_WDT_CFG'), 3],
          ['w', 0],
        ],
      }).code,
    ).toBe(-32602);
    expect(client.read(soc('CPTRA_WDT_CFG'))).toBe(0);
  });

  test('a long one pauses, so that others have their turn', () => {
    const client = board();
    const ops = [['rf', soc('CPTRA_HW_REV_ID'), 2 ** 18]];
    client.session.receive(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'transfer', params: { ops } }));
    let pieces = 0;
    for (; client.session.ready; pieces++) client.session.work();
    expect(pieces).toBeGreaterThan(3);
    expect(JSON.parse(client.lines[0] as string).result.results[0]).toHaveLength(2 ** 19);
  });

  test('the mailbox of a chip that does not run answers nothing', () => {
    const client = board();
    client.ops(['w', soc('CPTRA_MBOX_VALID_AXI_USER'), 1], ['w', soc('CPTRA_MBOX_AXI_USER_LOCK'), 1]);
    client.ops(['r', LOCK], ['w', CMD, 1], ['w', DLEN, 0], ['w', EXECUTE, 1]);
    expect(client.step(1000, { watch: [STATUS] })).toMatchObject({ ran: 1000, reason: 'idle', idle: true });
    expect(client.ops(['rf', DATAOUT, 4])).toEqual(['00000000']);
  });
});
