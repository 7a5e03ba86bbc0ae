import { equalBytes, u32be } from '../bytes.ts';
import { checkBytes } from '../checks.ts';
import {
  type LmsDefect,
  type LmsPublicKey,
  type LmsSignature,
  parseLmsPublicKey,
  parseLmsSignature,
} from './encoding.ts';
import { otsCandidate } from './ots.ts';
import { type LmsHash, lmsHash, type NeedsLmsHash } from './parameters.ts';

/** `wrong`: well-formed, but not a signature of this message under this key. */
export type LmsVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'malformed'; readonly defect: LmsDefect };

/** Domain separation, RFC 8554 §7.1. */
const D_LEAF = Uint8Array.of(0x82, 0x82);
const D_INTR = Uint8Array.of(0x83, 0x83);

/** @internal */
export function malformed(defect: LmsDefect): LmsVerdict {
  return { kind: 'malformed', defect };
}

/** @internal `T[r] = H(I ‖ u32str(r) ‖ D_LEAF ‖ K)` for a leaf. RFC 8554 §5.3 */
export function leafNode(hash: LmsHash, id: Uint8Array, r: number, otsKey: Uint8Array): Uint8Array {
  return hash(id, u32be(r), D_LEAF, otsKey);
}

/** @internal `T[r] = H(I ‖ u32str(r) ‖ D_INTR ‖ T[2r] ‖ T[2r+1])`. RFC 8554 §5.3 */
export function innerNode(hash: LmsHash, id: Uint8Array, r: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash(id, u32be(r), D_INTR, left, right);
}

/**
 * Root that a signature leads to from its message: equal to the root of the public key if the signature is right. RFC 8554
 * Algorithm 6a
 *
 * @param id - I of the public key, 16 bytes
 * @returns n bytes of the LM-OTS parameter set
 */
export function lmsCandidateRoot(
  provider: NeedsLmsHash,
  id: Uint8Array,
  signature: LmsSignature,
  message: Uint8Array,
): Uint8Array {
  checkBytes('id', id, 16);
  checkBytes('message', message);
  const { q, lmots, nonce, y, lms, path } = signature;
  const hash = lmsHash(provider, lmots.hash, lmots.n);
  let r = 2 ** lms.h + q;
  let node = leafNode(hash, id, r, otsCandidate({ hash, parameters: lmots, id, q }, nonce, y, message));
  for (const sibling of path) {
    const parent = Math.floor(r / 2);
    node = r % 2 === 0 ? innerNode(hash, id, parent, node, sibling) : innerNode(hash, id, parent, sibling, node);
    r = parent;
  }
  return node;
}

/** @internal Whether a signature that has the types of `key` leads to its root. */
export function verifyParsed(
  provider: NeedsLmsHash,
  key: LmsPublicKey,
  message: Uint8Array,
  signature: LmsSignature,
): LmsVerdict {
  const root = lmsCandidateRoot(provider, key.id, signature, message);
  return equalBytes(root, key.root) ? { kind: 'valid' } : { kind: 'wrong' };
}

/** LMS verification by RFC 8554 Algorithm 6, for every parameter set of SP 800-208. */
export function lmsVerify(
  provider: NeedsLmsHash,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): LmsVerdict {
  const key = parseLmsPublicKey(publicKey);
  if (!key.ok) return malformed(key.defect);
  const parsed = parseLmsSignature(signature, key.value);
  return parsed.ok ? verifyParsed(provider, key.value, message, parsed.value) : malformed(parsed.defect);
}
