import { describe, expect, test } from '@jest/globals';
import { MAILBOX_FSM, Mailbox, type MBOX_CSR, UC_ACCESS } from '@rootcap/hardware';
import { mailboxOffset, soc, tap } from './chips.ts';
import { counted } from './engines.ts';

type Name = keyof typeof MBOX_CSR.registers;

const SIZE = 0x4000;
const OWNER = soc(1);
const STRANGER = soc(2);
const ACCESSES = { uc: UC_ACCESS, owner: OWNER, stranger: STRANGER, tap } as const;
type Who = keyof typeof ACCESSES;

/** A mailbox that notes what it reports. */
function rig() {
  const violations: string[] = [];
  const interrupts: string[] = [];
  const mailbox = new Mailbox({
    size: SIZE,
    onViolation: (violation) => violations.push(violation),
    onInterrupt: (event) => interrupts.push(event),
  });
  const run = (steps: readonly string[]) => steps.map((step) => perform(mailbox, step));
  return { mailbox, violations, interrupts, run };
}

/** One access, written `who register[=value]`: a read without `=`. */
function perform(mailbox: Mailbox, step: string): number {
  const [who, what] = step.split(' ') as [Who, string];
  const [register, value] = what.split('=') as [string, string | undefined];
  const name = (register === 'TAP_MODE' ? register : `MBOX_${register}`) as Name;
  if (value === undefined) return mailbox.readRegister(mailboxOffset(name), ACCESSES[who]);
  mailbox.writeRegister(mailboxOffset(name), Number(value), ACCESSES[who]);
  return 0;
}

const state = (mailbox: Mailbox): string =>
  Object.entries(MAILBOX_FSM)
    .find(([, code]) => code === mailbox.fsm)?.[0]
    .replace('MBOX_', '') ?? '?';

const LOCKED = ['owner LOCK'];
const WITH_CMD = [...LOCKED, 'owner CMD=0x11'];
const WITH_DLEN = [...WITH_CMD, 'owner DLEN=8'];
const WITH_DATA = [...WITH_DLEN, 'owner DATAIN=0xa1', 'owner DATAIN=0xa2'];
const SENT = [...WITH_DATA, 'owner EXECUTE=1'];
const ANSWERED = [...SENT, 'uc DLEN=4', 'uc DATAIN=0xb1', 'uc STATUS=1'];
const UC_FILLED = ['uc LOCK', 'uc CMD=0x22', 'uc DLEN=4', 'uc DATAIN=0xc1'];
const UC_SENT = [...UC_FILLED, 'uc EXECUTE=1'];
const TAP_SENT = ['tap LOCK', 'tap CMD=0x33', 'tap DLEN=4', 'tap DATAIN=0xd1', 'tap EXECUTE=1'];
const UC_SENT_TAP = ['uc TAP_MODE=1', ...UC_SENT];

