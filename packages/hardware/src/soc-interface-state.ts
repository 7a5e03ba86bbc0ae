import type { RegisterFileState } from './block.ts';
import { BOOT_STATE_CODE, type BootFsmState } from './boot-fsm.ts';
import type { SecurityState } from './security-state.ts';
import type { Shape } from './state.ts';
import type { WatchdogState } from './watchdog.ts';

export interface SocInterfaceState extends RegisterFileState {
  readonly boot: BootFsmState;
  readonly watchdog: WatchdogState;
  readonly security: SecurityState;
  readonly obfuscationKey: Uint8Array;
  readonly errorFatal: boolean;
  readonly errorNonFatal: boolean;
  /** First of the two writes to each ICCM region register, or -1. */
  readonly staged: readonly number[];
}

const PINS: Shape = { fields: { lifecycle: { oneOf: [0, 1, 2, 3] }, debugLocked: 'boolean', scanMode: 'boolean' } };
/** What a saved state has to look like. */
export const SOC_INTERFACE_STATE = {
  fields: {
    boot: {
      fields: {
        state: { oneOf: Object.keys(BOOT_STATE_CODE) },
        fuseWriteObserved: 'boolean',
        breakpoint: 'boolean',
      },
    },
    watchdog: {
      fields: {
        count1: { below: Number.MAX_SAFE_INTEGER },
        count2: { below: Number.MAX_SAFE_INTEGER },
        expired1: 'boolean',
        expired2: 'boolean',
      },
    },
    security: { fields: { pins: PINS, latched: PINS } },
    obfuscationKey: { bytes: 32 },
    errorFatal: 'boolean',
    errorNonFatal: 'boolean',
    staged: { list: 'number', length: 4 },
  },
} as const satisfies Shape;
