import { DpeState } from '@rootcap/dpe';
import type { FirmwareContext } from '../../context.ts';

/** Bytes of a measurement. */
export const SHA384_SIZE = 48;

/** The DPE's contexts, in data memory: one state for both profiles. */
export function dpeState({ persistent }: FirmwareContext): DpeState {
  return new DpeState(persistent.dpe.slice('state'), SHA384_SIZE);
}
