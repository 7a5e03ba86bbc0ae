import { bytesToHex, type CryptoProvider, utf8ToBytes } from '@rootcap/crypto';
import { KmsError, type KmsErrorCode } from './error.ts';

/** What is done with a device or a binding. */
export type Verb = 'init' | 'enrol' | 'bind' | 'seal' | 'rotate' | 'test' | 'confirm' | 'erase' | 'revoke' | 'trust';

/** One thing that happened, without its place in the chain. No field ever holds a secret. */
export interface AuditEntry {
  readonly verb: Verb;
  readonly outcome: 'granted' | 'refused';
  /** Of a refusal. */
  readonly code?: KmsErrorCode;
  readonly device?: string;
  readonly binding?: string;
  /** What was sealed, erased or refused, in words and fingerprints. */
  readonly detail: Readonly<Record<string, string | number>>;
  /** The state changed with it: a state from before it is an old one. */
  readonly changes?: true;
}

/** A line of the log. */
export interface AuditRecord extends AuditEntry {
  /** From 0, one after the other. */
  readonly sequence: number;
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** Hash of the record before it; zeros for the first. */
  readonly previous: string;
  /** SHA-384 of this record as JSON without this field, 96 hexadecimal digits. */
  readonly hash: string;
}

/** The end of a log: what to keep elsewhere in order to notice that records are missing. */
export interface AuditHead {
  readonly sequence: number;
  readonly hash: string;
}

type Hashes = Pick<CryptoProvider, 'hashes'>;

/** Before the first record. */
export const EMPTY_HEAD: AuditHead = { sequence: -1, hash: '0'.repeat(96) };

const hashOf = ({ hashes }: Hashes, text: string): string => bytesToHex(hashes.digest('sha384', utf8ToBytes(text)));

/** The record that follows `head`. */
export function nextRecord(provider: Hashes, head: AuditHead, time: string, entry: AuditEntry): AuditRecord {
  const { verb, outcome, code, device, binding, detail, changes } = entry;
  const body = {
    sequence: head.sequence + 1,
    time,
    verb,
    outcome,
    ...(code === undefined ? {} : { code }),
    ...(device === undefined ? {} : { device }),
    ...(binding === undefined ? {} : { binding }),
    detail,
    ...(changes === undefined ? {} : { changes }),
    previous: head.hash,
  };
  return { ...body, hash: hashOf(provider, JSON.stringify(body)) };
}

export const headOf = ({ sequence, hash }: AuditRecord): AuditHead => ({ sequence, hash });

function damaged(sequence: number, reason: string): KmsError {
  return new KmsError('log-damaged', `record ${sequence}: ${reason}`);
}

function recordOf(line: string, sequence: number): AuditRecord {
  let record: AuditRecord;
  try {
    record = JSON.parse(line) as AuditRecord;
  } catch {
    throw damaged(sequence, 'not JSON');
  }
  if (typeof record !== 'object' || record === null || JSON.stringify(record) !== line)
    throw damaged(sequence, 'not as it was written');
  return record;
}

/**
 * Verifies a log: every record is as it was written, in its place, and hangs on the one before it.
 *
 * @param lines - JSON, one record each
 * @param head - an end of the log that was seen before: it has to be in it still
 * @returns the records
 * @throws KmsError `log-damaged` naming the first record that is wrong
 */
export function verifyAudit(provider: Hashes, lines: readonly string[], head?: AuditHead): AuditRecord[] {
  let previous = EMPTY_HEAD;
  const records = lines.map((line, i) => {
    const record = recordOf(line, i);
    const { hash, ...body } = record;
    if (body.sequence !== i) throw damaged(i, `has the number ${String(body.sequence)}`);
    if (body.previous !== previous.hash) throw damaged(i, 'does not hang on the record before it');
    if (hash !== hashOf(provider, JSON.stringify(body))) throw damaged(i, 'its hash is wrong');
    previous = headOf(record);
    return record;
  });
  if (head !== undefined && head.sequence >= 0 && records[head.sequence]?.hash !== head.hash)
    throw damaged(head.sequence, records.length > head.sequence ? 'was replaced' : 'is missing');
  return records;
}
