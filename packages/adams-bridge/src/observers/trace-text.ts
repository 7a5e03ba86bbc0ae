import type { Trace, TraceEntry } from './tracer.ts';

/** Columns of a trace in CSV, names of a line in JSONL. */
const COLUMNS = [
  'cycle',
  'pc',
  'pass',
  'label',
  'op',
  'imm',
  'len',
  'src1',
  'src2',
  'dst',
  'cycles',
  'finding',
] as const satisfies readonly (keyof TraceEntry)[];

/** A trace with a JSON object on each line. */
export function traceToJsonl({ entries }: Trace): string {
  return entries
    .map((entry) => `${JSON.stringify(Object.fromEntries(COLUMNS.map((name) => [name, entry[name]])))}\n`)
    .join('');
}

/** A trace as comma-separated values with a line of names. RFC 4180; no value needs quotes. */
export function traceToCsv({ entries }: Trace): string {
  const lines = entries.map((entry) => COLUMNS.map((name) => entry[name]).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
