import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import {
  type ChipEvent,
  ENCRYPTION_ENGINE_SFR,
  ENCRYPTION_ENGINE_SIZE,
  ENGINE_COMMAND,
  EncryptionEngine,
  type EncryptionEngineOptions,
  type MediaKeyCache,
  ReferenceKeyCache,
} from '@rootcap/hardware';
import fc from 'fast-check';
import { counted, hasPack, hex, pack } from './engines.ts';

const { MEK, METD, AUX, CTRL } = ENCRYPTION_ENGINE_SFR.registers;
const { LOAD_MEK, UNLOAD_MEK, ZEROIZE, LOAD_KAT_MEK } = ENGINE_COMMAND;
const EXE = 1;
const DONE = 2;
const RDY = 0x8000_0000;

const mek = counted(64, 0x80);
const metadata = (n: number): Uint8Array => counted(20, n);
const aux = counted(32, 0x40);

/** A cache that writes down what it is told. */
function recorder(answer = 0) {
  const calls: string[] = [];
  const keyCache: MediaKeyCache = {
    load: (...parts) => {
      calls.push(`load ${parts.map(hex).join(' ')}`);
      return answer;
    },
    unload: (which) => {
      calls.push(`unload ${hex(which)}`);
      return answer;
    },
    zeroize: () => {
      calls.push('zeroize');
      return answer;
    },
  };
  return { calls, keyCache };
}

function bench(options: EncryptionEngineOptions = {}) {
  let cycles = 0;
  const events: ChipEvent[] = [];
  const engine = new EncryptionEngine(options, { now: () => cycles, emit: (event) => events.push(event) });
  const word = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
  return {
    engine,
    events,
    ctrl: () => engine.get('CTRL'),
    write: (value: number) => engine.device.write(CTRL.offset, word(value)),
    /** Writes the registers of a command and starts it. */
    run(cmd: number, which = 0, key = mek) {
      engine.device.write(METD.offset, metadata(which));
      engine.device.write(AUX.offset, aux);
      engine.device.write(MEK.offset, key);
      engine.device.write(CTRL.offset, word((cmd << 2) | EXE));
      return engine.get('CTRL');
    },
    pass(n: number) {
      cycles += n;
      engine.settle();
    },
  };
}
type Bench = ReturnType<typeof bench>;

if (hasPack('ocp-lock/sfr-trace.json'))
  describe('CTRL as the emulator has it', () => {
    type Words<K extends string> = Record<K, string>;
    const trace = pack<{
      idle: string;
      write_clear: string;
      write_execute: Words<'load' | 'unload' | 'zeroize'>;
      read_done_ok: Words<'load' | 'unload' | 'zeroize'>;
      read_done_error: Words<
        'cache_full_on_load' | 'not_found_on_unload' | 'duplicate_metadata_on_load' | 'invalid_command_15'
      >;
    }>('ocp-lock/sfr-trace.json');
    const shown = (value: number) => value.toString(16).padStart(8, '0');
    const fill = (b: Bench, keys: number) => {
      for (let i = 0; i < keys; i++) {
        b.run(LOAD_MEK, i);
        b.write(DONE);
      }
    };

    test('idle, and again after a clear', () => {
      const b = bench();
      expect(shown(b.ctrl())).toBe(trace.idle);
      b.run(LOAD_MEK);
      b.write(Number.parseInt(trace.write_clear, 16));
      expect(shown(b.ctrl())).toBe(trace.idle);
    });

    test.each(['load', 'unload', 'zeroize'] as const)('%s', (command) => {
      const b = bench();
      if (command === 'unload') fill(b, 1);
      b.engine.device.write(METD.offset, metadata(0));
      b.write(Number.parseInt(trace.write_execute[command], 16));
      expect(shown(b.ctrl())).toBe(trace.read_done_ok[command]);
    });

    test.each([
      ['cache_full_on_load', 8, LOAD_MEK, 99],
      ['cache_full_on_load', 8, LOAD_MEK, 0],
      ['not_found_on_unload', 1, UNLOAD_MEK, 99],
      ['duplicate_metadata_on_load', 7, LOAD_MEK, 0],
      ['invalid_command_15', 0, 15, 0],
    ] as const)('%s, with %p keys', (error, keys, cmd, which) => {
      const b = bench();
      fill(b, keys);
      expect(shown(b.run(cmd, which))).toBe(trace.read_done_error[error]);
    });
  });

