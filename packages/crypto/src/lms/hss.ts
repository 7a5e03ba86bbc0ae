import { checkBytes } from '../checks.ts';
import { FieldReader, parseLmsPublicKey, readLmsPublicKey, readLmsSignature } from './encoding.ts';
import type { NeedsLmsHash } from './parameters.ts';
import { type LmsVerdict, malformed, verifyParsed } from './verify.ts';

const MAX_LEVELS = 8;

/**
 * HSS verification (RFC 8554 §6.3), for every parameter set of SP 800-208.
 *
 * @param publicKey - `u32str(L) ‖ LMS public key`
 * @param signature - `u32str(L - 1) ‖ (LMS signature ‖ LMS public key) … ‖ LMS signature`: each key is signed by the one
 *   before it, the message by the last
 */
export function hssVerify(
  provider: NeedsLmsHash,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): LmsVerdict {
  checkBytes('publicKey', publicKey);
  checkBytes('message', message);
  checkBytes('signature', signature);
  const keyReader = new FieldReader(publicKey);
  if (!keyReader.has(4)) return malformed('publicKeyLength');
  const levels = keyReader.u32be();
  const top = parseLmsPublicKey(keyReader.rest);
  if (!top.ok) return malformed(top.defect);
  const reader = new FieldReader(signature);
  if (!reader.has(4)) return malformed('signatureLength');
  const signedKeys = reader.u32be();
  if (levels < 1 || levels > MAX_LEVELS || signedKeys !== levels - 1) return malformed('levels');
  let key = top.value;
  let wrong = false;
  for (let level = 0; level < signedKeys; level++) {
    const keySignature = readLmsSignature(reader, key);
    if (!keySignature.ok) return malformed(keySignature.defect);
    const { rest } = reader;
    const next = readLmsPublicKey(reader);
    if (!next.ok) return malformed(next.defect);
    const signed = rest.subarray(0, rest.length - reader.rest.length);
    wrong ||= verifyParsed(provider, key, signed, keySignature.value).kind !== 'valid';
    key = next.value;
  }
  const last = readLmsSignature(reader, key);
  if (!last.ok) return malformed(last.defect);
  if (reader.rest.length > 0) return malformed('signatureLength');
  // A broken link makes the whole chain wrong, whatever the last signature says.
  return wrong ? { kind: 'wrong' } : verifyParsed(provider, key, message, last.value);
}
