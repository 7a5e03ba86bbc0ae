import type { CryptoProvider } from '@rootcap/crypto';
import { struct, u8, u32 } from '@rootcap/struct';
import { requireLength } from './checks.ts';
import type { BitString } from './der.ts';
import { operationalFlags } from './tcb-info.ts';

type HashProvider = Pick<CryptoProvider, 'hashes'>;

/**
 * Which bytes of the device state a ROM measures: `2.0` up to 2.0.3, `2.1.0` from 2.1.0 to 2.1.2, `2.1.3` from there on
 * (it adds the subsystem mode).
 */
export type MeasuredGeneration = '2.0' | '2.1.0' | '2.1.3';

/** Generation of a ROM by its version word: `major << 11 | minor << 6 | patch`, as in CPTRA_FW_REV_ID[0][15:0]. */
export function measuredGeneration(romVersion: number): MeasuredGeneration {
  if (romVersion < 0x1040) return '2.0';
  return romVersion < 0x1043 ? '2.1.0' : '2.1.3';
}

/** Fuses and state that a device measures into PCR0 and PCR1 and names in its FMC alias certificate. */
export interface DeviceState {
  /** Whether the register CPTRA_OWNER_PK_HASH is not zero. */
  readonly ownerPkHashInFuses: boolean;
  readonly antiRollbackDisable: boolean;
  /** Revocation masks: 4, 32 and 4 bits. */
  readonly eccRevocation: number;
  readonly lmsRevocation: number;
  readonly mldsaRevocation: number;
  /** Values of the thermometer fuses, 0 to 128. */
  readonly fwFuseSvn: number;
  readonly socManifestFuseSvn: number;
  readonly socManifestMaxSvn: number;
  /** 1 ML-DSA, 3 LMS. */
  readonly pqcKeyType: number;
  /** 0 unprovisioned, 1 manufacturing, 3 production. */
  readonly lifecycle: number;
  readonly debugLocked: boolean;
  /** SVN of the firmware of the last cold boot. */
  readonly coldBootFwSvn: number;
  readonly vendorEccKeyIndex: number;
  readonly vendorPqcKeyIndex: number;
  readonly subsystemMode: boolean;
}

/** Bytes 0-10 of the device status of 2.1: what an owner answers for. */
export const OWNER_STATUS = struct('OwnerStatus', {
  ownerPkHashInFuses: u8,
  antiRollbackDisable: u8,
  eccRevocation: u8,
  lmsRevocation: u32,
  mldsaRevocation: u8,
  fwFuseSvn: u8,
  socManifestFuseSvn: u8,
  socManifestMaxSvn: u8,
});

/** Bytes 11-16 of the device status of 2.1: what a vendor answers for. */
export const VENDOR_STATUS_2_1_0 = struct('VendorStatus210', {
  pqcKeyType: u8,
  lifecycle: u8,
  debugLocked: u8,
  coldBootFwSvn: u8,
  vendorEccKeyIndex: u8,
  vendorPqcKeyIndex: u8,
});

/** The same and byte 17, from 2.1.3 on. */
export const VENDOR_STATUS_2_1_3 = struct('VendorStatus213', {
  pqcKeyType: u8,
  lifecycle: u8,
  debugLocked: u8,
  coldBootFwSvn: u8,
  vendorEccKeyIndex: u8,
  vendorPqcKeyIndex: u8,
  subsystemMode: u8,
});

/** Device status of 2.0, 9 bytes. */
export const DEVICE_STATUS_2_0 = struct('DeviceStatus20', {
  lifecycle: u8,
  debugLocked: u8,
  antiRollbackDisable: u8,
  vendorEccKeyIndex: u8,
  coldBootFwSvn: u8,
  effectiveFuseSvn: u8,
  vendorPqcKeyIndex: u8,
  pqcKeyType: u8,
  ownerPkHashInFuses: u8,
});

/** Head of the device information of 2.0, 7 bytes; the two key hashes follow. */
export const DEVICE_INFO_2_0 = struct('DeviceInfo20', {
  lifecycle: u8,
  debugLocked: u8,
  antiRollbackDisable: u8,
  vendorEccKeyIndex: u8,
  vendorPqcKeyIndex: u8,
  pqcKeyType: u8,
  ownerPkHashInFuses: u8,
});

/** The state as numbers, by the names of the layouts above. */
function numbers(state: DeviceState): Record<string, number> {
  const entries = Object.entries(state).map(([name, value]) => [name, Number(value)] as const);
  return { ...Object.fromEntries(entries), effectiveFuseSvn: effectiveFuseSvn(state) };
}