describe('transitions', () => {
  test.each([
    ['LOCK read as 0 by the SoC', [], 'owner LOCK', 'RDY_FOR_CMD', 'soc'],
    ['LOCK read as 0 by the core', [], 'uc LOCK', 'RDY_FOR_CMD', 'uc'],
    ['LOCK read as 0 by TAP', [], 'tap LOCK', 'RDY_FOR_CMD', 'tap'],
    ['CMD written', LOCKED, 'owner CMD=5', 'RDY_FOR_DLEN', 'soc'],
    ['CMD written by TAP', ['tap LOCK'], 'tap CMD=5', 'RDY_FOR_DLEN', 'tap'],
    ['DLEN written', WITH_CMD, 'owner DLEN=8', 'RDY_FOR_DATA', 'soc'],
    ['DATAIN appends', WITH_DLEN, 'owner DATAIN=1', 'RDY_FOR_DATA', 'soc'],
    ['EXECUTE by the SoC', WITH_DATA, 'owner EXECUTE=1', 'EXECUTE_UC', 'soc'],
    ['EXECUTE by TAP', TAP_SENT.slice(0, -1), 'tap EXECUTE=1', 'EXECUTE_UC', 'tap'],
    ['EXECUTE by the core', UC_FILLED, 'uc EXECUTE=1', 'EXECUTE_SOC', 'uc'],
    ['EXECUTE by the core in TAP mode', UC_SENT_TAP.slice(0, -1), 'uc EXECUTE=1', 'EXECUTE_TAP', 'uc'],
    ['STATUS by the core, SoC waits', SENT, 'uc STATUS=2', 'EXECUTE_SOC', 'soc'],
    ['STATUS by the core, TAP waits', TAP_SENT, 'uc STATUS=3', 'EXECUTE_TAP', 'tap'],
    ['STATUS = BUSY changes nothing', SENT, 'uc STATUS=0', 'EXECUTE_UC', 'soc'],
    ['EXECUTE cleared by the SoC', ANSWERED, 'owner EXECUTE=0', 'IDLE', 'none'],
    ['EXECUTE cleared by the core', UC_SENT, 'uc EXECUTE=0', 'IDLE', 'none'],
    ['EXECUTE cleared by the core while it works', SENT, 'uc EXECUTE=0', 'IDLE', 'none'],
    ['EXECUTE cleared by TAP', [...TAP_SENT, 'uc STATUS=2'], 'tap EXECUTE=0', 'IDLE', 'none'],
    ['STATUS by the SoC, core waits', UC_SENT, 'owner STATUS=2', 'EXECUTE_UC', 'uc'],
    ['STATUS by any SoC user, core waits', UC_SENT, 'stranger STATUS=2', 'EXECUTE_UC', 'uc'],
    ['STATUS by TAP, core waits', UC_SENT_TAP, 'tap STATUS=2', 'EXECUTE_UC', 'uc'],
    ['EXECUTE cleared by the core after the answer', [...UC_SENT, 'owner STATUS=2'], 'uc EXECUTE=0', 'IDLE', 'none'],
    ['UNLOCK in RDY_FOR_CMD', LOCKED, 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK in RDY_FOR_DLEN', WITH_CMD, 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK in RDY_FOR_DATA', WITH_DATA, 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK in EXECUTE_UC', SENT, 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK in EXECUTE_SOC', ANSWERED, 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK in EXECUTE_TAP', UC_SENT_TAP, 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK in ERROR', [...LOCKED, 'owner DLEN=1'], 'uc UNLOCK=1', 'IDLE', 'none'],
    ['UNLOCK by the SoC is not allowed', UC_SENT, 'stranger UNLOCK=1', 'ERROR', 'uc'],
  ] as const)('%s', (_name, before, step, expected, owner) => {
    const { mailbox, run } = rig();
    run([...before, step]);
    expect([state(mailbox), mailbox.owner]).toEqual([expected, owner]);
  });

  test('going idle clears lock, status and execute; command and length stay', () => {
    const { run } = rig();
    expect(
      run([...ANSWERED, 'owner EXECUTE=0', 'owner STATUS', 'owner EXECUTE', 'owner CMD', 'owner DLEN']).slice(-4),
    ).toEqual([1 << 10, 0, 0x11, 4]);
  });

  test('USER is whoever took the lock; a taken lock reads 1', () => {
    const { run } = rig();
    expect(run(['owner LOCK', 'stranger USER', 'stranger LOCK', 'uc LOCK']).slice(1)).toEqual([1, 1, 1]);
  });
});

