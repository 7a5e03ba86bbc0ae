import { firstDifference, type TracePoint } from '@rootcap/adams-bridge';
import { Fields, isObject, objects, readJson } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { loaded, type Ran, run } from './accelerator.ts';
import { inputsOfTrace, type TraceInputs } from './trace-inputs.ts';

const SOURCE = 'Adams Bridge RTL, traces of a simulation';

function runInputs({ command, values, externalMu = false, stream }: TraceInputs): Ran {
  const state = loaded(values);
  state.stream(stream);
  return run(state, command, { externalMu, hostCycles: stream?.hostCycles ?? 0 });
}

function compareTrace(trace: Fields, { provider }: ConformanceContext): Mismatch {
  const name = trace.text('name');
  const golden = trace.value('seq') as readonly TracePoint[];
  const inputs = inputsOfTrace(name, provider) ?? notRun('inputs of a trace of this name are not known');
  const { tracer, outcome } = runInputs(inputs);
  const difference = firstDifference(tracer.entries.slice(0, golden.length), golden);
  if (difference !== undefined) {
    const { index, cycle, got = ['end'], expected } = difference;
    return `instruction ${index}, cycle ${cycle}: expected pc and cycles ${expected?.join(', ')}, got ${got.join(', ')}`;
  }
  const stopped = trace.optionalNumber('cycles_to_error');
  const total = stopped ?? trace.number('total');
  const status = stopped === undefined ? 'done' : 'error';
  if (outcome.status !== status) return `status: expected ${status}, got ${outcome.status}`;
  return outcome.cycles === total ? undefined : `cycles: expected ${total}, got ${outcome.cycles}`;
}

const isTrace = (value: unknown): boolean =>
  isObject(value) && typeof value.name === 'string' && Array.isArray(value.seq) && value.seq.every(Array.isArray);

/** Program counters and cycles of the accelerator in simulation: `runs` with `name`, `seq` and `total` or `cycles_to_error`. */
export const rtlTraces: Recognizer = {
  kind: 'adams-bridge-rtl-traces',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !Array.isArray(json.runs) || json.runs.length === 0 || !json.runs.every(isTrace))
      return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run(context) {
        const tests = objects((readJson(entry) as { runs: unknown }).runs).map((trace): TestCase => {
          const fields = new Fields(trace);
          return { id: fields.text('name'), run: () => compareTrace(fields, context) };
        });
        return runTests(name, SOURCE, tests, context.limits);
      },
    };
  },
};
