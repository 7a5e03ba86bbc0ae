import {
  buildProgram,
  disassemble,
  microseconds,
  type ProfileRow,
  type TracePoint,
  type Value,
} from '@rootcap/adams-bridge';
import { bytesToHex } from '@rootcap/crypto';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Experiment } from './experiment.ts';

const thousands = (value: number): string => value.toLocaleString('en');
const time = (cycles: number, mhz: number): string => `${microseconds(cycles, mhz).toFixed(2)} µs at ${mhz} MHz`;
const SHOWN_BYTES = 16;

/** `publicKey` as `public-key`: names of files. */
export const fileName = (value: Value): string =>
  `${value.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.bin`;

/** Results that may be shown: none if the accelerator stopped. */
const shown = ({ task, outcome }: Experiment): readonly Value[] => (outcome?.status === 'done' ? task.results : []);

function preview(bytes: Uint8Array): string {
  const rest = bytes.length > SHOWN_BYTES ? '…' : '';
  return `${bytes.length} bytes  ${bytesToHex(bytes.subarray(0, SHOWN_BYTES))}${rest}`;
}

const DECISIONS: Readonly<Record<string, readonly [yes: string, no: string]>> = {
  MLDSA_VERIFY: ['signature accepted', 'signature refused'],
  MLKEM_DECAPS: ['ciphertext accepted', 'implicit rejection'],
};

function rows(experiment: Experiment): string[][] {
  const { task, outcome, mhz, accepted, report } = experiment;
  const list = [['command', task.command]];
  if (outcome === undefined) list.push(['status', 'does not end']);
  else {
    const decision = DECISIONS[task.command]?.[accepted ? 0 : 1];
    const ended = decision === undefined ? 'done' : `done: ${decision}`;
    list.push(['status', outcome.status === 'error' ? 'error: the accelerator has stopped' : ended]);
    list.push(['cycles', `${thousands(outcome.cycles)}  ${time(outcome.cycles, mhz)}`]);
    if (task.command === 'MLDSA_SIGN') list.push(['passes', String(outcome.passes)]);
  }
  for (const value of shown(experiment)) list.push([value, preview(task.state.get(value))]);
  if (outcome?.status === 'done')
    for (const value of task.secrets) list.push([value, `${task.state.get(value).length} bytes, to a file only`]);
  if (report === undefined) return list;
  const { reference, fired, verdict } = report;
  list.push(['fault', verdict]);
  list.push([
    'fired',
    `${fired.length} x${fired[0] ? `, first in pass ${fired[0].pass} at cycle ${thousands(fired[0].cycle)}` : ''}`,
  ]);
  list.push(['without', `${thousands(reference.cycles)} cycles, ${reference.passes} passes`]);
  return list;
}

function profileTable(title: string, profile: readonly ProfileRow[]): string[] {
  const cells = profile.map(({ name, count, cycles, share }) => [
    name,
    thousands(count).padStart(6),
    thousands(cycles).padStart(9),
    `${(100 * share).toFixed(1)} %`.padStart(7),
  ]);
  return ['', title, ...table(cells)];
}

function pointText(point: TracePoint | undefined): string {
  if (point === undefined) return 'the end';
  const [pc, cycles] = point;
  const text = pc < 1023 ? disassemble(buildProgram().at(pc)).trim().replace(/\s+/g, ' ') : String(pc);
  return `${text}: ${cycles} cycles`;
}

/** Prints what came out as a table. */
export function printExperiment(terminal: Terminal, experiment: Experiment): void {
  const { profile, golden } = experiment;
  const lines = table(rows(experiment), '');
  if (golden !== undefined) {
    const { difference } = golden;
    if (difference === undefined) lines.push('golden     same program counters and cycles');
    else {
      const { index, cycle, expected, got } = difference;
      lines.push(`golden     differs at instruction ${index}, cycle ${thousands(cycle)}`);
      lines.push(`  expected ${pointText(expected)}`, `  got      ${pointText(got)}`);
    }
  }
  if (profile !== undefined)
    lines.push(...profileTable('by phase', profile.byPhase()), ...profileTable('by opcode', profile.byOpcode()));
  for (const line of lines) terminal.print(line);
}

/** The same as one object. Secrets are not in it. */
export function experimentJson(experiment: Experiment): Readonly<Record<string, unknown>> {
  const { task, outcome, mhz, accepted, report, profile, golden } = experiment;
  return {
    command: task.command,
    status: outcome?.status ?? 'endless',
    accepted,
    ...(outcome && {
      cycles: outcome.cycles,
      microseconds: microseconds(outcome.cycles, mhz),
      passes: outcome.passes,
    }),
    results: Object.fromEntries(shown(experiment).map((value) => [value, task.state.get(value)])),
    ...(report && { fault: { verdict: report.verdict, fired: report.fired, reference: report.reference } }),
    ...(profile && { profile: { phases: profile.byPhase(), opcodes: profile.byOpcode() } }),
    ...(golden && { golden: { same: golden.difference === undefined, ...golden.difference } }),
  };
}