describe('protocol violations of the SoC', () => {
  const ALL = ['CMD', 'DLEN', 'DATAIN', 'EXECUTE', 'STATUS', 'LOCK', 'USER', 'UNLOCK', 'DATAOUT'];
  const writes = (...allowed: string[]) => ALL.filter((name) => !allowed.includes(name)).map((name) => `${name}=1`);

  test.each([
    ['IDLE: any write', [], writes(), 'IDLE', 'no_lock'],
    ['IDLE: DATAOUT read', [], ['DATAOUT'], 'IDLE', 'no_lock'],
    ['RDY_FOR_CMD: write other than CMD', LOCKED, writes('CMD'), 'ERROR', 'ooo'],
    ['RDY_FOR_CMD: DATAOUT read', LOCKED, ['DATAOUT'], 'ERROR', 'ooo'],
    ['RDY_FOR_DLEN: write other than DLEN', WITH_CMD, writes('DLEN'), 'ERROR', 'ooo'],
    ['RDY_FOR_DLEN: DATAOUT read', WITH_CMD, ['DATAOUT'], 'ERROR', 'ooo'],
    ['RDY_FOR_DATA: write other than DATAIN, EXECUTE', WITH_DLEN, writes('DATAIN', 'EXECUTE'), 'ERROR', 'ooo'],
    ['RDY_FOR_DATA: DATAOUT read', WITH_DLEN, ['DATAOUT'], 'ERROR', 'ooo'],
    ['EXECUTE_UC: any write', SENT, writes(), 'ERROR', 'ooo'],
    ['EXECUTE_UC: DATAOUT read', SENT, ['DATAOUT'], 'ERROR', 'ooo'],
    ['EXECUTE_SOC, own lock: write other than EXECUTE', ANSWERED, writes('EXECUTE'), 'ERROR', 'ooo'],
    ['EXECUTE_SOC, core has lock: write other than STATUS', UC_SENT, writes('STATUS'), 'ERROR', 'ooo'],
  ] as const)('%s', (_name, before, steps, expected, violation) => {
    for (const step of steps) {
      const { mailbox, run, violations } = rig();
      run([...before, `owner ${step}`]);
      expect([step, state(mailbox), violations]).toEqual([step, expected, [violation]]);
    }
  });

  test.each([
    ['RDY_FOR_CMD', LOCKED],
    ['RDY_FOR_DLEN', WITH_CMD],
    ['RDY_FOR_DATA', WITH_DATA],
    ['EXECUTE_UC', SENT],
    ['EXECUTE_SOC', ANSWERED],
    ['ERROR', [...LOCKED, 'owner DLEN=1']],
  ] as const)('%s: whoever does not hold the lock is ignored', (expected, before) => {
    for (const step of [...writes(), 'DATAOUT']) {
      const { mailbox, run, violations } = rig();
      run(before);
      const kept = mailbox.save();
      const count = violations.length;
      expect(run([`stranger ${step}`])).toEqual([0]);
      expect([step, state(mailbox), violations.length]).toEqual([step, expected, count]);
      expect(mailbox.save()).toEqual(kept);
    }
  });

  test('accesses of the core are never violations', () => {
    for (const before of [[], LOCKED, WITH_CMD, WITH_DATA, SENT, ANSWERED, UC_SENT]) {
      const { run, violations } = rig();
      run([...before, ...ALL.map((name) => `uc ${name}=1`), 'uc DATAOUT']);
      expect(violations).toEqual([]);
    }
  });

  test('ERROR keeps the lock through everything but UNLOCK and reset', () => {
    const { mailbox, run } = rig();
    run([...LOCKED, 'owner DLEN=1', 'owner EXECUTE=0', 'owner CMD=1', 'uc EXECUTE=0', 'uc STATUS=2']);
    expect([state(mailbox), mailbox.owner]).toEqual(['ERROR', 'soc']);
    mailbox.reset('update');
    expect(state(mailbox)).toBe('ERROR');
    mailbox.reset('warm');
    expect([state(mailbox), mailbox.owner]).toEqual(['IDLE', 'none']);
  });
});

