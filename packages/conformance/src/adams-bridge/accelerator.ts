import {
  AcceleratorState,
  type Command,
  execute,
  type Outcome,
  runToEnd,
  Tracer,
  type Value,
} from '@rootcap/adams-bridge';

export type Inputs = Readonly<Partial<Record<Value, Uint8Array>>>;

/** An accelerator with its inputs. */
export function loaded(inputs: Inputs): AcceleratorState {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  return state;
}

/** What a command leaves behind. */
export interface Ran {
  readonly state: AcceleratorState;
  readonly tracer: Tracer;
  readonly outcome: Outcome;
}

export function run(
  state: AcceleratorState,
  command: Command,
  options: { readonly externalMu?: boolean; readonly hostCycles?: number } = {},
): Ran {
  const tracer = new Tracer();
  return { state, tracer, outcome: runToEnd(execute(state, command, options), tracer.record) };
}
