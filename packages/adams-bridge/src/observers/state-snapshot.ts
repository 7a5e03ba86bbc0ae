import type { Outcome, Step } from '../executor/execute.ts';
import { STORES, type Store } from '../executor/layout.ts';
import { AcceleratorState } from '../executor/state.ts';
import type { MemorySnapshot, RowDifference } from '../memory/coeff-memory.ts';

const NAMES = Object.keys(STORES) as Store[];

/** Coefficients, registers and byte memories at one moment. */
export interface StateSnapshot {
  readonly memory: MemorySnapshot;
  readonly stores: Readonly<Record<Store, Uint8Array>>;
}

/** Bytes of a register or RAM from the first to the last that differs. */
export interface StoreDifference {
  readonly store: Store;
  readonly at: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** What differs between two moments. */
export interface StateDifference {
  readonly rows: readonly RowDifference[];
  readonly stores: readonly StoreDifference[];
}

/** A copy of what the accelerator holds. */
export function snapshotState(state: AcceleratorState): StateSnapshot {
  const stores = Object.fromEntries(NAMES.map((name) => [name, state.store(name).slice()]));
  return { memory: state.memory.snapshot(), stores: stores as Record<Store, Uint8Array> };
}

/** What has changed since a snapshot. */
export function diffState(state: AcceleratorState, before: StateSnapshot): StateDifference {
  const stores = NAMES.flatMap((store): StoreDifference[] => {
    const [old, now] = [before.stores[store], state.store(store)];
    const differs = (byte: number, i: number): boolean => byte !== old[i];
    const at = now.findIndex(differs);
    if (at < 0) return [];
    const end = now.findLastIndex(differs) + 1;
    return [{ store, at, before: old.slice(at, end), after: now.slice(at, end) }];
  });
  return { rows: state.memory.diff(before.memory), stores };
}

/**
 * Runs a command and says after each instruction what it has changed.
 *
 * @param state - the one that `running` works on
 */
export function* changesOf(
  state: AcceleratorState,
  running: Generator<Step, Outcome>,
): Generator<{ readonly step: Step; readonly changes: StateDifference }, Outcome> {
  for (;;) {
    const before = snapshotState(state);
    const next = running.next();
    if (next.done) return next.value;
    yield { step: next.value, changes: diffState(state, before) };
  }
}

/** An accelerator of its own with the same contents. */
export function copyState(state: AcceleratorState): AcceleratorState {
  const copy = new AcceleratorState();
  copy.memory.restore(state.memory.snapshot());
  for (const name of NAMES) copy.store(name).set(state.store(name));
  for (const [i, w1] of state.w1.entries()) copy.w1[i]?.set(w1);
  copy.lfsrSeed.set(state.lfsrSeed);
  copy.counter = state.counter;
  copy.stream(state.streamed);
  return copy;
}