describe('data', () => {
  test('the receiver reads what was written, then zeros', () => {
    const { run } = rig();
    expect(run([...SENT, 'uc DATAOUT', 'uc DATAOUT', 'uc DATAOUT']).slice(-3)).toEqual([0xa1, 0xa2, 0]);
  });

  test.each([
    ['DLEN smaller than what was written', 'owner DLEN=4', [0xa1, 0, 0]],
    ['DLEN larger than what was written', 'owner DLEN=12', [0xa1, 0xa2, 0]],
    ['DLEN not a whole word', 'owner DLEN=5', [0xa1, 0xa2, 0]],
    ['DLEN zero', 'owner DLEN=0', [0, 0, 0]],
    ['DLEN beyond the SRAM', 'owner DLEN=0xffffffff', [0xa1, 0xa2, 0]],
  ] as const)('%s', (_name, dlen, expected) => {
    const { run } = rig();
    const sent = [...WITH_CMD, dlen, 'owner DATAIN=0xa1', 'owner DATAIN=0xa2', 'owner EXECUTE=1'];
    expect(run([...sent, 'uc DATAOUT', 'uc DATAOUT', 'uc DATAOUT']).slice(-3)).toEqual(expected);
  });

  test('a full mailbox takes the programmed length; more data is dropped', () => {
    const { mailbox, run } = rig();
    run([...WITH_CMD, `owner DLEN=${SIZE}`]);
    for (let i = 0; i < SIZE / 4 + 2; i++) perform(mailbox, `owner DATAIN=${i}`);
    run(['owner EXECUTE=1']);
    const read = Array.from({ length: SIZE / 4 + 1 }, () => perform(mailbox, 'uc DATAOUT'));
    expect([read[0], read[SIZE / 4 - 1], read[SIZE / 4]]).toEqual([0, SIZE / 4 - 1, 0]);
  });

  test('the response is of the length that the core writes; a wrong user reads 0', () => {
    const { run } = rig();
    expect(run([...ANSWERED, 'stranger DATAOUT', 'owner DATAOUT', 'owner DATAOUT', 'owner DLEN']).slice(-4)).toEqual([
      0, 0xb1, 0, 4,
    ]);
  });

  test('STATUS shows state, read pointer, lock holder', () => {
    const { run } = rig();
    expect(run([...SENT, 'uc STATUS']).at(-1)).toBe((6 << 6) | (1 << 9) | (1 << 10));
    expect(
      rig()
        .run([...TAP_SENT, 'uc STATUS'])
        .at(-1),
    ).toBe(((6 << 6) | (1 << 26) | (1 << 10)) >>> 0);
    expect(
      rig()
        .run([...ANSWERED, 'owner DATAOUT', 'owner STATUS'])
        .at(-1),
    ).toBe(1 | (4 << 6) | (1 << 9) | (1 << 10));
  });

  test('the SRAM is open to the core with the lock, or while a command waits for it', () => {
    const { mailbox, run } = rig();
    mailbox.writeSram(0, 5);
    expect(mailbox.readSram(0)).toBe(0);
    run(SENT);
    expect([mailbox.readSram(0), mailbox.readSram(4)]).toEqual([0xa1, 0xa2]);
    mailbox.writeSram(4, 7);
    expect(mailbox.readSram(4)).toBe(7);
    run(['uc STATUS=2']);
    expect(mailbox.readSram(4)).toBe(0);
  });
});

describe('interrupts', () => {
  test.each([
    ['a command for the core', SENT, ['notif_cmd_avail']],
    ['an answer for the core', [...UC_SENT, 'owner STATUS=2'], ['notif_cmd_avail']],
    ['the SoC asks for the lock while the core has it', ['uc LOCK', 'owner LOCK'], ['notif_soc_req_lock']],
    ['a user without business here', [...LOCKED, 'stranger CMD=1'], ['error_inv_dev']],
  ] as const)('%s', (_name, steps, expected) => {
    const { run, interrupts } = rig();
    run(steps);
    expect(interrupts).toEqual(expected);
  });
});

