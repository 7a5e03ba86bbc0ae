export { DeviceClock, type StepOptions, type StepResult } from './clock.ts';
export { createDevice } from './create-device.ts';
export { type DemoManifestOptions, demoBundle, demoFuses, demoMcuFirmware, demoSocManifest } from './demo.ts';
export { CHAIN_ALGORITHMS, type ChainAlgorithm, Device, type DeviceState, type DeviceWait } from './device.ts';
export { DeviceDpe, type DpeCallOptions, type DpeFields } from './device-dpe.ts';
export { DeviceError, type DeviceErrorCode } from './device-error.ts';
export { type ReplayableEntropy, replayableEntropy } from './entropy.ts';
export type { DeviceEvent, DeviceListener, FirmwareEvent } from './events.ts';
export {
  type Callable,
  type CallFields,
  type CallResponse,
  DeviceMailbox,
  type ExecuteOptions,
  type MailboxResponse,
} from './mailbox.ts';
export { type AdamsBridgeName, type DeviceOptions, LIFECYCLES, type LifecycleName } from './options.ts';
export type { DeviceSnapshot } from './snapshot.ts';
