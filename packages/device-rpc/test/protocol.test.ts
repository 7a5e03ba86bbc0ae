import { describe, expect, test } from '@jest/globals';
import { Host } from '@rootcap/device-rpc';
import { Client, provider, soc } from './helpers.ts';

const line = (request: object): string => JSON.stringify({ jsonrpc: '2.0', id: 7, ...request });

describe('JSON-RPC', () => {
  const client = new Client();
  test.each([
    ['no JSON', 'read me', { id: null, code: -32700 }],
    ['half a line', '{"jsonrpc":"2.0",', { id: null, code: -32700 }],
    ['a number', '1', { id: null, code: -32600 }],
    ['null', 'null', { id: null, code: -32600 }],
    ['a batch', `[${line({ method: 'wires' })}]`, { id: null, code: -32600 }],
    ['another version', line({ jsonrpc: '1.0', method: 'wires' }), { id: 7, code: -32600 }],
    ['no method', line({}), { id: 7, code: -32600 }],
    ['an id that is none', line({ id: {}, method: 'wires' }), { id: null, code: -32600 }],
    ['an unknown method', line({ method: 'explode' }), { id: 7, code: -32601 }],
    ['a method of Object', line({ method: 'constructor' }), { id: 7, code: -32601 }],
    ['positional parameters', line({ method: 'read', params: [1] }), { id: 7, code: -32602 }],
    ['no device', line({ method: 'wires' }), { id: 7, code: -32001 }],
  ])('%s', (_, text, { id, code }) => {
    const [reply, ...more] = client.raw(text);
    expect([reply.id, reply.error.code, more]).toEqual([id, code, []]);
    expect(reply.jsonrpc).toBe('2.0');
  });

  test('ids come back as they were', () => {
    for (const id of ['a', 0, 1.5, null, 'ü'])
      expect(client.raw(JSON.stringify({ jsonrpc: '2.0', id, method: 'hello' }))).toMatchObject([{ id }]);
  });

  test('a request without id is done and not answered, not even with an error', () => {
    const quiet = new Client();
    expect(quiet.raw('{"jsonrpc":"2.0","method":"create"}')).toEqual([]);
    expect(quiet.raw('{"jsonrpc":"2.0","method":"read","params":{"address":3}}')).toEqual([]);
    expect(quiet.call('wires').readyForFuses).toBe(true);
  });

  test('requests are answered in order', () => {
    const ordered = new Client();
    const requests = [
      { id: 1, method: 'create' },
      { id: 2, method: 'step', params: { cycles: 10 } },
      { id: 3, method: 'nothing' },
      { id: 4, method: 'wires' },
    ];
    for (const request of requests) ordered.session.receive(JSON.stringify({ jsonrpc: '2.0', ...request }));
    while (ordered.session.ready) ordered.session.work();
    expect(ordered.lines.map((text) => JSON.parse(text).id)).toEqual([1, 2, 3, 4]);
  });

  test('what the session has and whether it works', () => {
    const { session } = new Client();
    expect([session.ready, session.waiting, session.waitingSize]).toEqual([false, 0, 0]);
    session.receive('{}');
    session.receive('[]');
    expect([session.ready, session.busy, session.waiting, session.waitingSize]).toEqual([true, true, 2, 4]);
    session.close();
    session.receive('{}');
    session.work();
    expect([session.ready, session.closed, session.waiting, session.waitingSize]).toEqual([false, true, 0, 0]);
  });
});

describe('hello', () => {
  test('says what the server can, without a device', () => {
    const { protocol, engines, methods } = new Client().call('hello');
    expect([protocol, engines]).toEqual([1, ['model']]);
    expect(methods).toEqual(
      expect.arrayContaining(['create', 'read', 'write', 'transfer', 'step', 'reset', 'snapshot', 'inject']),
    );
  });
});

