import { bytes, type Field, struct, u8, u16be, u32be } from '@rootcap/struct';

/** Level 0 Discovery: Core Specification 2.01, section 3.3.6; Opal SSC 2.02, section 3.1.1. Numbers are big-endian. */
const Level0Header = struct('Level0Header', {
  /** Bytes that follow this field. */
  length: u32be,
  major: u16be,
  minor: u16be,
  reserved: bytes(8),
  vendor: bytes(32),
});

const feature = <const F extends Record<string, Field<unknown>>>(name: string, fields: F) =>
  struct(name, { code: u16be, version: u8, length: u8, ...fields });

const TPerFeature = feature('TPerFeature', { flags: u8, reserved: bytes(11) });
const LockingFeature = feature('LockingFeature', { flags: u8, reserved: bytes(11) });
const GeometryFeature = feature('GeometryFeature', {
  flags: u8,
  reserved: bytes(7),
  logicalBlockSize: u32be,
  alignmentGranularityHigh: u32be,
  alignmentGranularity: u32be,
  lowestAlignedLbaHigh: u32be,
  lowestAlignedLba: u32be,
});
const OpalV2Feature = feature('OpalV2Feature', {
  baseComId: u16be,
  comIds: u16be,
  flags: u8,
  admins: u16be,
  users: u16be,
  initialPin: u8,
  revertedPin: u8,
  reserved: bytes(5),
});

const TPER = { SYNC: 1, STREAMING: 1 << 4 } as const;
const LOCKING = {
  SUPPORTED: 1,
  ENABLED: 1 << 1,
  LOCKED: 1 << 2,
  MEDIA_ENCRYPTION: 1 << 3,
  MBR_ENABLED: 1 << 4,
  MBR_DONE: 1 << 5,
} as const;
const VERSION_1 = 1 << 4;
/** Ranges need no alignment beyond a block's. */
const ONE_BLOCK = 1;

/** What the state of a drive makes of the descriptors. */
export interface DiscoveryState {
  readonly lockingEnabled: boolean;
  readonly locked: boolean;
  readonly mbrEnabled: boolean;
  readonly mbrDone: boolean;
  /** Bytes. */
  readonly blockSize: number;
  readonly baseComId: number;
  readonly admins: number;
  readonly users: number;
}

/** The response to Level 0 Discovery. */
export function level0Discovery(state: DiscoveryState): Uint8Array {
  const { lockingEnabled, locked, mbrEnabled, mbrDone, blockSize, baseComId, admins, users } = state;
  const head = (code: number, size: number) => ({ code, version: VERSION_1, length: size - 4 });
  const flags =
    LOCKING.SUPPORTED |
    LOCKING.MEDIA_ENCRYPTION |
    (lockingEnabled ? LOCKING.ENABLED : 0) |
    (locked ? LOCKING.LOCKED : 0) |
    (mbrEnabled ? LOCKING.MBR_ENABLED : 0) |
    (mbrDone ? LOCKING.MBR_DONE : 0);
  const features = [
    TPerFeature.encode({
      ...head(0x0001, TPerFeature.size),
      flags: TPER.SYNC | TPER.STREAMING,
      reserved: new Uint8Array(11),
    }),
    LockingFeature.encode({ ...head(0x0002, LockingFeature.size), flags, reserved: new Uint8Array(11) }),
    GeometryFeature.encode({
      ...head(0x0003, GeometryFeature.size),
      flags: 0,
      reserved: new Uint8Array(7),
      logicalBlockSize: blockSize,
      alignmentGranularityHigh: 0,
      alignmentGranularity: ONE_BLOCK,
      lowestAlignedLbaHigh: 0,
      lowestAlignedLba: 0,
    }),
    OpalV2Feature.encode({
      ...head(0x0203, OpalV2Feature.size),
      baseComId,
      comIds: 1,
      flags: 0,
      admins,
      users,
      // The PIN of SID is MSID, at first and after a revert.
      initialPin: 0,
      revertedPin: 0,
      reserved: new Uint8Array(5),
    }),
  ];
  const size = features.reduce((sum, { length }) => sum + length, Level0Header.size);
  const vendor = { reserved: new Uint8Array(8), vendor: new Uint8Array(32) };
  const output = new Uint8Array(size);
  output.set(Level0Header.encode({ length: size - 4, major: 0, minor: 1, ...vendor }));
  let at = Level0Header.size;
  for (const descriptor of features) {
    output.set(descriptor, at);
    at += descriptor.length;
  }
  return output;
}
