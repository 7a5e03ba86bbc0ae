import { notRun } from '../suite.ts';

/** Where the runtime of a subsystem leaves the measurements of the SoC's firmware. */
const STASH_PCR = 31;
const NOT_RECORDED = 'measurements of SoC firmware, which the recording does not give';

/** Ends a test of a table that depends on firmware nobody has. */
export function requireKnownArea(name: string, subsystemMode: boolean): void {
  if (name === 'dpe' && subsystemMode) notRun(NOT_RECORDED);
}

/** Ends a test of a PCR that depends on firmware nobody has. */
export function requireKnownPcr(index: number, subsystemMode: boolean): void {
  if (index === STASH_PCR && subsystemMode) notRun(NOT_RECORDED);
}
