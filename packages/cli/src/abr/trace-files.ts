import { type Trace, type TracePoint, traceToCsv, traceToJsonl, traceToVcd } from '@rootcap/adams-bridge';
import { UsageError } from '../errors.ts';
import { isRecord } from '../json.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';

const WRITERS: Readonly<Record<string, (trace: Trace, mhz: number) => string>> = {
  jsonl: traceToJsonl,
  csv: traceToCsv,
  vcd: (trace, mhz) => traceToVcd(trace, { mhz }),
};

const endingOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();

/** @throws UsageError if the file's ending is none of a trace */
export function checkTraceFile(path: string): void {
  if (!Object.hasOwn(WRITERS, endingOf(path)))
    throw new UsageError(
      `--trace: ${path} ends with none of ${Object.keys(WRITERS)
        .map((name) => `.${name}`)
        .join(', ')}`,
    );
}

/** Writes a trace in the format that the file's ending says. */
export function writeTrace(terminal: Terminal, path: string, trace: Trace, mhz: number): void {
  terminal.write(path, (WRITERS[endingOf(path)] as (typeof WRITERS)[string])(trace, mhz), '--trace');
}

function pointOf(pc: unknown, cycles: unknown): TracePoint {
  if (typeof pc !== 'number' || typeof cycles !== 'number' || Number.isNaN(pc) || Number.isNaN(cycles))
    throw new TypeError('a line has no pc or no cycles');
  return [pc, cycles];
}

function fromCsv(lines: readonly string[]): TracePoint[] {
  const [names = [], ...rows] = lines.map((line) => line.split(','));
  const [pc, cycles] = [names.indexOf('pc'), names.indexOf('cycles')];
  return rows.map((row) => pointOf(Number(row[pc] ?? 'x'), Number(row[cycles] ?? 'x')));
}

function fromJsonl(lines: readonly string[]): TracePoint[] {
  return lines.map((line) => {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value)) return pointOf(value[0], value[1]);
    return isRecord(value) ? pointOf(value.pc, value.cycles) : pointOf(undefined, undefined);
  });
}

/** Program counters and cycles of a trace file: CSV, or JSON lines with `pc` and `cycles` or of pairs. @throws UsageError */
export function readGolden(terminal: Terminal, path: string): TracePoint[] {
  const lines = utf8Text(terminal.read(path, '--golden')).trim().split(/\r?\n/);
  try {
    return endingOf(path) === 'csv' ? fromCsv(lines) : fromJsonl(lines);
  } catch (cause) {
    const { message } = cause as Error;
    throw new UsageError(`--golden: ${path} is no trace: ${message}`, { cause });
  }
}
