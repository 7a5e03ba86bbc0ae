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

/** @throws TypeError if `value` is not a snapshot of this version */
export function requireSnapshot(value: DeviceSnapshot): DeviceSnapshot {
  if (value?.format !== 'rootcap-device') throw new TypeError('snapshot: not a device snapshot');
  if (value.version !== 1) throw new TypeError(`snapshot: version ${String(value.version)}, 1 expected`);
  return value;
}
