import { describe, expect, test } from '@jest/globals';
import { ABR_PROFILES, type AbrProfileName } from '@rootcap/hardware';
import { bench, EMPTY_SLOT, SECRET, SLOT, TARGET } from './abr-bench.ts';
import { counted, hex, readControl, writeControl } from './engines.ts';

const [KEYGEN, SIGN, VERIFY] = [1, 2, 3];
const [ENCAPS, DECAPS] = [2, 3];
const [ZEROIZE, PCR_SIGN, STREAM] = [8, 0x10, 0x40];
const NO_SLOT = '00'.repeat(64);

/** A bench with a clock, and what steps it to the next thing that happens. */
function timed(profile: AbrProfileName = 'rtl-2.0.3') {
  let now = 1000;
  const clock = {
    now: () => now,
    spend: (cycles: number) => {
      now += cycles;
    },
  };
  const b = bench(profile, 'plain', clock);
  const pass = (cycles: number) => {
    now += cycles;
    b.abr.settle();
  };
  /** Cycles until nothing is under way. */
  const finish = (): number => {
    const start = now;
    while (b.abr.eventDue < Number.POSITIVE_INFINITY) pass(b.abr.eventDue - now);
    return now - start;
  };
  return { ...b, clock, pass, finish };
}

describe('time of the RTL', () => {
  const { commands, refusals, zeroize } = ABR_PROFILES['rtl-2.0.3'].timing;

  test.each([
    ['MLDSA_KEYGEN', 'dsa', 1],
    ['MLDSA_SIGN', 'dsa', 2],
    ['MLDSA_VERIFY', 'dsa', 3],
    ['MLDSA_KEYGEN_SIGN', 'dsa', 4],
    ['MLKEM_KEYGEN', 'kem', 1],
    ['MLKEM_ENCAPS', 'kem', 2],
    ['MLKEM_DECAPS', 'kem', 3],
    ['MLKEM_KEYGEN_DECAPS', 'kem', 4],
  ] as const)('%s: READY and VALID are low until its cycles have passed', (name, algorithm, code) => {
    const b = timed();
    b[algorithm](code);
    expect(b.status()).toEqual([0, 0]);
    b.pass(commands[name] - 1);
    expect([...b.status(), ...b.interrupts()]).toEqual([0, 0, 0, 0]);
    b.pass(1);
    expect([...b.status(), ...b.interrupts()]).toEqual([...(algorithm === 'dsa' ? [2, 0] : [0, 2]), 0, 1]);
  });

  test.each([
    ['MLDSA_SIGN', 'MLDSA_PRIVKEY_IN', 'dsa', SIGN],
    ['MLKEM_ENCAPS', 'MLKEM_ENCAPS_KEY', 'kem', ENCAPS],
    ['MLKEM_DECAPS', 'MLKEM_DECAPS_KEY', 'kem', DECAPS],
  ] as const)('%s of a malformed key: ERROR comes after its own time', (name, register, algorithm, code) => {
    const b = timed();
    b.load(register, new Uint8Array(64).fill(0xff));
    b[algorithm](code);
    expect(b.status()).toEqual([0, 0]);
    expect(b.finish()).toBe(refusals[name]);
    expect([...b.status(), ...b.interrupts()]).toEqual([8, 4, 1, 0]);
  });

  test('nothing that a command makes shows before its end', () => {
    const b = timed();
    b.load('MLDSA_SEED', counted(32, 3));
    b.load('MLDSA_PUBKEY', counted(2592));
    b.load('MLDSA_SIGNATURE', counted(64, 9));
    b.dsa(VERIFY);
    expect([b.read('MLDSA_VERIFY_RES', 64), b.read('MLDSA_PUBKEY', 64)]).toEqual([NO_SLOT, NO_SLOT]);
    b.finish();
    expect(b.read('MLDSA_VERIFY_RES', 64)).toBe(hex(counted(64)));
  });

  test('a shared secret reaches the vault at the end', () => {
    const b = timed();
    b.set('KV_MLKEM_SHAREDKEY_WR_CTRL', writeControl(TARGET, 1));
    b.load('MLKEM_MSG', counted(32, 3));
    b.kem(ENCAPS);
    expect([b.slot(TARGET).slice(0, 64), b.abr.get('KV_MLKEM_SHAREDKEY_WR_STATUS')]).toEqual(['00'.repeat(32), 1]);
    b.finish();
    expect([b.slot(TARGET).slice(0, 64), b.abr.get('KV_MLKEM_SHAREDKEY_WR_STATUS')]).toEqual([
      hex(counted(32, 3).reverse()),
      3,
    ]);
  });

  test('a command takes no other and no inputs', () => {
    const b = timed();
    b.dsa(KEYGEN);
    b.pass(10);
    b.kem(KEYGEN);
    b.load('MLDSA_SEED', counted(32, 3));
    expect(b.finish()).toBe(commands.MLDSA_KEYGEN - 10);
    expect(b.calls).toHaveLength(1);
  });

  test.each([0, 1, 100, 15_529])(
    'ZEROIZE %i cycles into a command ends it; READY comes 1475 cycles later',
    (cycles) => {
      const b = timed();
      b.load('MLDSA_SEED', counted(32, 3));
      b.dsa(KEYGEN);
      b.pass(cycles);
      b.dsa(ZEROIZE);
      expect(b.status()).toEqual([0, 0]);
      b.dsa(KEYGEN);
      b.load('MLDSA_SEED', counted(32, 3));
      b.pass(zeroize - 1);
      expect(b.status()).toEqual([0, 0]);
      b.pass(1);
      expect([...b.status(), ...b.interrupts(), b.abr.eventDue]).toEqual([1, 1, 0, 0, Number.POSITIVE_INFINITY]);
      b.dsa(KEYGEN);
      b.finish();
      expect(b.inputs()).toEqual(['00'.repeat(32)]);
    },
  );

  test('a second ZEROIZE begins anew', () => {
    const b = timed();
    b.dsa(ZEROIZE);
    b.pass(1000);
    b.kem(ZEROIZE);
    expect(b.finish()).toBe(zeroize);
  });

  test('a shared secret of a command that was zeroized never reaches the vault', () => {
    const b = timed();
    b.set('KV_MLKEM_SHAREDKEY_WR_CTRL', writeControl(TARGET, 1));
    b.kem(DECAPS);
    b.kem(ZEROIZE);
    b.finish();
    expect(b.slot(TARGET)).toBe('00'.repeat(b.slot(TARGET).length / 2));
  });

  test.each([
    ['KV_MLDSA_SEED_RD_CTRL', 11],
    ['KV_MLKEM_SEED_RD_CTRL', 19],
    ['KV_MLKEM_MSG_RD_CTRL', 11],
  ] as const)('%s takes a word a cycle, without READY', (port, cycles) => {
    const b = timed();
    b.set(port, readControl(SLOT));
    expect(b.status()).toEqual([0, 0]);
    expect(b.finish()).toBe(cycles);
    expect(b.status()).toEqual([1, 1]);
  });

  test('a refused read leaves READY low', () => {
    const b = timed();
    b.set('KV_MLKEM_MSG_RD_CTRL', readControl(EMPTY_SLOT));
    b.finish();
    expect(b.status()).toEqual([0, 0]);
  });

  test('a message is asked for when it is needed, and the time of the host counts', () => {
    const b = timed();
    b.load('MLDSA_CTX', counted(8));
    b.set('MLDSA_CTX_CONFIG', 8);
    b.dsa(SIGN | STREAM);
    b.set('MLDSA_MSG_STROBE', 0);
    b.set('MLDSA_MSG', 9);
    expect([...b.status(), b.calls.length]).toEqual([0, 0, 0]);
    expect(b.finish()).toBe(69);
    expect(b.status()).toEqual([4, 0]);
    b.pass(5000);
    b.set('MLDSA_MSG_STROBE', 0);
    b.set('MLDSA_MSG', 9);
    expect(b.status()).toEqual([0, 0]);
    expect(b.finish()).toBe(commands.MLDSA_SIGN - 69);
    expect(b.status()).toEqual([2, 0]);
  });

  test('a verification that needs no message ends early', () => {
    const b = timed();
    b.set('MLDSA_SIGNATURE', 0xee, 16);
    b.dsa(VERIFY | STREAM);
    expect([b.finish(), ...b.status()]).toEqual([561, 2, 0]);
  });

  test('PCR_SIGN with a wrong command is seen at once', () => {
    const b = timed();
    b.dsa(SIGN | PCR_SIGN);
    expect([b.finish(), ...b.status()]).toEqual([1, 8, 4]);
  });

  test('an engine that counts cycles decides', () => {
    const counting = timed();
    counting.engine.takeCycles = () => 77;
    counting.dsa(KEYGEN);
    expect(counting.finish()).toBe(77);
  });

  test('what is under way is saved', () => {
    const [b, other] = [timed(), timed()];
    b.set('KV_MLKEM_SHAREDKEY_WR_CTRL', writeControl(TARGET, 1));
    b.load('MLKEM_MSG', counted(32, 3));
    b.kem(ENCAPS);
    b.pass(100);
    const state = structuredClone(b.abr.save());
    other.abr.restore(state);
    other.pass(100);
    expect(other.finish()).toBe(commands.MLKEM_ENCAPS - 100);
    expect([...other.status(), other.slot(TARGET).slice(0, 64)]).toEqual([0, 2, hex(counted(32, 3).reverse())]);
    const broken = { ...state, events: [{ ...state.events[0], kind: 'party' }] };
    expect(() => other.abr.restore(broken as never)).toThrow('abr.events[0].kind');
  });

  test('methods take the time of their commands', () => {
    const b = timed();
    const time = (run: () => unknown): number => {
      const start = b.clock.now();
      run();
      return b.clock.now() - start;
    };
    const seeds = { d: SECRET.slice(0, 32), z: SECRET.slice(32) };
    expect({
      keygen: time(() => b.abr.mldsaKeygen({ seed: counted(32) })),
      keygenSign: time(() => b.abr.mldsaSign({ seed: counted(32), message: counted(64) })),
      sign: time(() => b.abr.mldsaSignWithKey({ secretKey: counted(4896), message: counted(64) })),
      pcr: time(() => b.abr.mldsaSignPcr()),
      kem: time(() => b.abr.mlkemKeygen({ seed: seeds })),
      opened: time(() => b.abr.mlkemDecapsulate({ key: seeds, ciphertext: counted(1568) })),
    }).toEqual({
      keygen: commands.MLDSA_KEYGEN,
      keygenSign: commands.MLDSA_KEYGEN_SIGN,
      sign: commands.MLDSA_SIGN,
      pcr: commands.MLDSA_KEYGEN_SIGN,
      kem: commands.MLKEM_KEYGEN,
      opened: commands.MLKEM_KEYGEN_DECAPS,
    });
  });
});

