import type { MeasuredGeneration, TemplateGeneration } from '@rootcap/dice';

/** What differs between firmware releases in the bytes that a client can see. */
export interface FirmwareProfile {
  readonly name: FirmwareProfileName;
  /** CPTRA_FW_REV_ID[0][15:0]: major « 11 | minor « 6 | patch. */
  readonly romVersion: number;
  readonly templates: TemplateGeneration;
  /** Which device state ROM measures into PCR 0 and names in certificates. */
  readonly measured: MeasuredGeneration;
}

const version = (major: number, minor: number, patch: number): number => (major << 11) | (minor << 6) | patch;

/**
 * @see caliptra-sw at tags rom-2.0.0, rom-2.1.2 and at e7dc50f2 (2.1.3)
 */
export const FIRMWARE_PROFILES = {
  '2.0': { name: '2.0', romVersion: version(2, 0, 0), templates: '2.0', measured: '2.0' },
  '2.1.2': { name: '2.1.2', romVersion: version(2, 1, 2), templates: '2.1', measured: '2.1.0' },
  '2.1.3': { name: '2.1.3', romVersion: version(2, 1, 3), templates: '2.1', measured: '2.1.3' },
} as const satisfies Record<string, FirmwareProfile>;

export type FirmwareProfileName = '2.0' | '2.1.2' | '2.1.3';
