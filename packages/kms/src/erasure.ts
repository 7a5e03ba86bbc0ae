import type { CryptoProvider } from '@rootcap/crypto';
import { type AuditHead, type AuditRecord, verifyAudit } from './audit.ts';
import { KmsError } from './error.ts';

/** Says that an access key is gone, and where the log says so. Everything in it is public. */
export interface ErasureProof {
  readonly format: 'rootcap-kms-erasure-1';
  readonly binding: string;
  readonly device: string;
  readonly party: string;
  readonly object: string;
  readonly erasedAt: string;
  /** SHA-384 of what the drive gave as its own evidence. */
  readonly evidence?: string;
  /** The record of the erasure. */
  readonly record: AuditRecord;
  /** End of the log when the proof was made. */
  readonly head: AuditHead;
}

const invalid = (reason: string): KmsError => new KmsError('proof-invalid', reason);

/**
 * Verifies an erasure against a log: the log holds together up to the proof's end of it, the record is in it, and nothing was
 * granted for the binding afterwards.
 *
 * It proves what the service recorded; that no copy of the key exists elsewhere no log can prove.
 *
 * @throws KmsError `proof-invalid` or `log-damaged`
 */
export function verifyErasure(
  provider: Pick<CryptoProvider, 'hashes'>,
  proof: ErasureProof,
  lines: readonly string[],
): void {
  if (proof.format !== 'rootcap-kms-erasure-1') throw invalid('format: expected rootcap-kms-erasure-1');
  const { record, head, binding } = proof;
  const records = verifyAudit(provider, lines, head);
  if (JSON.stringify(records[record.sequence]) !== JSON.stringify(record)) throw invalid('record: not in the log');
  if (record.verb !== 'erase' || record.outcome !== 'granted' || record.binding !== binding)
    throw invalid('record: not the erasure of this binding');
  const claims = {
    device: proof.device,
    party: proof.party,
    object: proof.object,
    ...(proof.evidence === undefined ? {} : { evidence: proof.evidence }),
  };
  const { device } = record;
  if (JSON.stringify({ device, ...record.detail }) !== JSON.stringify(claims) || record.time !== proof.erasedAt)
    throw invalid('record: says something else than the proof');
  const later = records
    .slice(record.sequence + 1)
    .find((next) => next.binding === binding && next.outcome === 'granted');
  if (later !== undefined) throw invalid(`record ${later.sequence}: ${later.verb} of the same binding afterwards`);
}
