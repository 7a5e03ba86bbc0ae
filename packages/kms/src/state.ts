import type { DiceAlgorithm } from '@rootcap/dice';
import type { AuditHead, AuditRecord } from './audit.ts';

/** A device that was enrolled. Bytes are hexadecimal. */
export interface DeviceRecord {
  /** SHA-256 of its IDevID public key. */
  readonly id: string;
  readonly name: string;
  readonly algorithm: DiceAlgorithm;
  readonly ueid?: string;
  /** Digest of the state in which it was accepted. */
  readonly state?: string;
  readonly enrolledAt: string;
  readonly revoked?: { readonly at: string; readonly reason: string };
}

/** One access key of a party for one AccessCondition of a device, or the tombstone of one. */
export interface BindingRecord {
  readonly id: string;
  readonly device: string;
  readonly party: string;
  /** UID of the AccessCondition, 8 bytes. */
  readonly object: string;
  /** Metadata of the MPK, at most 32 bytes. */
  readonly metadata: string;
  readonly createdAt: string;
  /** Secret: the access key. Missing once erased. */
  readonly key?: string;
  /** Secret: the key that a rotation is about to put in its place. */
  readonly next?: string;
  readonly rotatedAt?: string;
  /** A test that waits for the device's digest. */
  readonly test?: { readonly nonce: string; readonly key: 'current' | 'next' };
  readonly erased?: { readonly at: string; readonly sequence: number; readonly evidence?: string };
}

/** Everything that is encrypted at rest. */
export interface KmsState {
  /** DER of the vendor roots, hexadecimal. */
  readonly roots: readonly string[];
  readonly devices: Readonly<Record<string, DeviceRecord>>;
  readonly bindings: Readonly<Record<string, BindingRecord>>;
  /** The log up to here belongs to this state. */
  readonly head: AuditHead;
  /** Last record of `head`: written again if a crash came between state and log. */
  readonly last: AuditRecord;
}

/** What may be shown of a binding. */
export interface BindingView {
  readonly id: string;
  readonly device: string;
  readonly party: string;
  readonly object: string;
  readonly metadata: string;
  readonly createdAt: string;
  readonly status: 'bound' | 'rotating' | 'erased';
  readonly rotatedAt?: string;
  readonly erasedAt?: string;
}

export function viewOf({ id, device, party, object, metadata, createdAt, ...rest }: BindingRecord): BindingView {
  const { next, rotatedAt, erased } = rest;
  return {
    id,
    device,
    party,
    object,
    metadata,
    createdAt,
    status: erased !== undefined ? 'erased' : next !== undefined ? 'rotating' : 'bound',
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(erased === undefined ? {} : { erasedAt: erased.at }),
  };
}
