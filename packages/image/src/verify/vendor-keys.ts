import { equalBytes } from '@rootcap/crypto';
import {
  type ImagePreamble,
  KEY_DESCRIPTOR_VERSION,
  MANIFEST_RANGES,
  PQC_KEY_TYPES,
  PQC_SIZES,
  type PqcKeyType,
  VENDOR_ECC_MAX_KEY_COUNT,
  VENDOR_LMS_MAX_KEY_COUNT,
  VENDOR_MLDSA_MAX_KEY_COUNT,
} from '../layouts.ts';
import { type ImageVerificationEnv, LIFECYCLE, type VerificationReason } from './env.ts';
import { orDigestFailure, refuse } from './refuse.ts';

const PQC_MAX_KEY_COUNT: Readonly<Record<PqcKeyType, number>> = {
  lms: VENDOR_LMS_MAX_KEY_COUNT,
  mldsa: VENDOR_MLDSA_MAX_KEY_COUNT,
};

/** @internal */
export const isZero = (value: Uint8Array): boolean => value.every((byte) => byte === 0);

/** Steps 5b and 5c. */
function checkDescriptors({ vendorPubKeyInfo }: ImagePreamble, pqc: PqcKeyType): void {
  const { eccKeyDescriptor: ecc, pqcKeyDescriptor } = vendorPubKeyInfo;
  if (ecc.version !== KEY_DESCRIPTOR_VERSION) refuse('IMAGE_VERIFIER_ERR_ECC_KEY_DESCRIPTOR_VERSION_MISMATCH');
  if (ecc.keyHashCount === 0) refuse('IMAGE_VERIFIER_ERR_ECC_KEY_DESCRIPTOR_INVALID_HASH_COUNT');
  if (ecc.keyHashCount > VENDOR_ECC_MAX_KEY_COUNT)
    refuse('IMAGE_VERIFIER_ERR_ECC_KEY_DESCRIPTOR_HASH_COUNT_GT_MAX', `${ecc.keyHashCount} keys`);

  const { version, keyType, keyHashCount } = pqcKeyDescriptor;
  if (version !== KEY_DESCRIPTOR_VERSION) refuse('IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_VERSION_MISMATCH');
  if (keyType !== PQC_KEY_TYPES[pqc]) refuse('IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_TYPE_MISMATCH');
  if (keyHashCount === 0) refuse('IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_INVALID_HASH_COUNT');
  if (keyHashCount > PQC_MAX_KEY_COUNT[pqc])
    refuse('IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_HASH_COUNT_GT_MAX', `${keyHashCount} keys`);
}

function vendorDigest(env: ImageVerificationEnv, offset: number, length: number): Uint8Array {
  return orDigestFailure('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_FAILURE', () => env.sha384OfImage(offset, length));
}

/** Steps 5e and 5f: the active keys are those of the descriptors. The revocation and count checks come later. */
function checkActiveKeys(env: ImageVerificationEnv, preamble: ImagePreamble, pqc: PqcKeyType): void {
  const { eccKeyDescriptor, pqcKeyDescriptor } = preamble.vendorPubKeyInfo;
  const { vendorEccActivePubKey: ecc, vendorPqcActivePubKey } = MANIFEST_RANGES;

  const eccHash = eccKeyDescriptor.keyHash[preamble.vendorEccPubKeyIdx];
  if (eccHash === undefined) refuse('IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_OUT_OF_BOUNDS');
  if (!equalBytes(eccHash, vendorDigest(env, ecc.offset, ecc.length)))
    refuse('IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_DIGEST_MISMATCH');

  const pqcHash = pqcKeyDescriptor.keyHash[preamble.vendorPqcPubKeyIdx];
  if (pqcHash === undefined || preamble.vendorPqcPubKeyIdx >= PQC_MAX_KEY_COUNT[pqc])
    refuse('IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_INDEX_OUT_OF_BOUNDS');
  if (!equalBytes(pqcHash, vendorDigest(env, vendorPqcActivePubKey.offset, PQC_SIZES[pqc].publicKey)))
    refuse('IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_DIGEST_MISMATCH');
}

/** @internal Step 5. Nothing about the vendor's key lists is checked in the unprovisioned lifecycle. */
export function verifyVendorPubKeyInfo(env: ImageVerificationEnv, preamble: ImagePreamble, pqc: PqcKeyType): void {
  if (env.lifecycle === LIFECYCLE.unprovisioned) return;
  if (isZero(env.vendorPkHash)) refuse('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_INVALID');
  checkDescriptors(preamble, pqc);
  const { offset, length } = MANIFEST_RANGES.vendorPubKeyInfo;
  if (!equalBytes(env.vendorPkHash, vendorDigest(env, offset, length)))
    refuse('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_MISMATCH');
  checkActiveKeys(env, preamble, pqc);
}

/**
 * Index of the key that can never be revoked. The firmware computes it in wrapping 32-bit arithmetic, so an empty list,
 * possible in the unprovisioned lifecycle only, has no bound at all.
 */
const lastKeyIndex = (keyHashCount: number): number => (keyHashCount - 1) >>> 0;

/** @internal Step 7. */
export function verifyVendorEccPubKeyIdx(
  env: ImageVerificationEnv,
  preamble: ImagePreamble,
  reason: VerificationReason,
): void {
  const index = preamble.vendorEccPubKeyIdx;
  const last = lastKeyIndex(preamble.vendorPubKeyInfo.eccKeyDescriptor.keyHashCount);
  if (index > last) refuse('IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_OUT_OF_BOUNDS', `index ${index}`);
  // An index without a fuse (4 and above, unprovisioned only) tests the empty mask, which every fuse value contains.
  const mask = (1 << index) & 0xf;
  if (index !== last && (env.vendorEccPubKeyRevocation & mask) === mask)
    refuse('IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_REVOKED', `index ${index}`);
  if (reason === 'UpdateReset' && env.coldBoot?.vendorEccPkIndex !== index)
    refuse('IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_ECC_PUB_KEY_IDX_MISMATCH', `index ${index}`);
}

/** @internal The revocation fuse of the algorithm in use. */
export function pqcRevocation(env: ImageVerificationEnv, pqc: PqcKeyType): number {
  return pqc === 'lms' ? env.vendorLmsPubKeyRevocation : env.vendorMldsaPubKeyRevocation;
}

/** @internal Step 8. */
export function verifyVendorPqcPubKeyIdx(
  env: ImageVerificationEnv,
  preamble: ImagePreamble,
  pqc: PqcKeyType,
  reason: VerificationReason,
): void {
  const index = preamble.vendorPqcPubKeyIdx;
  const last = lastKeyIndex(preamble.vendorPubKeyInfo.pqcKeyDescriptor.keyHashCount);
  if (index > last) refuse('IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_INDEX_OUT_OF_BOUNDS', `index ${index}`);
  if (index !== last && (pqcRevocation(env, pqc) & (1 << index)) !== 0)
    refuse('IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_REVOKED', `index ${index}`);
  if (reason === 'UpdateReset' && env.coldBoot?.vendorPqcPkIndex !== index)
    refuse('IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_PQC_PUB_KEY_IDX_MISMATCH', `index ${index}`);
}