describe('parameters', () => {
  const client = new Client();
  client.call('create', { testAccess: true, subsystem: true });
  const key = { ecc: '00'.repeat(96), mldsa: '00'.repeat(2592) };
  test.each([
    ['read', {}, 'address'],
    ['read', { address: -1 }, 'address'],
    ['read', { address: 2 ** 32 }, 'address'],
    ['read', { address: 1.5 }, 'address'],
    ['read', { address: '12' }, 'address'],
    ['read', { address: '0x' }, 'address'],
    ['read', { address: true }, 'address'],
    ['read', { address: 0, size: 3 }, 'size'],
    ['read', { address: 0, axiUser: 'me' }, 'axiUser'],
    ['write', { address: 0 }, 'value'],
    ['write', { address: 0, value: 256, size: 1 }, 'value'],
    ['write', { address: 0, value: 2 ** 32 }, 'value'],
    ['transfer', {}, 'ops'],
    ['transfer', { ops: {} }, 'ops'],
    ['transfer', { ops: [['r', 0], []] }, 'ops[1][0]'],
    ['transfer', { ops: [['x', 0]] }, 'ops[0][0]'],
    ['transfer', { ops: ['r'] }, 'ops[0]'],
    ['transfer', { ops: [['r', 'a']] }, 'ops[0][1]'],
    ['transfer', { ops: [['w', 0, 256, 1]] }, 'ops[0][2]'],
    ['transfer', { ops: [['w', 0, 1, 8]] }, 'ops[0][3]'],
    ['transfer', { ops: [['rf', 0, -1]] }, 'ops[0][2]'],
    [
      'transfer',
      {
        ops: [
          ['rf', 0, 2 ** 24],
          ['rf', 0, 1],
        ],
      },
      'ops',
    ],
    ['transfer', { ops: [['wf', 0, '0']] }, 'ops[0][2]'],
    ['transfer', { ops: [['wf', 0, 'AB']] }, 'ops[0][2]'],
    ['axiUser', {}, 'value'],
    ['step', { cycles: -1 }, 'cycles'],
    ['step', { cycles: 2 ** 53 }, 'cycles'],
    ['step', { watch: 5 }, 'watch'],
    ['step', { watch: [0x3003_0002] }, 'watch[0]'],
    ['step', { watch: [0x3002_001c, 0x3002_0000] }, 'watch[1]'],
    ['step', { watch: [0x3002_0010] }, 'watch[0]'],
    ['step', { watch: [0x3002_0014] }, 'watch[0]'],
    ['step', { until: 1 }, 'until'],
    ['step', { until: { value: 1 } }, 'until.address'],
    ['step', { until: { address: 0x3003_0000 } }, 'until.value'],
    ['step', { until: { address: 0x3002_0000, value: 1 } }, 'until.address'],
    ['step', { until: { address: 0x3003_0000, value: 1, mask: -1 } }, 'until.mask'],
    ['step', { stopOnOutput: 1 }, 'stopOnOutput'],
    ['reset', {}, 'kind'],
    ['reset', { kind: 'update' }, 'kind'],
    ['recovery', {}, 'images'],
    ['recovery', { images: ['', '', '', ''] }, 'images'],
    ['recovery', { images: ['00', 5] }, 'images[1]'],
    ['subscribe', {}, 'kinds'],
    ['subscribe', { kinds: ['reset', 'secrets'] }, 'kinds[1]'],
    ['restore', {}, 'state'],
    ['restore', { state: '7b7d' }, 'state'],
    ['attach', {}, 'name'],
    ['memory', { region: 'rom' }, 'region'],
    ['memory', { region: 'dccm' }, 'length'],
    ['memory', { region: 'dccm', offset: 0x4_0001, length: 0 }, 'offset'],
    ['memory', { region: 'dccm', offset: 4, length: 0x4_0000 }, 'length'],
    ['memory', { region: 'dccm', offset: 0, data: '0011' }, 'data'],
    ['memory', { region: 'dccm', offset: 2, data: '00112233' }, 'offset'],
    ['inject', {}, 'fault'],
    ['inject', { fault: 'debugUnlockHash', index: 8, words: [] }, 'index'],
    ['inject', { fault: 'debugUnlockHash', index: 0, words: [1] }, 'words'],
    ['inject', { fault: 'otp', on: 'yes' }, 'on'],
    ['sendEvent', {}, 'event'],
    ['sendEvent', { event: { from: 'MCU', to: 'Moon' } }, 'event.to'],
    ['create', { engine: 'verilator' }, 'engine'],
    ['create', { hardware: '1.0' }, 'hardware'],
    ['create', { rom: '00'.repeat(0x1_8001) }, 'rom'],
    ['create', { rom: 'xyz' }, 'rom'],
    ['create', { iccm: '00'.repeat(0x4_0001) }, 'iccm'],
    ['create', { securityState: 2 }, 'securityState'],
    ['create', { securityState: 8 }, 'securityState'],
    ['create', { subsystem: 'yes' }, 'subsystem'],
    ['create', { trng: 'dice' }, 'trng'],
    ['create', { obfKey: [1, 2, 3] }, 'obfKey'],
    ['create', { csrHmacKey: new Array(16).fill(-1) }, 'csrHmacKey[0]'],
    ['create', { hekSeed: 'ff' }, 'hekSeed'],
    ['create', { debugUnlockKeys: new Array(9).fill(key) }, 'debugUnlockKeys'],
    ['create', { debugUnlockKeys: [{ ...key, ecc: '00' }] }, 'debugUnlockKeys[0].ecc'],
    ['create', { debugUnlockKeys: [key, {}] }, 'debugUnlockKeys[1].ecc'],
    ['create', { otpDaiIdleBit: 32 }, 'otpDaiIdleBit'],
    ['create', { entropy: 5 }, 'entropy'],
    ['create', { entropy: { seed: -1 } }, 'entropy.seed'],
    ['create', { entropy: { itrngNibbles: 'xy' } }, 'entropy.itrngNibbles'],
    ['create', { entropy: { etrng: [{ words: new Array(11).fill(0) }] } }, 'entropy.etrng[0].words'],
    ['create', { entropy: { etrng: [{ delay: 'soon', words: new Array(12).fill(0) }] } }, 'entropy.etrng[0].delay'],
    ['create', { entropy: 'client', trng: 'internal' }, 'entropy'],
    ['create', { name: '' }, 'name'],
  ])('%s %j names %s', (method, params, parameter) => {
    const { code, message, data } = client.fails(method, params);
    expect([code, message.split(':')[0], data]).toEqual([-32602, parameter, { parameter }]);
  });

  test('a create that is refused leaves the device as it is', () => {
    client.write(soc('CPTRA_WDT_CFG'), 77);
    client.fails('create', { hardware: 'none' });
    expect(client.read(soc('CPTRA_WDT_CFG'))).toBe(77);
  });

  test('integers may be hexadecimal text; unknown parameters are ignored; null is the default', () => {
    expect(client.call('read', { address: '0x300300D4', size: null, colour: 'red' }).value).toBe(0x112);
  });
});

