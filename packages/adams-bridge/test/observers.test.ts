import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import {
  AcceleratorState,
  type Command,
  CycleProfile,
  changesOf,
  copyState,
  execute,
  firstDifference,
  MEMORY_MAP,
  microseconds,
  rowAddress,
  runToEnd,
  type TracePoint,
  Tracer,
  traceToCsv,
  traceToJsonl,
  traceToVcd,
  type Value,
} from '@rootcap/adams-bridge';
import vcdParser from 'vcd-parser';
import { hasVectors, json } from './vectors.ts';

const SEED = new Uint8Array(32).fill(7);
const keys = ml_dsa87.keygen(SEED);

function loaded(inputs: Readonly<Partial<Record<Value, Uint8Array>>>): AcceleratorState {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  return state;
}

function traced(state: AcceleratorState, command: Command) {
  const [tracer, profile] = [new Tracer(), new CycleProfile()];
  const outcome = runToEnd(execute(state, command), tracer.record, profile.record);
  return { tracer, profile, outcome };
}

/** A message whose first pass is rejected by a norm of z and two of r0, and whose second pass is taken. */
const TWO_PASSES = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 6 : 0));
const signing = traced(loaded({ privateKey: keys.secretKey, message: TWO_PASSES }), 'MLDSA_SIGN');
const refused = traced(
  loaded({ privateKey: keys.secretKey.map((byte, i) => (i === 128 ? 0xff : byte)) }),
  'MLDSA_SIGN',
);

describe('trace', () => {
  test('JSONL: a line for each instruction, beginning where the one before ended', () => {
    const lines = traceToJsonl(signing.tracer)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { cycle: number; cycles: number; pass: number; op: string });
    expect(lines[0]).toEqual({
      cycle: 0,
      pc: 106,
      pass: 1,
      label: 'MLDSA_SIGN_S',
      op: 'LD_SHAKE256',
      imm: 0,
      len: 64,
      src1: 26,
      src2: 0,
      dst: 0,
      cycles: 13,
      finding: 'ok',
    });
    let cycle = 0;
    for (const line of lines) {
      expect(line.cycle).toBe(cycle);
      cycle += line.cycles;
    }
    expect(cycle).toBe(signing.outcome.cycles);
    expect(new Set(lines.map(({ pass }) => pass))).toEqual(new Set([1, 2]));
  });

  test('CSV: as many fields in each line as it has names, and the same values', () => {
    const [names = [], ...rows] = traceToCsv(signing.tracer)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows).toHaveLength(signing.tracer.entries.length);
    for (const [i, row] of rows.entries())
      for (const [column, name] of names.entries())
        expect(row[column]).toBe(String(signing.tracer.entries[i]?.[name as 'pc']));
  });
});