describe('time of the software emulator', () => {
  test('1000 cycles for a command, one algorithm apart from the other', () => {
    const b = timed('emulator');
    b.dsa(KEYGEN);
    b.pass(400);
    b.kem(KEYGEN);
    expect(b.status()).toEqual([0, 0]);
    b.pass(600);
    expect(b.status()).toEqual([3, 0]);
    b.pass(400);
    expect(b.status()).toEqual([3, 3]);
  });

  test('10 until a message is asked for, 100 for the vault, 1000 for ZEROIZE', () => {
    const b = timed('emulator');
    b.dsa(VERIFY | STREAM);
    expect([b.finish(), ...b.status()]).toEqual([10, 4, 1]);
    b.set('MLDSA_MSG_STROBE', 0);
    b.set('MLDSA_MSG', 0);
    expect([b.finish(), ...b.status()]).toEqual([1000, 3, 1]);
    b.dsa(ZEROIZE);
    expect(b.finish()).toBe(1000);
    b.set('KV_MLDSA_SEED_RD_CTRL', readControl(SLOT));
    expect([b.finish(), ...b.status()]).toEqual([100, 1, 1]);
  });

  test('methods take none: the waits of firmware have it', () => {
    const b = timed('emulator');
    b.abr.mldsaKeygen({ seed: counted(32) });
    expect(b.clock.now()).toBe(1000);
  });
});
