import { describe, expect, test } from '@jest/globals';
import { Host } from '@rootcap/device-rpc';
import { booted, Client, LOCK, provider, soc } from './helpers.ts';

describe('attach', () => {
  test('two connections on one device', () => {
    const host = new Host({ provider });
    const [one, two] = [new Client(host), new Client(host)];
    expect(one.call('create', { name: 'chip', axiUser: 4 }).device).toBe('chip');
    expect(two.call('attach', { name: 'chip' })).toEqual({ device: 'chip', hwRevId: 0x112, hwConfig: 0 });
    one.write(soc('CPTRA_WDT_CFG'), 42);
    expect(two.read(soc('CPTRA_WDT_CFG'))).toBe(42);
    // Each has its own AXI user, and hears what the firmware says.
    one.ops(['w', soc('CPTRA_MBOX_VALID_AXI_USER'), 4], ['w', soc('CPTRA_MBOX_AXI_USER_LOCK'), 1]);
    expect([two.read(LOCK), two.read(LOCK), one.read(LOCK), one.read(LOCK)]).toEqual([0, 0, 0, 1]);
    one.fuses().ops(['w', soc('CPTRA_FUSE_WR_DONE'), 1], ['w', soc('CPTRA_BOOTFSM_GO'), 1]);
    expect(one.step(1).output).toContain('ROM');
    expect(two.call('output').output).toContain('ROM');
  });

  test('the device lives until the last one leaves', () => {
    const host = new Host({ provider });
    const [one, two, three] = [new Client(host), new Client(host), new Client(host)];
    one.call('create', { name: 'chip' });
    two.call('attach', { name: 'chip' });
    one.session.close();
    expect([host.devices, two.call('wires').readyForFuses]).toEqual([1, true]);
    expect(three.fails('create', { name: 'chip' })).toMatchObject({ code: -32602, data: { parameter: 'name' } });
    two.session.close();
    expect(host.devices).toBe(0);
    expect(three.fails('attach', { name: 'chip' })).toEqual({
      code: -32001,
      message: 'no device',
      data: { name: 'chip' },
    });
    three.call('create', { name: 'chip' });
  });

  test('attaching gives up the own device; a failed attach does not', () => {
    const host = new Host({ provider });
    const [one, two] = [new Client(host), new Client(host)];
    one.call('create', { name: 'chip' });
    two.call('create');
    two.fails('attach', { name: 'ship' });
    expect([host.devices, two.call('wires').readyForFuses]).toEqual([2, true]);
    two.call('attach', { name: 'chip' });
    expect(host.devices).toBe(1);
    two.call('attach', { name: 'chip' });
    expect(host.devices).toBe(1);
  });

  test("one connection's request under way is finished before another's begins", () => {
    const host = new Host({ provider });
    const [one, two] = [new Client(host), new Client(host)];
    one.call('create', { name: 'chip' });
    two.call('attach', { name: 'chip' });
    one.fuses().go();
    one.session.receive('{"jsonrpc":"2.0","id":1,"method":"step","params":{"cycles":10000000}}');
    one.session.work();
    two.session.receive('{"jsonrpc":"2.0","id":2,"method":"wires"}');
    two.session.work();
    expect([one.session.ready, two.session.busy, two.session.ready, two.lines]).toEqual([true, true, false, []]);
    while (one.session.ready) one.session.work();
    expect(two.session.ready).toBe(true);
    two.session.work();
    expect(two.lines).toHaveLength(1);
  });

  test('a connection that goes in the middle of a request leaves the device to the others', () => {
    const host = new Host({ provider });
    const [one, two] = [new Client(host), new Client(host)];
    one.call('create', { name: 'chip' });
    two.call('attach', { name: 'chip' });
    one.fuses().go();
    one.session.receive('{"jsonrpc":"2.0","id":1,"method":"step","params":{"cycles":10000000}}');
    one.session.work();
    one.session.close();
    expect(two.call('step', { cycles: 2 ** 24 }).readyForFw).toBe(true);
  });
});