describe('registers', () => {
  test('the key reads as 0, and METD and AUX unless they are readable', () => {
    for (const readable of [false, true]) {
      const { engine } = bench({ readable });
      engine.device.write(MEK.offset, mek);
      engine.device.write(METD.offset, metadata(1));
      engine.device.write(AUX.offset, aux);
      expect(hex(engine.device.read(MEK.offset, 64))).toBe('00'.repeat(64));
      expect(hex(engine.device.read(METD.offset, 20))).toBe(readable ? hex(metadata(1)) : '00'.repeat(20));
      expect(hex(engine.device.read(AUX.offset, 32))).toBe(readable ? hex(aux) : '00'.repeat(32));
    }
  });

  test('byte i of key, metadata and AUX is at offset i', () => {
    const { calls, keyCache } = recorder();
    bench({ keyCache }).run(LOAD_MEK, 3);
    expect(calls).toEqual([`load ${hex(metadata(3))} ${hex(aux)} ${hex(mek)}`]);
  });

  test('a clear zeroes them: what is not written again is zero', () => {
    const { calls, keyCache } = recorder();
    const b = bench({ keyCache });
    b.run(LOAD_MEK, 3);
    b.write(DONE);
    b.write((LOAD_MEK << 2) | EXE);
    expect(calls[1]).toBe(`load ${'00'.repeat(20)} ${'00'.repeat(32)} ${'00'.repeat(64)}`);
  });

  test('RDY and ERR cannot be written', () => {
    const b = bench();
    b.write(0x000f_0000);
    expect(b.ctrl()).toBe(RDY);
  });

  test('the key of the known answer', () => {
    const { calls, keyCache } = recorder();
    expect(bench({ keyCache }).run(LOAD_KAT_MEK)).toBe((RDY | (LOAD_KAT_MEK << 2) | DONE) >>> 0);
    const known = ['00', '11', '22', '33'].map((byte) => byte.repeat(16)).join('');
    expect(calls).toEqual([`load ${hex(metadata(0))} ${hex(aux)} ${known}`]);
    expect(bench({ katMek: false }).run(LOAD_KAT_MEK)).toBe((RDY | 0x1_0000 | (LOAD_KAT_MEK << 2) | DONE) >>> 0);
  });
});

describe('the key cache', () => {
  test.each([4, 9, 15])('its refusal %p is ERR', (answer) => {
    const { keyCache } = recorder(answer);
    const b = bench({ keyCache });
    expect(b.run(LOAD_MEK)).toBe((RDY | (answer << 16) | (LOAD_MEK << 2) | DONE) >>> 0);
    expect(b.engine.loaded).toEqual([]);
  });

  test('one that fails or answers nonsense is a fatal error', () => {
    for (const answer of [16, -1, 0.5]) {
      const b = bench({ keyCache: recorder(answer).keyCache });
      expect(() => b.run(LOAD_MEK)).toThrow(new RangeError(`encryptionEngine.keyCache: ${answer} is not in 0..15`));
      expect(b.engine.state).toBe('fatal');
    }
  });

  test('what is loaded is listed without its key', () => {
    const b = bench();
    for (const which of [1, 2, 3]) {
      b.run(LOAD_MEK, which);
      b.write(DONE);
    }
    b.run(UNLOAD_MEK, 2);
    expect(b.engine.loaded).toEqual([1, 3].map((which) => ({ metadata: metadata(which), aux })));
    b.write(DONE);
    b.run(ZEROIZE);
    expect(b.engine.loaded).toEqual([]);
  });
});

describe('time', () => {
  test('a command takes its cycles; until then the registers take nothing', () => {
    const { calls, keyCache } = recorder();
    const b = bench({ keyCache, latency: (cmd) => cmd * 10 });
    expect(b.run(UNLOAD_MEK, 5)).toBe((RDY | (UNLOAD_MEK << 2) | EXE) >>> 0);
    expect([b.engine.state, b.engine.eventDue]).toEqual(['executing', 20]);
    b.run(LOAD_MEK, 6);
    b.write(DONE);
    b.pass(19);
    expect([b.engine.state, calls]).toEqual(['executing', []]);
    b.pass(1);
    expect([b.engine.state, calls]).toEqual(['done', [`unload ${hex(metadata(5))}`]]);
    expect(b.engine.eventDue).toBe(Number.POSITIVE_INFINITY);
  });

  test('it is not ready before it has started', () => {
    const b = bench({ startup: 7 });
    expect([b.engine.state, b.ctrl()]).toEqual(['starting', 0]);
    b.run(LOAD_MEK);
    expect([b.engine.state, b.ctrl()]).toEqual(['starting', 0]);
    b.pass(7);
    expect([b.engine.state, b.ctrl()]).toEqual(['ready', RDY]);
  });

  test('what is infinite never happens', () => {
    const never = { latency: Number.POSITIVE_INFINITY, startup: Number.POSITIVE_INFINITY };
    const starting = bench(never);
    starting.pass(Number.MAX_SAFE_INTEGER);
    expect([starting.engine.state, starting.engine.eventDue]).toEqual(['starting', Number.POSITIVE_INFINITY]);
    const busy = bench({ latency: never.latency });
    busy.run(ZEROIZE);
    busy.pass(1e12);
    expect(busy.engine.state).toBe('executing');
  });

  test.each([-1, 0.5, Number.NaN])('%p is no number of cycles', (cycles) => {
    expect(() => bench({ startup: cycles })).toThrow(`encryptionEngine.startup: ${cycles} is no number of cycles`);
    const b = bench({ latency: cycles });
    expect(() => b.run(ZEROIZE)).toThrow(`encryptionEngine.latency: ${cycles} is no number of cycles`);
    expect(b.engine.state).toBe('ready');
  });
});

