import { notRun } from '../suite.ts';

/** In subsystem mode the runtime stashes the measurement of the SoC's firmware here. */
const STASH_PCR = 31;

/** Ends a test of a table that the model does not fill yet. */
export function requireModelledArea(name: string, subsystemMode: boolean): void {
  if (name === 'dpe' && subsystemMode) notRun('measurements of SoC firmware, which the model does not load yet');
}

/** Ends a test of a PCR that the model does not extend yet. */
export function requireModelledPcr(index: number, subsystemMode: boolean): void {
  if (index === STASH_PCR && subsystemMode) notRun('measurements of SoC firmware, which the model does not load yet');
}
