import { equalBytes } from '@rootcap/crypto';
import type { DpeCrypto } from './port.ts';
import type { DpeState } from './state.ts';
import { CONTEXT_TYPE, ROOT_INDEX } from './state-layout.ts';

/** Contexts in use that satisfy a condition on their locality, retired ones included. Default: all. */
export function countContexts(state: DpeState, inLocality: (locality: number) => boolean = () => true): number {
  return state.inUse().filter((index) => inLocality(state.localityOf(index))).length;
}

/** Index of the root of the tree of normal contexts, if there is one. caliptra-sw:runtime/src/drivers.rs */
export function normalRoot(state: DpeState): number | undefined {
  return state.inUse().find((index) => {
    const { parent_idx, context_type } = state.read(index);
    return parent_idx === ROOT_INDEX && context_type === CONTEXT_TYPE.NORMAL;
  });
}

/** Indices of the normal contexts in use with this type, retired ones included, lowest first. */
export function contextsOfType(state: DpeState, tciType: number): number[] {
  return state.inUse().filter((index) => {
    const { tci, context_type } = state.read(index);
    return tci.tci_type === tciType && context_type === CONTEXT_TYPE.NORMAL;
  });
}

/** Sets both measurements of a context as they are: firmware takes those of the root from PCRs. */
export function setMeasurement(state: DpeState, index: number, current: Uint8Array, cumulative: Uint8Array): void {
  const context = state.read(index);
  state.write(index, { ...context, tci: { ...context.tci, tci_current: current, tci_cumulative: cumulative } });
}

/**
 * Extends a context in place: `cumulative = H(cumulative ‖ measurement)`, `current = measurement`. The handle stays, and
 * nothing changes when the measurement is the current one.
 *
 * @returns whether anything changed
 */
export function updateMeasurement(
  state: DpeState,
  crypto: Pick<DpeCrypto, 'hash'>,
  index: number,
  measurement: Uint8Array,
): boolean {
  const { tci_current, tci_cumulative } = state.read(index).tci;
  if (equalBytes(tci_current, measurement)) return false;
  setMeasurement(state, index, measurement, crypto.hash(tci_cumulative, measurement));
  return true;
}