describe('a fatal error', () => {
  test.each([
    ['when idle', (_: Bench) => {}, 0],
    ['under a command', (b: Bench) => b.run(LOAD_MEK), LOAD_MEK << 2],
  ])('%s drops RDY until the power cycle', (_, before, left) => {
    const b = bench({ latency: 5 });
    before(b);
    b.engine.raiseFatalError();
    b.pass(5);
    expect([b.engine.state, b.ctrl()]).toEqual(['fatal', left]);
    b.write(DONE);
    b.run(ZEROIZE);
    for (const kind of ['update', 'warm'] as const) b.engine.reset(kind);
    expect(b.engine.state).toBe('fatal');
    expect(b.engine.loaded).toEqual([]);
    b.engine.reset('cold');
    expect([b.engine.state, b.ctrl()]).toEqual(['ready', RDY]);
  });
});

test.each([
  ['update', 1],
  ['warm', 1],
  ['cold', 0],
] as const)('a %s reset leaves %p key', (kind, keys) => {
  const keyCache = new ReferenceKeyCache();
  const b = bench({ keyCache });
  b.run(LOAD_MEK);
  b.engine.reset(kind);
  expect([keyCache.size, b.engine.loaded.length, b.engine.state]).toEqual([keys, keys, keys === 1 ? 'done' : 'ready']);
});

describe('saved state', () => {
  test('goes on with its keys and the command under way', () => {
    const [b, copy] = [bench({ latency: 10 }), bench({ latency: 10 })];
    b.run(LOAD_MEK, 1);
    b.pass(10);
    b.write(DONE);
    b.run(LOAD_MEK, 2);
    copy.engine.restore(structuredClone(b.engine.save()));
    copy.pass(20);
    expect(copy.engine.state).toBe('done');
    copy.write(DONE);
    copy.run(LOAD_MEK, 2);
    copy.pass(10);
    expect(copy.ctrl()).toBe((RDY | 0x6_0000 | (LOAD_MEK << 2) | DONE) >>> 0);
  });

  test('a cache that cannot save itself stays as it is', () => {
    const { calls, keyCache } = recorder();
    const b = bench({ keyCache });
    b.run(LOAD_MEK, 1);
    const state = b.engine.save();
    expect(state).not.toHaveProperty('keyCache');
    b.engine.restore(state);
    expect(calls).toHaveLength(1);
  });

  test('of another form is refused and changes nothing', () => {
    const b = bench();
    b.run(LOAD_MEK, 1);
    const state = b.engine.save();
    for (const wrong of [
      { ...state, due: 'soon' },
      { ...state, mek: counted(63) },
      { ...state, loaded: [{ metadata: counted(19), aux }] },
      { ...state, words: new Uint32Array(3) },
      {
        ...state,
        words: new Uint32Array(state.words.length),
        keyCache: [{ metadata: counted(20), aux, mek: counted(63) }],
      },
    ]) {
      expect(() => b.engine.restore(wrong as never)).toThrow(TypeError);
      expect(b.engine.save()).toEqual(state);
    }
  });
});

test('events tell commands and results, and nothing that was loaded', () => {
  const b = bench({ latency: 1 });
  b.run(LOAD_MEK, 1);
  b.pass(1);
  b.write(DONE);
  b.run(UNLOAD_MEK, 9);
  b.pass(1);
  b.engine.raiseFatalError();
  expect(b.events).toEqual(
    [
      ['execute', LOAD_MEK, 0],
      ['done', LOAD_MEK, 0],
      ['clear', 0, 0],
      ['execute', UNLOAD_MEK, 0],
      ['done', UNLOAD_MEK, 5],
      ['fatal', UNLOAD_MEK, 5],
    ].map(([operation, command, error]) => ({ kind: 'encryption-engine', operation, command, error })),
  );
});

