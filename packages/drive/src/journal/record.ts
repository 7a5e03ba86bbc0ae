import { bytesToUtf8 } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, utf8ToBytes } from '@rootcap/crypto';
import { bytes, struct, u8, u16, u32 } from '@rootcap/struct';

/** 'RCJ1'. */
const MAGIC = 0x314a_4352;
const CHECKSUM_SIZE = 16;

export const RECORD_TYPE = { SNAPSHOT: 1, CHANGES: 2 } as const;
export type RecordType = (typeof RECORD_TYPE)[keyof typeof RECORD_TYPE];

const ENTRY_KIND = { PUT: 1, DELETE: 2 } as const;

const Header = struct('journal record', {
  magic: u32,
  type: u32,
  sequence: u32,
  length: u32,
  /** The first bytes of the SHA-256 of this header, without them, and what follows. */
  checksum: bytes(CHECKSUM_SIZE),
});

const EntryHeader = struct('journal entry', { kind: u8, keyLength: u16, valueLength: u32 });

/** What a commit changes: values by key, `undefined` for one that goes. */
export type Changes = ReadonlyMap<string, Uint8Array | undefined>;

export interface JournalRecord {
  readonly type: RecordType;
  /** One more than that of the record before. */
  readonly sequence: number;
  readonly changes: Changes;
  /** Bytes of the whole record. */
  readonly size: number;
}

function checksum(header: Omit<Parameters<typeof Header.encode>[0], 'checksum'>, payload: Uint8Array): Uint8Array {
  const covered = Header.encode({ ...header, checksum: new Uint8Array(CHECKSUM_SIZE) });
  return sha256(concatBytes(covered, payload)).subarray(0, CHECKSUM_SIZE);
}

/** @throws StructError if a key or value is too long */
export function encodeRecord(type: RecordType, sequence: number, changes: Changes): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [key, value] of changes) {
    const name = utf8ToBytes(key);
    const kind = value === undefined ? ENTRY_KIND.DELETE : ENTRY_KIND.PUT;
    parts.push(EntryHeader.encode({ kind, keyLength: name.length, valueLength: value?.length ?? 0 }), name);
    if (value !== undefined) parts.push(value);
  }
  const payload = concatBytes(...parts);
  const header = { magic: MAGIC, type, sequence, length: payload.length };
  return concatBytes(Header.encode({ ...header, checksum: checksum(header, payload) }), payload);
}

/** @returns undefined unless a whole and undamaged record lies at `offset` */
export function decodeRecord(log: Uint8Array, offset: number): JournalRecord | undefined {
  if (log.length - offset < Header.size) return undefined;
  const { checksum: expected, ...header } = Header.decodeFrom(log, offset);
  const { magic, type, sequence, length } = header;
  const end = offset + Header.size + length;
  if (magic !== MAGIC || end > log.length) return undefined;
  const payload = log.subarray(offset + Header.size, end);
  if (!equalBytes(checksum(header, payload), expected)) return undefined;
  if (type !== RECORD_TYPE.SNAPSHOT && type !== RECORD_TYPE.CHANGES) return undefined;
  return { type, sequence, changes: decodeEntries(payload), size: Header.size + length };
}

function decodeEntries(payload: Uint8Array): Changes {
  const changes = new Map<string, Uint8Array | undefined>();
  for (let at = 0; at < payload.length; ) {
    const { kind, keyLength, valueLength } = EntryHeader.decodeFrom(payload, at);
    const key = at + EntryHeader.size;
    const value = key + keyLength;
    at = value + valueLength;
    changes.set(
      bytesToUtf8(payload.subarray(key, value)),
      kind === ENTRY_KIND.PUT ? payload.slice(value, at) : undefined,
    );
  }
  return changes;
}

/** Whether an undamaged record newer than `sequence` lies anywhere from `offset` on. */
export function hasLaterRecord(log: Uint8Array, offset: number, sequence: number): boolean {
  const first = MAGIC & 0xff;
  for (let at = log.indexOf(first, offset); at >= 0; at = log.indexOf(first, at + 1)) {
    const record = decodeRecord(log, at);
    if (record !== undefined && record.sequence > sequence) return true;
  }
  return false;
}