describe('typed face', () => {
  const data = counted(10, 1);

  test('leaves the same state as the registers, and reads the same', () => {
    const typed = rig();
    const byRegister = rig();
    expect(typed.mailbox.send({ axiUser: 1, command: 0x11, data })).toBe(true);
    byRegister.run([
      ...['owner LOCK', 'owner CMD=0x11', 'owner DLEN=10'],
      ...['owner DATAIN=0x04030201', 'owner DATAIN=0x08070605', 'owner DATAIN=0x00000a09', 'owner EXECUTE=1'],
    ]);
    const withoutData = (mailbox: Mailbox) => {
      const { words, ...rest } = mailbox.save();
      const datain = 4; // the last word that went through DATAIN, which the typed face does not use
      return { ...rest, words: words.map((word, i) => (i === datain ? 0 : word)) };
    };
    expect(withoutData(typed.mailbox)).toEqual(withoutData(byRegister.mailbox));
    expect(typed.mailbox.pending()).toEqual({ command: 0x11, dlen: 10, axiUser: 1, side: 'soc' });
    expect(typed.mailbox.request()).toEqual(data);

    typed.mailbox.respond(counted(5));
    byRegister.run(['uc DLEN=5', 'uc DATAIN=0x03020100', 'uc DATAIN=0x4', 'uc STATUS=1']);
    expect(withoutData(typed.mailbox)).toEqual(withoutData(byRegister.mailbox));
    expect([typed.mailbox.status(), typed.mailbox.response(1), typed.mailbox.response(2)]).toEqual([
      'DATA_READY',
      counted(5),
      new Uint8Array(0),
    ]);
    typed.mailbox.release(2);
    expect(state(typed.mailbox)).toBe('EXECUTE_SOC');
    typed.mailbox.release(1);
    expect([state(typed.mailbox), typed.violations, typed.interrupts]).toEqual([
      'IDLE',
      [],
      ['notif_cmd_avail', 'error_inv_dev'],
    ]);
  });

  test('complete without data', () => {
    const { mailbox } = rig();
    mailbox.send({ axiUser: 1, command: 1, data });
    mailbox.complete('CMD_FAILURE');
    expect([mailbox.status(), state(mailbox)]).toEqual(['CMD_FAILURE', 'EXECUTE_SOC']);
  });

  test('the core sends, the SoC answers', () => {
    const { mailbox } = rig();
    expect(mailbox.ucSend(0x22, data)).toBe(true);
    expect(mailbox.receiveFromUc(3)).toEqual({ command: 0x22, data });
    expect(mailbox.ucResponseStatus()).toBe('CMD_BUSY');
    mailbox.answerUc(3, 'CMD_COMPLETE');
    expect([mailbox.ucResponseStatus(), mailbox.receiveFromUc(3)]).toEqual(['CMD_COMPLETE', undefined]);
    mailbox.ucRelease();
    expect(state(mailbox)).toBe('IDLE');
  });

  test('TAP sends, and receives in TAP mode', () => {
    const { mailbox } = rig();
    mailbox.send({ side: 'tap', axiUser: 0, command: 0x33, data });
    expect(mailbox.pending()?.side).toBe('tap');
    mailbox.respond(counted(4));
    expect(mailbox.response(0)).toEqual(counted(4));
    mailbox.release(0, 'tap');
    mailbox.set('TAP_MODE', 1);
    mailbox.ucSend(0x44, data);
    expect(mailbox.receiveFromUc(0)).toBeUndefined();
    expect(mailbox.receiveFromUc(0, 'tap')).toEqual({ command: 0x44, data });
  });

  test('a taken lock is a value, what is not pending too', () => {
    const { mailbox } = rig();
    expect([mailbox.respond(data), mailbox.complete('CMD_COMPLETE'), mailbox.pending()]).toEqual([
      false,
      false,
      undefined,
    ]);
    mailbox.send({ axiUser: 1, command: 1, data });
    expect([mailbox.send({ axiUser: 2, command: 1, data }), mailbox.ucSend(1, data)]).toEqual([false, false]);
  });

  test('data that does not fit', () => {
    const { mailbox } = rig();
    mailbox.send({ axiUser: 1, command: 1, data: new Uint8Array(SIZE + 8).fill(1) });
    expect(mailbox.request()).toEqual(new Uint8Array(SIZE).fill(1));
    expect(mailbox.pending()?.dlen).toBe(SIZE + 8);
    expect(() => mailbox.respond(new Uint8Array(SIZE + 1))).toThrow(RangeError);
  });

  test('users that are not valid', () => {
    const mailbox = new Mailbox({ size: SIZE, validUser: (user) => user === 1 });
    expect(() => mailbox.send({ axiUser: 2, command: 1, data })).toThrow(RangeError);
    expect([perform(mailbox, 'stranger LOCK'), perform(mailbox, 'stranger CMD'), mailbox.owner]).toEqual([
      0,
      0,
      'none',
    ]);
  });
});
