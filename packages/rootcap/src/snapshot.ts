import type { EntryPoint, FirmwareState } from '@rootcap/firmware';
import type { ChipState } from '@rootcap/hardware';

/**
 * A device at rest: plain data that `structuredClone` takes. It holds the chip's secrets, as a memory dump would.
 */
export interface DeviceSnapshot {
  readonly format: 'rootcap-device';
  readonly version: 1;
  readonly entry: EntryPoint | 'awaiting-fuses';
  readonly chip: ChipState;
  readonly firmware: FirmwareState;
  /** Position of the entropy source, if it has one. */
  readonly entropyPosition: number | undefined;
}

const ENTRIES: readonly string[] = [
  'awaiting-fuses',
  'reset',
  'rom-mailbox',
  'runtime-mailbox',
  'fatal',
] satisfies readonly DeviceSnapshot['entry'][];

/** @throws TypeError if `value` is not a snapshot of this version; what the chip's blocks keep is checked by them */
export function requireSnapshot(value: DeviceSnapshot): DeviceSnapshot {
  if (value?.format !== 'rootcap-device') throw new TypeError('snapshot: not a device snapshot');
  if (value.version !== 1) throw new TypeError(`snapshot: version ${String(value.version)}, 1 expected`);
  if (!ENTRIES.includes(value.entry)) throw new TypeError(`snapshot: entry ${String(value.entry)} is none`);
  if (typeof value.firmware !== 'object' || value.firmware === null) throw new TypeError('snapshot: no firmware state');
  if (
    value.entropyPosition !== undefined &&
    !(Number.isSafeInteger(value.entropyPosition) && value.entropyPosition >= 0)
  )
    throw new TypeError('snapshot: entropyPosition is not a whole number');
  return value;
}