/** What a value change dump says of each signal: its changes in order. IEEE 1364-2005, 18.2: strict, without extensions. */
function parseVcd(text: string): ReadonlyMap<string, readonly (readonly [time: number, value: string])[]> {
  const tokens = text.trim().split(/\s+/);
  const take = (): string => tokens.shift() ?? '$missing';
  const until = (): string[] => tokens.splice(0, tokens.indexOf('$end') + 1).slice(0, -1);
  const signals = new Map<string, { name: string; bits: number; changes: [number, string][] }>();
  for (let keyword = take(); keyword !== '$enddefinitions'; keyword = take()) {
    const words = until();
    if (keyword === '$var') {
      const [type, bits = '', id = '', name = '', range] = words;
      expect(type).toBe('reg');
      expect(id).toMatch(/^[!-~]+$/);
      expect(range).toBe(Number(bits) === 1 ? undefined : `[${Number(bits) - 1}:0]`);
      expect(signals.has(id)).toBe(false);
      signals.set(id, { name, bits: Number(bits), changes: [] });
    } else expect(['$comment', '$timescale', '$scope', '$upscope']).toContain(keyword);
    if (keyword === '$timescale') expect(words).toEqual(['1', 'ps']);
  }
  expect(take()).toBe('$end');
  let time = -1;
  let dumping = false;
  while (tokens.length > 0) {
    const token = take();
    if (token.startsWith('#')) {
      expect(token).toMatch(/^#\d+$/);
      expect(Number(token.slice(1))).toBeGreaterThan(time);
      time = Number(token.slice(1));
    } else if (token === '$dumpvars') dumping = true;
    else if (token === '$end') {
      expect(dumping).toBe(true);
      dumping = false;
    } else {
      const [, scalar, bit = '', vector = ''] = /^(?:([01])([!-~])|b([01]+))$/.exec(token) ?? [];
      const signal = signals.get(scalar === undefined ? take() : bit);
      const value = scalar ?? vector;
      expect(value.length).toBeGreaterThan(0);
      expect(value.length).toBeLessThanOrEqual(signal?.bits ?? 0);
      signal?.changes.push([time, value]);
    }
  }
  return new Map([...signals.values()].map(({ name, changes }) => [name, changes]));
}

describe('VCD', () => {
  const dump = parseVcd(traceToVcd(signing.tracer));
  const asText = (bits: string): string =>
    (bits.padStart(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? [])
      .map((byte) => String.fromCharCode(Number.parseInt(byte, 2)))
      .join('');

  test('program counter and mnemonic change as in the trace, 2500 ps a cycle', () => {
    const { entries, cycles } = signing.tracer;
    const expected = [...entries.map(({ cycle, pc }) => [2500 * cycle, pc]), [2500 * cycles, 0]];
    expect(dump.get('pc')?.map(([time, value]) => [time, Number.parseInt(value, 2)])).toEqual(expected);
    const ops = entries.filter(({ op }, i) => op !== entries[i - 1]?.op);
    expect(dump.get('mnemonic')?.map(([time, value]) => [time, asText(value)])).toEqual([
      ...ops.map(({ cycle, op }) => [2500 * cycle, op]),
      ...(ops.at(-1)?.op === 'NOP' ? [] : [[2500 * cycles, 'NOP']]),
    ]);
  });

  test('busy falls at the end; a failed check shows until the next pass; an error shows', () => {
    const end = 2500 * signing.tracer.cycles;
    const second = 2500 * (signing.tracer.entries.find(({ pass }) => pass === 2)?.cycle ?? 0);
    const failed = signing.tracer.entries.find(({ finding }) => finding === 'failed');
    expect(dump.get('busy')).toEqual([
      [0, '1'],
      [end, '0'],
    ]);
    expect(dump.get('failed')).toEqual([
      [0, '0'],
      [2500 * ((failed?.cycle ?? 0) + (failed?.cycles ?? 0)), '1'],
      [second, '0'],
    ]);
    expect(dump.get('pass')).toEqual([
      [0, '1'],
      [second, '10'],
    ]);
    const stopped = parseVcd(traceToVcd(refused.tracer, { mhz: 600 }));
    const time = Math.round((refused.tracer.cycles * 1e6) / 600);
    expect(stopped.get('error')).toEqual([
      [0, '0'],
      [time, '1'],
    ]);
    expect(stopped.get('pc')?.at(-1)).toEqual([time, (1023).toString(2)]);
  });

  test('is read by somebody else, with the same changes', async () => {
    const { endtime, scale, signal } = await vcdParser.parse(traceToVcd(signing.tracer));
    expect([scale, Number(endtime)]).toEqual(['1 ps', 2500 * signing.tracer.cycles]);
    const theirs = signal.map(({ name, wave }) => [
      name.replace(/^abr\.|\[.*$/g, ''),
      wave.map(([time, value]) => [Number(time), value]),
    ]);
    expect(theirs).toEqual([...dump]);
  });

  test('a clock that is none', () => {
    expect(() => traceToVcd(signing.tracer, { mhz: 0 })).toThrow(/^mhz: 0/);
  });
});

describe('profile', () => {
  test('opcodes and phases each add up to all cycles', () => {
    for (const rows of [signing.profile.byOpcode(), signing.profile.byPhase()]) {
      expect(rows.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(signing.outcome.cycles);
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(signing.tracer.entries.length);
      expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(rows.map(({ cycles }) => cycles)).toEqual(rows.map(({ cycles }) => cycles).sort((a, b) => b - a));
    }
    expect(signing.profile.passes).toBe(2);
    expect(signing.profile.byOpcode().find(({ name }) => name === 'MASKED_INTT')).toMatchObject({
      count: 62,
      cycles: 62 * 598,
    });
    expect(signing.profile.byPhase().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['w = Ay', 'z, checks and hint', 'private key', 'y', 'challenge', 'message', 'reseed']),
    );
  });

  test('microseconds', () => expect(microseconds(15_528, 400)).toBe(38.82));
});

describe('golden trace', () => {
  const golden = (): TracePoint[] => signing.tracer.entries.map(({ pc, cycles }) => [pc, cycles]);

  test('no difference, another program counter, other cycles, a longer and a shorter trace', () => {
    const { entries } = signing.tracer;
    expect(firstDifference(entries, golden())).toBeUndefined();
    const [first, second, third] = golden() as [TracePoint, TracePoint, TracePoint];
    expect(firstDifference(entries, [first, [99, second[1]]])).toEqual({
      index: 1,
      cycle: 13,
      got: second,
      expected: [99, second[1]],
    });
    expect(firstDifference(entries, [[first[0], 14]])).toMatchObject({ index: 0, cycle: 0 });
    expect(firstDifference(entries, [first, second])).toMatchObject({ index: 2, got: third });
    expect(firstDifference(entries.slice(0, 1), [first, second])).toEqual({ index: 1, cycle: 13, expected: second });
  });

  test(hasVectors ? 'the recorded RTL, key generation' : 'left out: no adams-bridge pack', () => {
    if (!hasVectors) return;
    const { runs } = json('rtl-traces-v2.0.3.json') as { runs: { name: string; seq: TracePoint[] }[] };
    const recorded = runs.find(({ name }) => name === 'MLDSA keygen')?.seq ?? [];
    const { tracer } = traced(loaded({ mldsaSeed: SEED }), 'MLDSA_KEYGEN');
    expect(firstDifference(tracer.entries.slice(0, recorded.length), recorded)).toBeUndefined();
  });
});

describe('changes between instructions', () => {
  test('ExpandMask writes y, SIGENCODE the signature, and a norm check nothing', () => {
    const state = loaded({ privateKey: keys.secretKey, message: TWO_PASSES });
    const { bank, row } = MEMORY_MAP.mldsaSign.y;
    const running = changesOf(state, execute(state, 'MLDSA_SIGN'));
    const seen = new Set<string>();
    for (let next = running.next(); !next.done && seen.size < 3; next = running.next()) {
      const { step, changes } = next.value;
      const { op, imm } = step.instruction;
      if (op === 'EXP_MASK' && imm === 0) {
        expect(changes.rows.map(({ address }) => address)).toEqual(
          Array.from({ length: 64 }, (_, i) => rowAddress(bank, row + i)),
        );
        expect(changes.stores).toEqual([]);
      } else if (op === 'SIGENCODE') {
        expect(changes.rows).toEqual([]);
        expect(changes.stores.map(({ store }) => store)).toEqual(['signatureRam']);
      } else if (op === 'NORMCHK') expect(changes).toEqual({ rows: [], stores: [] });
      else continue;
      seen.add(op);
    }
    expect(seen).toEqual(new Set(['EXP_MASK', 'SIGENCODE', 'NORMCHK']));
  });

  test('a copy goes its own way with the same result', () => {
    const state = loaded({ privateKey: keys.secretKey, message: TWO_PASSES });
    const copy = copyState(state);
    const before = state.memory.snapshot();
    expect(runToEnd(execute(copy, 'MLDSA_SIGN'))).toEqual(signing.outcome);
    expect(state.memory.diff(before)).toEqual([]);
    expect(copy.get('signature')).toEqual(ml_dsa87.sign(TWO_PASSES, keys.secretKey, { extraEntropy: false }));
  });
});