describe('a host', () => {
  test('counts devices and keeps to its limit', () => {
    const host = new Host({ provider, maxDevices: 2 });
    const [one, two, three] = [new Client(host), new Client(host), new Client(host)];
    one.call('create');
    two.call('create');
    expect(three.fails('create')).toMatchObject({ code: -32011, message: 'not-available' });
    // A second create replaces the first device, so it needs no room.
    two.call('create');
    expect(host.devices).toBe(2);
    one.session.close();
    expect(host.devices).toBe(1);
    three.call('create');
    expect(host.devices).toBe(2);
  });

  test('runs no RISC-V unless it may take the model instead', () => {
    expect(new Client().fails('create', { engine: 'riscv' })).toMatchObject({ code: -32012, message: 'not-supported' });
    const client = new Client(new Host({ provider, engine: 'model' }));
    expect(client.call('create', { engine: 'riscv' }).device).toBe('model');
  });

  test('an internal failure ends the session and nothing else', () => {
    const host = new Host({ provider: { ...provider, hashes: undefined as never } });
    const client = new Client(host);
    expect(client.fails('create', { rom: '11'.repeat(128) })).toMatchObject({
      code: -32099,
      message: 'engine-failure',
    });
    expect([client.session.closed, host.devices]).toEqual([true, 0]);
  });
});