function encodeStatus<T>(
  layout: { readonly fieldNames: readonly (keyof T & string)[]; encode(value: T): Uint8Array },
  state: DeviceState,
): Uint8Array {
  const values = numbers(state);
  return layout.encode(Object.fromEntries(layout.fieldNames.map((name) => [name, values[name]])) as T);
}

/** Fuse SVN that counts: 0 while anti-rollback is disabled. */
export function effectiveFuseSvn(state: Pick<DeviceState, 'antiRollbackDisable' | 'fwFuseSvn'>): number {
  return state.antiRollbackDisable ? 0 : state.fwFuseSvn;
}

function vendorStatus(generation: '2.1.0' | '2.1.3', state: DeviceState): Uint8Array {
  return generation === '2.1.0' ? encodeStatus(VENDOR_STATUS_2_1_0, state) : encodeStatus(VENDOR_STATUS_2_1_3, state);
}

/**
 * First measurement of PCR0 and PCR1.
 *
 * @returns 9 bytes (2.0), 17 bytes (2.1.0 to 2.1.2) or 18 bytes (2.1.3)
 * @throws StructError if a value needs more than its byte
 * @see caliptra-sw:rom/dev/src/pcr.rs
 */
export function deviceStatus(generation: MeasuredGeneration, state: DeviceState): Uint8Array {
  if (generation === '2.0') return encodeStatus(DEVICE_STATUS_2_0, state);
  const owner = encodeStatus(OWNER_STATUS, state);
  const vendor = vendorStatus(generation, state);
  const output = new Uint8Array(owner.length + vendor.length);
  output.set(owner);
  output.set(vendor, owner.length);
  return output;
}

/**
 * `SHA-384(ownerPkHash ‖ device status bytes 0-10)`: digest of CALIPTRA_2_X_FUSE_OWNER_INFO.
 *
 * @param ownerPkHash - 48 bytes: digest of the owner keys of the loaded image
 * @see caliptra-sw:common/src/dice.rs
 */
export function ownerInfoHash(provider: HashProvider, ownerPkHash: Uint8Array, state: DeviceState): Uint8Array {
  requireLength(ownerPkHash, 48, 'ownerPkHash');
  return provider.hashes.digest('sha384', ownerPkHash, encodeStatus(OWNER_STATUS, state));
}

/**
 * `SHA-384(vendorPkHash ‖ device status bytes 11-17)`, without byte 17 before 2.1.3: digest of
 * CALIPTRA_2_X_FUSE_VENDOR_INFO.
 *
 * @param vendorPkHash - 48 bytes: the fuse
 */
export function vendorInfoHash(
  provider: HashProvider,
  generation: '2.1.0' | '2.1.3',
  vendorPkHash: Uint8Array,
  state: DeviceState,
): Uint8Array {
  requireLength(vendorPkHash, 48, 'vendorPkHash');
  return provider.hashes.digest('sha384', vendorPkHash, vendorStatus(generation, state));
}

/** `SHA-384(device info ‖ vendorPkHash ‖ ownerPkHash)`: digest of DEVICE_INFO in certificates of 2.0. */
export function deviceInfoHash(
  provider: HashProvider,
  vendorPkHash: Uint8Array,
  ownerPkHash: Uint8Array,
  state: DeviceState,
): Uint8Array {
  requireLength(vendorPkHash, 48, 'vendorPkHash');
  requireLength(ownerPkHash, 48, 'ownerPkHash');
  return provider.hashes.digest('sha384', encodeStatus(DEVICE_INFO_2_0, state), vendorPkHash, ownerPkHash);
}

/** Flags of DEVICE_INFO in certificates of 2.0. caliptra-sw:common/src/dice.rs at 00d3433d */
export function deviceFlags(state: Pick<DeviceState, 'lifecycle' | 'debugLocked'>): BitString {
  return operationalFlags([
    ...(state.lifecycle === 0 ? (['notConfigured'] as const) : []),
    ...(state.lifecycle === 1 ? (['notSecure'] as const) : []),
    ...(state.debugLocked ? [] : (['debug'] as const)),
    'fixedWidth',
  ]);
}

/** Which flags a certificate of 2.0 claims to know. */
export const DEVICE_FLAGS_MASK: BitString = operationalFlags(['notConfigured', 'notSecure', 'debug', 'fixedWidth']);
