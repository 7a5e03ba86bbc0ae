import type { VerifierCheck } from '../explain.ts';

/** The second signature algorithm, of both manifests: that of the running firmware, and that of the fuse. */
const KEY_TYPE_CHECKS = [
  {
    step: '3',
    symbol: 'RUNTIME_AUTH_MANIFEST_INVALID_PQC_KEY_TYPE',
    meaning: 'the running firmware names no known second signature algorithm',
  },
  {
    step: '3',
    symbol: 'RUNTIME_AUTH_MANIFEST_INVALID_PQC_KEY_TYPE_IN_FUSE',
    meaning: 'the fuse names no known second signature algorithm',
    provisioned: true,
  },
  {
    step: '3',
    symbol: 'RUNTIME_AUTH_MANIFEST_PQC_KEY_TYPE_MISMATCH',
    meaning: 'the running firmware uses another second signature algorithm than the fuse asks for',
    provisioned: true,
  },
] as const satisfies readonly VerifierCheck[];

/**
 * Every check of an authorization manifest, in the order in which it is made: a manifest with several faults is refused
 * with the first of them.
 *
 * @see caliptra-sw:runtime/src/set_auth_manifest.rs
 */
export const AUTH_MANIFEST_CHECKS = [
  {
    step: '1',
    symbol: 'RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN',
    meaning: 'the manifest ends before its preamble does',
  },
  {
    step: '1',
    symbol: 'RUNTIME_INVALID_AUTH_MANIFEST_MARKER',
    meaning: 'the manifest does not start with the bytes "ATM2"',
  },
  {
    step: '1',
    symbol: 'RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_MISMATCH',
    meaning: 'the manifest does not give the size of its preamble, 24292 bytes',
  },
  {
    step: '2',
    symbol: 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED',
    meaning: 'the security version number of the SoC manifest is above 128 or above its maximum fuse',
    provisioned: true,
  },
  {
    step: '2',
    symbol: 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE',
    meaning: 'the SoC manifest is older than its rollback fuse allows',
    provisioned: true,
  },
  ...KEY_TYPE_CHECKS,
  {
    step: '4, 7',
    symbol: 'RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID',
    meaning:
      "the vendor's ECC signature does not fit: that of the firmware key over version, SVN, flags and vendor keys, or that of the manifest key over the image metadata",
  },
  {
    step: '4, 7',
    symbol: 'RUNTIME_AUTH_MANIFEST_VENDOR_LMS_SIGNATURE_INVALID',
    meaning: "the vendor's LMS signature does not fit the vendor keys or the image metadata",
  },
  {
    step: '4, 7',
    symbol: 'RUNTIME_AUTH_MANIFEST_MLDSA_VENDOR_SIG_INVALID',
    meaning: "the vendor's ML-DSA signature does not fit the vendor keys or the image metadata",
  },
  {
    step: '5, 8',
    symbol: 'RUNTIME_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID',
    meaning:
      "the owner's ECC signature does not fit: that of the firmware key over the owner keys, or that of the manifest key over the image metadata",
  },
  {
    step: '5, 8',
    symbol: 'RUNTIME_AUTH_MANIFEST_OWNER_LMS_SIGNATURE_INVALID',
    meaning: "the owner's LMS signature does not fit the owner keys or the image metadata",
  },
  {
    step: '5, 8',
    symbol: 'RUNTIME_AUTH_MANIFEST_MLDSA_OWNER_SIG_INVALID',
    meaning: "the owner's ML-DSA signature does not fit the owner keys or the image metadata",
  },
  {
    step: '6',
    symbol: 'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_SIZE',
    meaning: 'the manifest ends before its image metadata does',
  },
  {
    step: '6',
    symbol: 'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_ENTRY_COUNT',
    meaning: 'the manifest lists no image, or more than 80',
  },
  {
    step: '9',
    symbol: 'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_DUPLICATE_FIRMWARE_ID',
    meaning: 'the manifest lists a firmware id twice, or one that the owner authorization manifest lists',
  },
] as const satisfies readonly VerifierCheck[];

/**
 * Every check of an owner authorization manifest, in its order.
 *
 * @see caliptra-sw:runtime/src/set_owner_auth_manifest.rs
 */
export const OWNER_AUTH_MANIFEST_CHECKS = [
  {
    step: '1',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN',
    meaning: 'the owner manifest ends before its preamble does',
  },
  {
    step: '1',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_INVALID_MARKER',
    meaning: 'the owner manifest does not start with the bytes "OWOM"',
  },
  {
    step: '1',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_PREAMBLE_SIZE_MISMATCH',
    meaning: 'the owner manifest does not give the size of its preamble, 12156 bytes',
  },
  {
    step: '1',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_SIZE',
    meaning: 'the owner manifest is not 14720 bytes long',
  },
  { step: '1', symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_INVALID_FLAGS', meaning: 'the owner manifest has a flag set' },
  {
    step: '2',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_SVN_GREATER_THAN_MAX',
    meaning: 'the security version number of the owner manifest is above 255',
    provisioned: true,
  },
  {
    step: '2',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_SVN_LESS_THAN_MIN',
    meaning: 'the owner manifest is older than bits 15:8 of SS_STRAP_GENERIC[3] allow',
    provisioned: true,
  },
  ...KEY_TYPE_CHECKS,
  {
    step: '4',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID',
    meaning: "the ECC signature of the owner's firmware key does not fit version, SVN, flags and owner keys",
  },
  {
    step: '4',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_OWNER_LMS_SIGNATURE_INVALID',
    meaning: "the LMS signature of the owner's firmware key does not fit version, SVN, flags and owner keys",
  },
  {
    step: '4',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_OWNER_MLDSA_SIGNATURE_INVALID',
    meaning: "the ML-DSA signature of the owner's firmware key does not fit version, SVN, flags and owner keys",
  },
  {
    step: '5',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_ENTRY_COUNT',
    meaning: 'the owner manifest lists no image, or more than 32',
  },
  {
    step: '6',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_ECC_SIGNATURE_INVALID',
    meaning: "the ECC signature of the owner's manifest key does not fit the image metadata",
  },
  {
    step: '6',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_LMS_SIGNATURE_INVALID',
    meaning: "the LMS signature of the owner's manifest key does not fit the image metadata",
  },
  {
    step: '6',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_MLDSA_SIGNATURE_INVALID',
    meaning: "the ML-DSA signature of the owner's manifest key does not fit the image metadata",
  },
  {
    step: '7',
    symbol: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_DUPLICATE_FW_ID',
    meaning: 'the owner manifest lists a firmware id twice, or one that the authorization manifest lists',
  },
] as const satisfies readonly VerifierCheck[];

/** Symbols that a SoC manifest is refused with, engine faults aside. */
export type ManifestCheckSymbol =
  | (typeof AUTH_MANIFEST_CHECKS)[number]['symbol']
  | (typeof OWNER_AUTH_MANIFEST_CHECKS)[number]['symbol'];
