import { Device } from './device.ts';
import type { DeviceOptions } from './options.ts';

/**
 * Builds a root of trust. Without options: a demo device in production, debug locked, the same on every machine.
 *
 * @example
 * const device = createDevice().boot();
 * device.certificateChain('mldsa87');   // RT alias, FMC alias and LDevID certificate, DER
 */
export function createDevice(options: DeviceOptions = {}): Device {
  return new Device(options);
}