describe('subscribe', () => {
  test('events of the kinds asked for, with the time, before the reply', () => {
    const client = new Client();
    client.call('create', { securityState: 7 });
    client.call('subscribe', { kinds: ['firmware-status', 'text', 'boot-fsm'] });
    client.fuses().go();
    client.step(2 ** 24);
    expect(client.events.slice(0, 4)).toEqual([
      { kind: 'boot-fsm', state: 'wait', now: 0 },
      { kind: 'boot-fsm', state: 'done', now: 0 },
      { kind: 'text', text: 'Running Caliptra ROM ...\n', now: 0 },
      { kind: 'firmware-status', status: 385, name: 'CfiInitialized', now: 0 },
    ]);
    expect(client.events.at(-1).now).toBeGreaterThan(2_000_000);
    client.call('subscribe', { kinds: [] });
    client.events.length = 0;
    client.call('reset', { kind: 'cold' });
    expect(client.events).toEqual([]);
  });

  test('carry no secrets', () => {
    const client = new Client();
    client.call('create', { securityState: 7 });
    client.call('subscribe', { kinds: client.call('hello').events });
    const uds = 'd5'.repeat(64);
    client.fuses();
    client.ops(...Array.from({ length: 16 }, (_, i) => ['w', soc('FUSE_UDS_SEED', i), 0xd5d5_d5d5]));
    client.go();
    client.step(2 ** 24);
    client.load();
    expect(client.events.length).toBeGreaterThan(100);
    expect(JSON.stringify(client.events)).not.toContain(uds.slice(0, 16));
  });
});

describe('snapshot and restore', () => {
  test('a second device goes on where the first one was, with its entropy', () => {
    const options = { securityState: 7, entropy: { seed: 3 } };
    const first = booted(options);
    const { state } = first.call('snapshot');
    expect(state.length).toBeLessThan(2 ** 20);
    const expected = [first.command('GET_RT_ALIAS_MLDSA87_CERT'), first.command('FW_INFO'), first.call('output')];
    const second = new Client();
    second.call('create', options);
    second.call('restore', { state });
    expect([second.command('GET_RT_ALIAS_MLDSA87_CERT'), second.command('FW_INFO'), second.call('output')]).toEqual(
      expected,
    );
    second.call('reset', { kind: 'warm' });
    second.go();
    expect(second.run()).toContain('RT listening');
  });

  test('of a device that waits for its fuses, or in ROM', () => {
    const first = new Client();
    first.call('create', { securityState: 7 });
    const fused = first.call('snapshot').state;
    first.fuses().go();
    first.step(2 ** 24);
    first.step(2 ** 20);
    const inRom = first.call('snapshot').state;
    first.call('restore', { state: fused });
    expect(first.call('wires').readyForFuses).toBe(true);
    first.call('restore', { state: inRom });
    expect(first.load()).toContain('RT listening');
  });

  test('not while the firmware is at work', () => {
    const client = new Client();
    client.call('create', { securityState: 7 });
    client.fuses().go();
    client.step(1000);
    expect(client.fails('snapshot')).toMatchObject({ code: -32011, message: 'not-available' });
    client.step(2 ** 24);
  });

  test('only into a device with the same options, and only what is a state', () => {
    const client = new Client();
    client.call('create', { securityState: 7 });
    const { state } = client.call('snapshot');
    const other = new Client();
    other.call('create', { securityState: 3 });
    expect(other.fails('restore', { state })).toMatchObject({ code: -32602, data: { parameter: 'state' } });
    const text = Buffer.from(state, 'hex').toString();
    for (const [from, to] of [
      ['awaiting-fuses', 'somewhere'],
      ['rootcap-device', 'rootcap-drive'],
      ['"version":1', '"version":2'],
      ['"cycles":0', '"cycles":"0"'],
      ['"Uint32Array"', '"Uint64Array"'],
    ] as const) {
      expect(text).toContain(from);
      const changed = Buffer.from(text.replace(from, to)).toString('hex');
      expect(client.fails('restore', { state: changed })).toMatchObject({ code: -32602, data: { parameter: 'state' } });
    }
    client.call('restore', { state });
  });
});
