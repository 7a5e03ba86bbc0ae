import { OPCODES } from '../program/opcodes.ts';
import { ERROR_PC } from '../program/program.ts';
import type { Trace, TraceEntry } from './tracer.ts';

const MNEMONICS = Object.keys(OPCODES);
const LONGEST = Math.max(...MNEMONICS.map((name) => name.length));

/** Signals in the order of the file. Text is eight bits a character, first character highest, as `%s` of Verilog shows it. */
const SIGNALS = [
  { name: 'busy', bits: 1, id: '!' },
  { name: 'error', bits: 1, id: '"' },
  { name: 'failed', bits: 1, id: '#' },
  { name: 'pc', bits: 10, id: '$' },
  { name: 'opcode', bits: 6, id: '%' },
  { name: 'mnemonic', bits: 8 * LONGEST, id: '&' },
  { name: 'pass', bits: 16, id: "'" },
] as const;
type SignalName = (typeof SIGNALS)[number]['name'];
type Values = Readonly<Record<SignalName, string>>;

/** Picoseconds of a microsecond: cycles are rounded to the time unit of the file one by one, so they never drift. */
const PICOSECONDS = 1_000_000;

const number = (value: number): string => value.toString(2);
const text = (value: string): string =>
  [...value].map((character) => character.charCodeAt(0).toString(2).padStart(8, '0')).join('');

function running(entry: TraceEntry, failed: boolean): Values {
  return {
    busy: '1',
    error: '0',
    failed: failed ? '1' : '0',
    pc: number(entry.pc),
    opcode: number(MNEMONICS.indexOf(entry.op)),
    mnemonic: text(entry.op),
    pass: number(entry.pass),
  };
}

function stopped({ entries, endPc }: Trace, failed: boolean): Values {
  return {
    busy: '0',
    error: endPc === ERROR_PC ? '1' : '0',
    failed: failed ? '1' : '0',
    pc: number(endPc),
    opcode: number(MNEMONICS.indexOf('NOP')),
    mnemonic: text('NOP'),
    pass: number(entries.at(-1)?.pass ?? 0),
  };
}

/** Values from cycle to cycle; `failed` is that a check of this pass has failed. */
function* changes(trace: Trace): Generator<readonly [cycle: number, values: Values]> {
  let failed = false;
  let pass = 1;
  for (const entry of trace.entries) {
    if (entry.pass !== pass) failed = false;
    pass = entry.pass;
    yield [entry.cycle, running(entry, failed)];
    failed ||= entry.finding === 'failed';
  }
  yield [trace.cycles, stopped(trace, failed)];
}

const change = ({ bits, id }: (typeof SIGNALS)[number], value: string): string =>
  bits === 1 ? `${value}${id}` : `b${value} ${id}`;

/**
 * A trace as a value change dump, for waveform viewers: `busy`, `error`, `failed`, `pc`, `opcode` (its place in
 * `OPCODES`), `mnemonic` (text) and `pass`. IEEE 1364-2005, clause 18.
 *
 * @param options - `mhz`: clock frequency, 400 if left out; time is in picoseconds
 */
export function traceToVcd(trace: Trace, { mhz = 400 }: { readonly mhz?: number } = {}): string {
  if (!(mhz > 0 && Number.isFinite(mhz))) throw new RangeError(`mhz: ${mhz} is no frequency`);
  const lines = [
    `$comment Adams Bridge, ${mhz} MHz, ${trace.cycles} cycles $end`,
    '$timescale 1 ps $end',
    '$scope module abr $end',
    ...SIGNALS.map(({ name, bits, id }) => `$var reg ${bits} ${id} ${name}${bits > 1 ? ` [${bits - 1}:0]` : ''} $end`),
    '$upscope $end',
    '$enddefinitions $end',
  ];
  let before: Values | undefined;
  for (const [cycle, values] of changes(trace)) {
    const changed = SIGNALS.filter(({ name }) => values[name] !== before?.[name]);
    const [head, end] = before === undefined ? ['$dumpvars', ['$end']] : [undefined, []];
    if (changed.length > 0) {
      lines.push(`#${Math.round((cycle * PICOSECONDS) / mhz)}`);
      if (head !== undefined) lines.push(head);
      lines.push(...changed.map((signal) => change(signal, values[signal.name])), ...end);
    }
    before = values;
  }
  return `${lines.join('\n')}\n`;
}
