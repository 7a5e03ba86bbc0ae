import type { ErrorName } from '@rootcap/errors';
import { AUTH_MANIFEST_CHECKS, OWNER_AUTH_MANIFEST_CHECKS } from './soc-manifest/checks.ts';

/** One check of the image verifier, or of the runtime's for SoC manifests. */
export interface VerifierCheck {
  /** Position in the order of verification. Checks that share a step belong to one test; the one listed first wins. */
  readonly step: string;
  readonly symbol: ErrorName;
  /** What is wrong with the bundle or manifest when the check fails. */
  readonly meaning: string;
  /** The check exists only on this reset. */
  readonly only?: 'UpdateReset';
  /** The check is skipped in the unprovisioned lifecycle. */
  readonly provisioned?: true;
}

/**
 * Every check of the image verifier, in the order in which it is made: a bundle with several faults is refused with the
 * first of them. {@link verifyImage} can refuse with these symbols only.
 *
 * @see caliptra-sw:image/verify/src/verifier.rs
 */
export const VERIFIER_CHECKS = [
  {
    step: '1',
    symbol: 'IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH',
    meaning: 'the bundle does not start with the bytes "CMN2"',
  },
  {
    step: '2',
    symbol: 'IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH',
    meaning: 'the manifest does not give its own size, 16956 bytes',
  },
  {
    step: '3',
    symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_INVALID',
    meaning: 'the second signature algorithm is neither ML-DSA (1) nor LMS (3)',
  },
  {
    step: '4',
    symbol: 'IMAGE_VERIFIER_ERR_INVALID_PQC_KEY_TYPE_IN_FUSE',
    meaning: 'the fuse names no known second signature algorithm',
    provisioned: true,
  },
  {
    step: '4',
    symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_MISMATCH',
    meaning: 'the bundle uses another second signature algorithm than the fuse asks for',
    provisioned: true,
  },
  {
    step: '5a',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_INVALID',
    meaning: 'the vendor key hash fuse is blank',
    provisioned: true,
  },
  {
    step: '5b',
    symbol: 'IMAGE_VERIFIER_ERR_ECC_KEY_DESCRIPTOR_VERSION_MISMATCH',
    meaning: 'the list of vendor ECC keys is not of version 1',
    provisioned: true,
  },
  {
    step: '5b',
    symbol: 'IMAGE_VERIFIER_ERR_ECC_KEY_DESCRIPTOR_INVALID_HASH_COUNT',
    meaning: 'the list of vendor ECC keys is empty',
    provisioned: true,
  },
  {
    step: '5b',
    symbol: 'IMAGE_VERIFIER_ERR_ECC_KEY_DESCRIPTOR_HASH_COUNT_GT_MAX',
    meaning: 'the list of vendor ECC keys claims more than 4 entries',
    provisioned: true,
  },
  {
    step: '5c',
    symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_VERSION_MISMATCH',
    meaning: 'the list of vendor PQC keys is not of version 1',
    provisioned: true,
  },
  {
    step: '5c',
    symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_TYPE_MISMATCH',
    meaning: 'the list of vendor PQC keys is for the other algorithm',
    provisioned: true,
  },
  {
    step: '5c',
    symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_INVALID_HASH_COUNT',
    meaning: 'the list of vendor PQC keys is empty',
    provisioned: true,
  },
  {
    step: '5c',
    symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_DESCRIPTOR_HASH_COUNT_GT_MAX',
    meaning: 'the list of vendor PQC keys claims more than 32 (LMS) or 4 (ML-DSA) entries',
    provisioned: true,
  },
  {
    step: '5d',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_FAILURE',
    meaning: 'the hash engine failed on the vendor key lists or on an active vendor key',
    provisioned: true,
  },
  {
    step: '5d',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_MISMATCH',
    meaning: 'the vendor key lists do not hash to the fuse',
    provisioned: true,
  },
  {
    step: '5e',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_OUT_OF_BOUNDS',
    meaning: 'the vendor ECC key index lies outside the list',
    provisioned: true,
  },
  {
    step: '5e',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_DIGEST_MISMATCH',
    meaning: 'the active vendor ECC key is not the one in the list',
    provisioned: true,
  },
  {
    step: '5f',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_INDEX_OUT_OF_BOUNDS',
    meaning: 'the vendor PQC key index lies outside the list',
    provisioned: true,
  },
  {
    step: '5f',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_DIGEST_MISMATCH',
    meaning: 'the active vendor PQC key is not the one in the list',
    provisioned: true,
  },
  {
    step: '6',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_PUB_KEY_DIGEST_FAILURE',
    meaning: 'the hash engine failed on the owner keys',
  },
  {
    step: '6',
    symbol: 'IMAGE_VERIFIER_ERR_DOT_OWNER_PUB_KEY_DIGEST_MISMATCH',
    meaning: 'no owner is fused, and the owner keys are not those of INSTALL_OWNER_PK_HASH',
  },
  {
    step: '6',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_PUB_KEY_DIGEST_MISMATCH',
    meaning: 'the owner keys do not hash to the owner hash register',
  },
  {
    step: '6u',
    symbol: 'IMAGE_VERIFIER_ERR_UPDATE_RESET_OWNER_DIGEST_FAILURE',
    meaning: 'the owner is another one than at cold boot',
    only: 'UpdateReset',
  },
  {
    step: '7',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_OUT_OF_BOUNDS',
    meaning: 'the vendor ECC key index is not below the number of keys',
  },
  {
    step: '7',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_REVOKED',
    meaning: 'the vendor ECC key is revoked by fuse (the last key of a list cannot be)',
  },
  {
    step: '7u',
    symbol: 'IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_ECC_PUB_KEY_IDX_MISMATCH',
    meaning: 'the vendor ECC key is another one than at cold boot',
    only: 'UpdateReset',
  },
  {
    step: '8',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_INDEX_OUT_OF_BOUNDS',
    meaning: 'the vendor PQC key index is not below the number of keys',
  },
  {
    step: '8',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_REVOKED',
    meaning: 'the vendor PQC key is revoked by fuse (the last key of a list cannot be)',
  },
  {
    step: '8u',
    symbol: 'IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_PQC_PUB_KEY_IDX_MISMATCH',
    meaning: 'the vendor PQC key is another one than at cold boot',
    only: 'UpdateReset',
  },
  { step: '9', symbol: 'IMAGE_VERIFIER_ERR_HEADER_DIGEST_FAILURE', meaning: 'the hash engine failed on the header' },
  {
    step: '9',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INVALID_ARG',
    meaning: 'a coordinate of the vendor ECC key is zero',
  },
  {
    step: '9',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_SIGNATURE_INVALID_ARG',
    meaning: 'r or s of the vendor ECC signature is zero',
  },
  {
    step: '9',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_VERIFY_FAILURE',
    meaning: 'the ECC engine refused the vendor key or signature as malformed',
  },
  {
    step: '9',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_SIGNATURE_INVALID',
    meaning: 'the vendor ECC signature does not fit the header',
  },
  {
    step: '10',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_LMS_VERIFY_FAILURE',
    meaning: 'the vendor LMS signature is malformed',
  },
  {
    step: '10',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_LMS_SIGNATURE_INVALID',
    meaning: 'the vendor LMS signature does not fit the header',
  },
  {
    step: '10',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_MLDSA_VERIFY_FAILURE',
    meaning: 'the ML-DSA engine failed on the vendor signature',
  },
  {
    step: '10',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_MLDSA_SIGNATURE_INVALID',
    meaning: 'the vendor ML-DSA signature does not fit the header',
  },
  {
    step: '11',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_MISMATCH',
    meaning: 'the signed header names another vendor ECC key than the preamble',
  },
  {
    step: '11',
    symbol: 'IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_INDEX_MISMATCH',
    meaning: 'the signed header names another vendor PQC key than the preamble',
  },
  {
    step: '12',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_ECC_PUB_KEY_INVALID_ARG',
    meaning: 'a coordinate of the owner ECC key is zero',
  },
  {
    step: '12',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_ECC_SIGNATURE_INVALID_ARG',
    meaning: 'r or s of the owner ECC signature is zero',
  },
  {
    step: '12',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_ECC_VERIFY_FAILURE',
    meaning: 'the ECC engine refused the owner key or signature as malformed',
  },
  {
    step: '12',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_ECC_SIGNATURE_INVALID',
    meaning: 'the owner ECC signature does not fit the header',
  },
  {
    step: '13',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_LMS_VERIFY_FAILURE',
    meaning: 'the owner LMS signature is malformed',
  },
  {
    step: '13',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_LMS_SIGNATURE_INVALID',
    meaning: 'the owner LMS signature does not fit the header',
  },
  {
    step: '13',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_MLDSA_VERIFY_FAILURE',
    meaning: 'the ML-DSA engine failed on the owner signature',
  },
  {
    step: '13',
    symbol: 'IMAGE_VERIFIER_ERR_OWNER_MLDSA_SIGNATURE_INVALID',
    meaning: 'the owner ML-DSA signature does not fit the header',
  },
  {
    step: '14',
    symbol: 'IMAGE_VERIFIER_ERR_TOC_ENTRY_COUNT_INVALID',
    meaning: 'the header does not announce exactly two images',
  },
  {
    step: '14',
    symbol: 'IMAGE_VERIFIER_ERR_TOC_DIGEST_FAILURE',
    meaning: 'the hash engine failed on the table of contents',
  },
  {
    step: '14',
    symbol: 'IMAGE_VERIFIER_ERR_TOC_DIGEST_MISMATCH',
    meaning: 'the table of contents is not the one of the signed header',
  },
  { step: '15', symbol: 'IMAGE_VERIFIER_ERR_FMC_SIZE_ZERO', meaning: 'the FMC is empty' },
  { step: '15', symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_SIZE_ZERO', meaning: 'the runtime is empty' },
  {
    step: '16',
    symbol: 'IMAGE_VERIFIER_ERR_IMAGE_LEN_MORE_THAN_BUNDLE_SIZE',
    meaning: 'manifest, FMC and runtime together are longer than what was uploaded',
  },
  {
    step: '17',
    symbol: 'IMAGE_VERIFIER_ERR_TOC_ENTRY_RANGE_ARITHMETIC_OVERFLOW',
    meaning: 'offset + size of an image does not fit 32 bits',
  },
  {
    step: '17',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_RUNTIME_OVERLAP',
    meaning: 'FMC and runtime share bytes of the bundle',
  },
  { step: '17', symbol: 'IMAGE_VERIFIER_ERR_FMC_RUNTIME_INCORRECT_ORDER', meaning: 'the runtime lies before the FMC' },
  {
    step: '18',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_LOAD_ADDRESS_IMAGE_SIZE_ARITHMETIC_OVERFLOW',
    meaning: 'the FMC would be loaded past the 32-bit address space',
  },
  {
    step: '18',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_LOAD_ADDRESS_IMAGE_SIZE_ARITHMETIC_OVERFLOW',
    meaning: 'the runtime would be loaded past the 32-bit address space',
  },
  {
    step: '18',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_RUNTIME_LOAD_ADDR_OVERLAP',
    meaning: 'FMC and runtime would overlap in ICCM',
  },
  {
    step: '19',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_DIGEST_FAILURE',
    meaning: 'the hash engine failed on the FMC, as for an offset outside the mailbox',
  },
  {
    step: '19',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_DIGEST_MISMATCH',
    meaning: 'the FMC is not the one of the table of contents',
  },
  {
    step: '19',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_LOAD_ADDR_INVALID',
    meaning: 'the FMC would not lie in ICCM from its first to its last byte',
  },
  {
    step: '19',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_LOAD_ADDR_UNALIGNED',
    meaning: 'the FMC load address is not a multiple of 4',
  },
  { step: '19', symbol: 'IMAGE_VERIFIER_ERR_FMC_ENTRY_POINT_INVALID', meaning: 'the FMC entry point is outside ICCM' },
  {
    step: '19',
    symbol: 'IMAGE_VERIFIER_ERR_FMC_ENTRY_POINT_UNALIGNED',
    meaning: 'the FMC entry point is not a multiple of 4',
  },
  {
    step: '19u',
    symbol: 'IMAGE_VERIFIER_ERR_UPDATE_RESET_FMC_DIGEST_MISMATCH',
    meaning: 'the FMC is another one than at cold boot',
    only: 'UpdateReset',
  },
  {
    step: '20',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_FAILURE',
    meaning: 'the hash engine failed on the runtime, as for an offset outside the mailbox',
  },
  {
    step: '20',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH',
    meaning: 'the runtime is not the one of the table of contents',
  },
  {
    step: '20',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_LOAD_ADDR_INVALID',
    meaning: 'the runtime would not lie in ICCM from its first to its last byte',
  },
  {
    step: '20',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_LOAD_ADDR_UNALIGNED',
    meaning: 'the runtime load address is not a multiple of 4',
  },
  {
    step: '20',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_ENTRY_POINT_INVALID',
    meaning: 'the runtime entry point is outside ICCM',
  },
  {
    step: '20',
    symbol: 'IMAGE_VERIFIER_ERR_RUNTIME_ENTRY_POINT_UNALIGNED',
    meaning: 'the runtime entry point is not a multiple of 4',
  },
  {
    step: '21',
    symbol: 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED',
    meaning: 'the security version number is above 128',
    provisioned: true,
  },
  {
    step: '21',
    symbol: 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE',
    meaning: 'the bundle is older than the rollback fuse allows',
    provisioned: true,
  },
] as const satisfies readonly VerifierCheck[];

/** Symbols that {@link verifyImage} refuses with. */
export type CheckSymbol = (typeof VERIFIER_CHECKS)[number]['symbol'];

/** Checks of bundles and SoC manifests, in order. */
const ALL_CHECKS: readonly VerifierCheck[] = [
  ...VERIFIER_CHECKS,
  ...AUTH_MANIFEST_CHECKS,
  ...OWNER_AUTH_MANIFEST_CHECKS,
];

/**
 * The checks that refuse a bundle or a SoC manifest with `symbol`, in order, one for each meaning; none if no check does.
 */
export function explainRefusal(symbol: ErrorName): readonly VerifierCheck[] {
  const checks = ALL_CHECKS.filter((check) => check.symbol === symbol);
  return checks.filter(({ meaning }, i) => checks.findIndex((other) => other.meaning === meaning) === i);
}