test('nothing that shows an engine shows a key: neither in its register nor loaded', () => {
  const b = bench({ readable: true });
  b.run(LOAD_MEK, 1);
  b.write(DONE);
  b.engine.device.write(MEK.offset, mek);
  const shown = [
    JSON.stringify(b.engine),
    inspect(b.engine, { depth: null, showHidden: true }),
    JSON.stringify(b.engine.loaded),
    JSON.stringify(b.events),
    hex(b.engine.device.read(0, ENCRYPTION_ENGINE_SIZE)),
  ].join();
  const forms = [hex(mek.subarray(0, 8)), mek.subarray(0, 8).join(), mek.subarray(0, 8).join(', ')];
  const words = [0x83828180, 0x80818283].map(String);
  expect([...forms, ...words].filter((form) => shown.includes(form))).toEqual([]);
});

/** The machine again, in the words of the interface: one value for what CTRL shows, a set for what is loaded. */
class Model {
  readonly keys = new Set<number>();
  phase: 'idle' | 'busy' | 'done' | 'dead' = 'idle';
  cmd = 0;
  err = 0;
  which = 0;
  /** DONE of a command that had ended before the engine died. */
  pending = 0;

  execute(cmd: number, which: number, slow: boolean): void {
    if (this.phase !== 'busy') this.which = which;
    if (this.phase !== 'idle') return;
    this.cmd = cmd;
    this.phase = 'busy';
    if (!slow) this.elapse();
  }

  elapse(): void {
    if (this.phase !== 'busy') return;
    this.phase = 'done';
    this.err = this.#result();
  }

  #result(): number {
    if (this.cmd === 1 || this.cmd === 4) {
      if (this.keys.size === 8) return 4;
      if (this.keys.has(this.which)) return 6;
      this.keys.add(this.which);
    } else if (this.cmd === 2) return this.keys.delete(this.which) ? 0 : 5;
    else if (this.cmd === 3) this.keys.clear();
    else return 1;
    return 0;
  }

  acknowledge(): void {
    if (this.phase !== 'done') return;
    this.phase = 'idle';
    this.cmd = 0;
    this.err = 0;
  }

  die(): void {
    if (this.phase === 'done') this.pending = DONE;
    this.phase = 'dead';
  }

  powerCycle(): void {
    this.pending = 0;
    this.keys.clear();
    this.phase = 'idle';
    this.cmd = 0;
    this.err = 0;
  }

  get ctrl(): number {
    const flags = { idle: RDY, busy: RDY + EXE, done: RDY + DONE, dead: this.pending }[this.phase];
    return flags + this.cmd * 4 + this.err * 0x1_0000;
  }
}

describe('random use', () => {
  type Step = readonly [kind: 'execute' | 'acknowledge' | 'elapse' | 'die' | 'power', cmd: number, which: number];
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.oneof(
      { weight: 10, arbitrary: fc.constant('execute' as const) },
      { weight: 9, arbitrary: fc.constant('acknowledge' as const) },
      { weight: 6, arbitrary: fc.constant('elapse' as const) },
      { weight: 1, arbitrary: fc.constantFrom('die' as const, 'power' as const) },
    ),
    fc.oneof({ weight: 6, arbitrary: fc.constant(LOAD_MEK as number) }, { weight: 4, arbitrary: fc.nat(15) }),
    fc.nat(11),
  );

  test.each([false, true])('is what the model says (slow: %p)', (slow) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const [b, model] = [bench({ latency: slow ? 3 : 0 }), new Model()];
        for (const [kind, cmd, which] of steps) {
          if (kind === 'execute') b.run(cmd, which);
          if (kind === 'acknowledge') b.write(DONE);
          if (kind === 'elapse') b.pass(3);
          if (kind === 'die') b.engine.raiseFatalError();
          if (kind === 'power') b.engine.reset('cold');
          if (kind === 'execute') model.execute(cmd, which, slow);
          if (kind === 'acknowledge') model.acknowledge();
          if (kind === 'elapse') model.elapse();
          if (kind === 'die') model.die();
          if (kind === 'power') model.powerCycle();
          expect(b.ctrl().toString(16)).toBe(model.ctrl.toString(16));
          const loaded = b.engine.loaded.map((key) => hex(key.metadata)).sort();
          expect(loaded).toEqual([...model.keys].map((key) => hex(metadata(key))).sort());
        }
      }),
      { numRuns: 150 },
    );
  });
});
