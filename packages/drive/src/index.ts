export {
  DriveError,
  type DriveErrorCode,
  LockedRangeError,
  MediumError,
  RangeOutOfBoundsError,
} from './errors.ts';
export { ENGINE_ERROR, type MediaKeyCache } from './media-key-cache.ts';
export type { Allocation, Namespace, SecurityProtocol, Subsystem } from './namespace.ts';
