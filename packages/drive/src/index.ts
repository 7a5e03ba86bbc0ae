export { BLOCK_SIZE } from './block.ts';
export { EncryptedNamespace, type EncryptedNamespaceOptions } from './encrypted-namespace.ts';
export {
  DriveError,
  type DriveErrorCode,
  LockedRangeError,
  MediumError,
  RangeOutOfBoundsError,
} from './errors.ts';
export { Journal } from './journal/journal.ts';
export type { Changes } from './journal/record.ts';
export type { Medium, MediumStore } from './medium.ts';
export { MemoryMedium } from './memory-medium.ts';
export type { Allocation, Namespace, SecurityProtocol, Subsystem } from './namespace.ts';
export { NbdClient, type NbdClientOptions, type NbdClientWire } from './nbd/client.ts';
export { type NbdErrorCode, NbdProtocolError, NbdReplyError } from './nbd/errors.ts';
export type { TlsPolicy } from './nbd/negotiation.ts';
export type { Extent } from './nbd/replies.ts';
export { NbdSession, type NbdSessionOptions, type NbdWire } from './nbd/session.ts';
export { type PowerLossOptions, PowerLossStore } from './power-loss.ts';
export { SelfEncryptingDrive } from './sed/drive.ts';
export type { DpkProtector, FlashState, NamespaceRecord, PartyRecord, RangeRecord, RecordStore } from './sed/flash.ts';
export { memoryRecord } from './sed/flash.ts';
export { blankHekFuses, type HekFuses, type HekSlot, type HekSlotState } from './sed/hek-fuses.ts';
export { journalRecord } from './sed/journal-record.ts';
export type { CreateOptions, DriveParts } from './sed/parts.ts';
export type { ScryptCost } from './sed/pin.ts';
export type { HpkeKeyView, PartyGrant, SealedRecord } from './sed/root-of-trust.ts';
export { newSilicon, type RootOfTrustOptions, rootOfTrustOf, type Silicon, vendorChainOf } from './sed/silicon.ts';
export type { RangeOptions } from './sed/state-checks.ts';
export type { DriveEvent, DriveListener, DriveStatus, RangeStatus } from './sed/status.ts';
export { DRIVE_VERBS, type DriveParams, type DriveVerb } from './sed/verbs.ts';
export { XTS_ERROR, XtsDataPath, type XtsDataPathOptions } from './xts/data-path.ts';
export { decodeMetadata, encodeMetadata, METADATA_SIZE, type RangeMetadata } from './xts/metadata.ts';
export { portableEngine, type UnitCipher, type UnitCipherEngine } from './xts/unit-cipher.ts';
