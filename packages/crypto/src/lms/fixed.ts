import { equalBytes } from '../bytes.ts';
import { checkBytes } from '../checks.ts';
import { FieldReader } from './encoding.ts';
import {
  type LmotsParameters,
  type LmsParameters,
  lmotsParameters,
  lmsParameters,
  type NeedsLmsHash,
} from './parameters.ts';
import { type LmsVerdict, lmsCandidateRoot, malformed } from './verify.ts';

/** The parameter sets a verifier was built for. */
export interface FixedLmsSets {
  readonly lms: LmsParameters;
  readonly lmots: LmotsParameters;
}

/**
 * LMS verification as firmware does it that was compiled for one pair of parameter sets: every field has its fixed place,
 * whatever the types say, and the checks come in this order: the LM-OTS type of the signature is that of the key; the LMS
 * type of the signature is known; its height is the compiled one; q is below 2^h; the LM-OTS type is the compiled one. The
 * LMS type of the *key* is not looked at, nor the hash length that goes with the signature's.
 *
 * @throws RangeError if key or signature have another length than the parameter sets give them
 * @see caliptra-sw:drivers/src/lms.rs
 */
export function lmsVerifyFixed(
  provider: NeedsLmsHash,
  { lms, lmots }: FixedLmsSets,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): LmsVerdict {
  checkBytes('publicKey', publicKey, 24 + lms.m);
  checkBytes('signature', signature, 12 + lmots.n * (lmots.p + 1) + lms.m * lms.h);
  const key = new FieldReader(publicKey);
  key.u32be();
  const keyLmotsType = key.u32be();
  const id = key.bytes(16);
  const root = key.bytes(lms.m);
  const fields = new FieldReader(signature);
  const q = fields.u32be();
  const lmotsType = fields.u32be();
  const nonce = fields.bytes(lmots.n);
  const y = fields.list(lmots.p, lmots.n);
  const named = lmsParameters(fields.u32be());
  const path = fields.list(lms.h, lms.m);
  if (lmotsType !== keyLmotsType) return malformed('lmotsTypeMismatch');
  if (named === undefined || named.hash !== lms.hash) return malformed('unknownLmsType');
  if (named.h !== lms.h) return malformed('heightMismatch');
  if (q >= 2 ** lms.h) return malformed('qOutOfRange');
  const namedLmots = lmotsParameters(lmotsType);
  if (namedLmots === undefined || namedLmots.hash !== lmots.hash) return malformed('unknownLmotsType');
  if (namedLmots.type !== lmots.type) return malformed('lmotsParameterMismatch');
  const candidate = lmsCandidateRoot(provider, id, { q, lmots, nonce, y, lms, path }, message);
  return equalBytes(candidate, root) ? { kind: 'valid' } : { kind: 'wrong' };
}
