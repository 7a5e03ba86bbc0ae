import { describe, expect, test } from '@jest/globals';
import { BOOT_STATUS } from '@rootcap/firmware';
import { booted, Client, CMD, DLEN, EXECUTE, LOCK, STATUS, soc } from './helpers.ts';

/** Debug unlocked, so that CPTRA_BOOT_STATUS shows. */
function started(): Client {
  const client = new Client();
  client.call('create', { securityState: 3 });
  client.fuses().go();
  return client;
}

const STATUS_REGISTER = soc('CPTRA_BOOT_STATUS');

describe('step', () => {
  test('before GO nothing happens, however long', () => {
    const client = new Client();
    client.call('create');
    client.fuses();
    expect(client.step(1000)).toEqual({
      ran: 1000,
      reason: 'idle',
      values: [],
      readyForFw: false,
      now: 1000,
      idle: true,
    });
    client.write(soc('CPTRA_FUSE_WR_DONE'), 1);
    expect(client.step(5)).toMatchObject({ ran: 5, reason: 'idle', now: 1005 });
  });

  test('one cycle by default, none if asked for', () => {
    const client = started();
    expect(client.call('step')).toMatchObject({ ran: 1, reason: 'cycles', now: 1 });
    expect(client.step(0)).toMatchObject({ ran: 0, reason: 'cycles', now: 1 });
  });

  test('watch ends it at the first cycle at which a value differs: every boot status can be seen', () => {
    const client = started();
    const seen: number[] = [];
    for (;;) {
      const { reason, values } = client.step(2 ** 24, { watch: [STATUS_REGISTER, soc('CPTRA_FLOW_STATUS')] });
      if (reason !== 'watch' && reason !== 'wire') break;
      if (values[0] !== seen.at(-1)) seen.push(values[0]);
    }
    expect(seen.slice(0, 4)).toEqual([
      BOOT_STATUS.CfiInitialized,
      BOOT_STATUS.KatStarted,
      BOOT_STATUS.KatComplete,
      257,
    ]);
    expect(seen.at(-1)).toBe(BOOT_STATUS.LDevIdDerivationComplete);
  });

  test('single steps and long ones see the same', () => {
    const [short, long] = [started(), started()];
    const target = { address: STATUS_REGISTER, value: BOOT_STATUS.KatStarted };
    const { now } = long.step(10 ** 6, { until: target });
    for (let i = 0; i < 18_300 && short.read(STATUS_REGISTER) !== target.value; i++) short.step(1);
    expect(short.call('output').now).toBe(now);
  });

  test('until is tested before the first cycle too', () => {
    const client = started();
    const until = { address: STATUS_REGISTER, mask: 0xff, value: 0 };
    expect(client.step(100, { until })).toMatchObject({ ran: 0, reason: 'until' });
    expect(client.step(2 ** 24, { until: { ...until, value: BOOT_STATUS.KatComplete } })).toMatchObject({
      reason: 'until',
    });
    expect(client.read(STATUS_REGISTER)).toBe(BOOT_STATUS.KatComplete);
  });

  test('a wire always ends it', () => {
    const client = started();
    expect(client.step(2 ** 24)).toMatchObject({ reason: 'wire', readyForFw: true });
  });

  test('output ends it if asked to', () => {
    const client = started();
    expect(client.step(100, { stopOnOutput: true })).toMatchObject({
      ran: 1,
      reason: 'output',
      output: 'Running Caliptra ROM ...\n',
    });
    expect(client.step(100, { stopOnOutput: true })).toMatchObject({ ran: 100, reason: 'cycles' });
  });

  test('a device that waits for its SoC is idle; a watchdog that runs is something to come', () => {
    const unlocked = started();
    unlocked.step(2 ** 24);
    expect(unlocked.step(2 ** 24)).toMatchObject({ ran: 2 ** 24, idle: true });
    const locked = new Client();
    locked.call('create', { securityState: 7 });
    locked.fuses().go({ watchdog: 2 ** 25 });
    locked.step(2 ** 24);
    expect(locked.step(2 ** 20)).toMatchObject({ ran: 2 ** 20, reason: 'cycles' });
  });

  test('the time registers can be watched, cycle by cycle', () => {
    const client = started();
    client.step(9);
    const time = soc('INTERNAL_RV_MTIME_L');
    expect(client.step(50, { watch: [time] })).toMatchObject({ ran: 1, values: [10] });
    expect(client.step(50, { until: { address: time, value: 31 } })).toMatchObject({ ran: 21, now: 31 });
  });

  test('a register that is not there is a bus fault, and no time passes', () => {
    const client = started();
    expect(client.fails('step', { cycles: 9, watch: [4] })).toMatchObject({ code: -32010, data: { address: 4 } });
    expect(client.call('output').now).toBe(0);
  });

  test('a command is answered one cycle after EXECUTE', () => {
    const client = booted();
    client.ops(
      ['r', LOCK],
      ['w', CMD, 0x4650_5652],
      ['w', DLEN, 4],
      ['wf', 0x3002_0010, 'c2feffff'],
      ['w', EXECUTE, 1],
    );
    expect(client.step(2 ** 20, { watch: [STATUS] })).toMatchObject({ ran: 1, reason: 'watch' });
  });
});
