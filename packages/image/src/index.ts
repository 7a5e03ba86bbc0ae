export {
  attachSignatures,
  type BundleOptions,
  type BundleSignatures,
  buildBundle,
  bundleToBeSigned,
  type ExecutableOptions,
  type HeaderOptions,
  type UnsignedBundle,
  type UnsignedBundleOptions,
} from './build.ts';
export { type DemoKeys, type DemoManifestKeys, demoKeys, demoManifestKeys } from './demo-keys.ts';
export { type CheckSymbol, explainRefusal, VERIFIER_CHECKS, type VerifierCheck } from './explain.ts';
export {
  decodeRevocation,
  decodeSvnFuse,
  encodeRevocation,
  encodeSvnFuse,
  fusesOf,
  type ImageFuses,
  type RevocableKeys,
} from './fuses.ts';
export {
  type BundleDescription,
  type ExecutableDescription,
  inspectBundle,
  type KeyListDescription,
  type PartyDescription,
  type SignatureState,
} from './inspect.ts';
export {
  type EccSigningKey,
  type LmsSigningKey,
  type MlDsaSigningKey,
  type OwnerKeys,
  type OwnerPublicKeys,
  ownerPkHash,
  ownerPubKeys,
  ownerPublicKeys,
  type VendorKeys,
  type VendorPublicKeys,
  vendorPkHash,
  vendorPubKeyInfo,
  vendorPublicKeys,
} from './keys.ts';
export {
  BUNDLE_ALIGNMENT,
  BUNDLE_MAX_SIZE,
  IMAGE_LAYOUTS,
  ImageEccKeyDescriptor,
  ImageEccPubKey,
  ImageEccSignature,
  ImageHeader,
  ImageManifest,
  ImageOwnerPubKeys,
  ImagePqcKeyDescriptor,
  ImagePreamble,
  ImageSignatures,
  ImageTocEntry,
  ImageVendorPubKeyInfo,
  KEY_DESCRIPTOR_VERSION,
  MANIFEST_MARKER,
  MANIFEST_RANGES,
  MAX_TOC_ENTRY_COUNT,
  type ManifestRange,
  OwnerSignedData,
  PL0_PAUSER_FLAG,
  PQC_KEY_TYPES,
  PQC_SIZES,
  type PqcKeyType,
  pl0PauserOf,
  pqcKeyTypeOf,
  sliceOf,
  TOC_ENTRY_IDS,
  TOC_ENTRY_TYPE_EXECUTABLE,
  VENDOR_ECC_MAX_KEY_COUNT,
  VENDOR_LMS_MAX_KEY_COUNT,
  VENDOR_MLDSA_MAX_KEY_COUNT,
  VendorSignedData,
} from './layouts.ts';
export { CALIPTRA_LMS, lmsDriverVerify, lmsSigningKey } from './lms.ts';
export { type ParsedBundle, parseBundle } from './parse.ts';
export { findRomInfo, type RomImageInfo } from './rom-info.ts';
export type { SignaturePair, SigningRequest } from './signing.ts';
export {
  type AuthManifestOptions,
  attachManifestSignatures,
  authManifestToBeSigned,
  buildAuthManifest,
  buildOwnerAuthManifest,
  type ImageMetadataOptions,
  type ManifestSigningRequests,
  type OwnerAuthManifestOptions,
  ownerAuthManifestToBeSigned,
  signManifestRequests,
  type UnsignedAuthManifestOptions,
  type UnsignedOwnerAuthManifestOptions,
  type UnsignedSocManifest,
} from './soc-manifest/build.ts';
export { AUTH_MANIFEST_CHECKS, type ManifestCheckSymbol, OWNER_AUTH_MANIFEST_CHECKS } from './soc-manifest/checks.ts';
export type { SocManifestVerificationEnv, VerifiedAuthManifest, VerifiedSocManifest } from './soc-manifest/env.ts';
export {
  describeImageMetadata,
  type ImageMetadataDescription,
  inspectSocManifest,
  type ManifestSignerDescription,
  type SocManifestDescription,
} from './soc-manifest/inspect.ts';
export {
  Addr64,
  AUTH_MANIFEST_FORMAT,
  AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT,
  AUTH_MANIFEST_MARKER,
  AuthManifestImageMetadata,
  AuthManifestImageMetadataCollection,
  AuthManifestPreamble,
  AuthManifestPubKeys,
  AuthManifestSignatures,
  AuthorizationManifest,
  IMAGE_METADATA_FLAGS,
  IMAGE_SOURCES,
  type ImageSource,
  type ManifestSignaturePlace,
  type ManifestSigner,
  OWNER_AUTH_MANIFEST_FORMAT,
  OWNER_AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT,
  OWNER_AUTH_MANIFEST_MARKER,
  OwnerAuthManifestImageMetadataCollection,
  OwnerAuthManifestPreamble,
  OwnerAuthorizationManifest,
  SOC_MANIFEST_LAYOUTS,
  type SocManifestFormat,
  type SocManifestKind,
  VENDOR_SIGNATURE_REQUIRED,
} from './soc-manifest/layouts.ts';
export { type ParsedSocManifest, parseSocManifest, socManifestFormatOf } from './soc-manifest/parse.ts';
export {
  type SocManifestFuses,
  type StandaloneManifestOptions,
  standaloneManifestEnv,
  verifySocManifest,
} from './soc-manifest/standalone.ts';
export { verifyAuthManifest, verifyOwnerAuthManifest } from './soc-manifest/verify.ts';
// For tests only.
export {
  buildEditedBundle,
  type DigestSubstitutions,
  type EditStage,
  editManifest,
  type ManifestEdit,
  manifestOffset,
  RECORDED_FIELD_NAMES,
  standInBundle,
  substituteDigests,
} from './testing.ts';
export {
  type ColdBootRecord,
  ICCM_RANGE,
  type ImageVerificationEnv,
  type ImageVerificationExeInfo,
  type ImageVerificationInfo,
  type ImageVerificationLogInfo,
  LIFECYCLE,
  MAX_FIRMWARE_SVN,
  type VerificationReason,
} from './verify/env.ts';
export { type StandaloneEnv, type StandaloneOptions, standaloneEnv, verifyBundle } from './verify/standalone-env.ts';
export { verifyImage } from './verify/verify-image.ts';
