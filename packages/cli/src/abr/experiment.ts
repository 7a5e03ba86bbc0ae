import {
  acceptsSignature,
  CycleProfile,
  execute,
  type Fault,
  type FaultReport,
  firstDifference,
  type Outcome,
  parseFault,
  runToEnd,
  type TraceDifference,
  Tracer,
  tryFaults,
} from '@rootcap/adams-bridge';
import { UsageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import type { Task } from './inputs.ts';
import { checkTraceFile, readGolden, writeTrace } from './trace-files.ts';

export interface ObserveArguments {
  readonly trace?: string;
  readonly golden?: string;
  readonly profile?: true;
  readonly fault: readonly string[];
  readonly mhz: string;
}

/** What a command of the accelerator came to, and what was seen of it. */
export interface Experiment {
  readonly task: Task;
  readonly mhz: number;
  /** Absent if faults keep the command from ending. */
  readonly outcome?: Outcome;
  /** Whether software would take the result. */
  readonly accepted: boolean;
  readonly report?: FaultReport;
  readonly profile?: CycleProfile;
  readonly golden?: { readonly difference: TraceDifference | undefined };
}

function megahertz(text: string): number {
  const mhz = Number(text);
  if (!(Number.isFinite(mhz) && mhz > 0)) throw new UsageError(`--mhz: ${text} is no frequency`);
  return mhz;
}

function faultOf(spec: string): Fault {
  try {
    return parseFault(spec);
  } catch (cause) {
    if (cause instanceof RangeError) throw new UsageError(`--fault: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Runs the command, with its faults if there are any, and writes the trace. */
export function runExperiment(terminal: Terminal, task: Task, args: ObserveArguments): Experiment {
  const { command, externalMu } = task;
  const mhz = megahertz(args.mhz);
  if (args.trace !== undefined) checkTraceFile(args.trace);
  const golden = args.golden === undefined ? undefined : readGolden(terminal, args.golden);
  const faults = args.fault.map(faultOf);
  const [tracer, profile] = [new Tracer(), new CycleProfile()];
  const observers = [tracer.record, profile.record];
  const report = faults.length > 0 ? tryFaults(task.state, command, faults, { externalMu, observers }) : undefined;
  const outcome = report ? report.outcome : runToEnd(execute(task.state, command, { externalMu }), ...observers);
  const state = report?.state ?? task.state;
  if (args.trace !== undefined) writeTrace(terminal, args.trace, tracer, mhz);
  const accepted =
    outcome !== undefined && (command === 'MLDSA_VERIFY' ? acceptsSignature(state, outcome) : outcome.accepted);
  return {
    task: { ...task, state },
    mhz,
    accepted,
    ...(outcome && { outcome }),
    ...(report && { report }),
    ...(args.profile && { profile }),
    ...(golden && { golden: { difference: firstDifference(tracer.entries, golden) } }),
  };
}
