import { array, bit, bits, bytes, type Infer, type LayoutRow, struct, u32 } from '@rootcap/struct';
import { ImageEccPubKey, ImageEccSignature, type ManifestRange } from '../layouts.ts';

/**
 * Wire layout of SoC manifests: preamble ‖ image metadata collection. There are two: the authorization manifest of vendor
 * and owner (SET_AUTH_MANIFEST), and the one of the owner alone (SET_OWNER_AUTH_MANIFEST).
 *
 * Integers are little-endian; keys and signatures are stored as in firmware bundles, image digests as they are.
 *
 * @see caliptra-sw:auth-manifest/types/src/lib.rs
 */

/** ASCII "ATM2". */
export const AUTH_MANIFEST_MARKER = 0x324d_5441;
/** ASCII "OWOM". */
export const OWNER_AUTH_MANIFEST_MARKER = 0x4d4f_574f;
export const AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT = 80;
export const OWNER_AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT = 32;

/** `AuthManifestPreamble.flags`: the vendor, too, signs the image metadata. */
export const VENDOR_SIGNATURE_REQUIRED = bit(0);

/** Fields of `AuthManifestImageMetadata.flags`. */
export const IMAGE_METADATA_FLAGS = {
  /** Where the image is when it is authorized, for whoever asks; see {@link IMAGE_SOURCES}. */
  imageSource: bits(1, 0),
  /** Any image with this id is authorized. */
  ignoreAuthCheck: bit(2),
  /** Bit of SS_GENERIC_FW_EXEC_CTRL that lets the image run; 0 and 1 are reserved. */
  execBit: bits(14, 8),
} as const;

/** Values of `imageSource`, and of `source` in AUTHORIZE_AND_STASH. */
export const IMAGE_SOURCES = { inRequest: 1, loadAddress: 2, stagingAddress: 3 } as const;
export type ImageSource = keyof typeof IMAGE_SOURCES;

/** `pqcPubKey`: LMS 48 bytes then zeros, or ML-DSA 2592 bytes. */
export const AuthManifestPubKeys = struct('AuthManifestPubKeys', { eccPubKey: ImageEccPubKey, pqcPubKey: bytes(2592) });
export type AuthManifestPubKeys = Infer<typeof AuthManifestPubKeys>;

/** `pqcSig`: LMS 1620 bytes, or ML-DSA 4627 bytes; then zeros. */
export const AuthManifestSignatures = struct('AuthManifestSignatures', {
  eccSig: ImageEccSignature,
  pqcSig: bytes(4628),
});
export type AuthManifestSignatures = Infer<typeof AuthManifestSignatures>;

export const AuthManifestPreamble = struct('AuthManifestPreamble', {
  marker: u32,
  size: u32,
  version: u32,
  svn: u32,
  flags: u32,
  vendorPubKeys: AuthManifestPubKeys,
  vendorPubKeysSignatures: AuthManifestSignatures,
  ownerPubKeys: AuthManifestPubKeys,
  ownerPubKeysSignatures: AuthManifestSignatures,
  vendorImageMetadataSignatures: AuthManifestSignatures,
  ownerImageMetadataSignatures: AuthManifestSignatures,
});
export type AuthManifestPreamble = Infer<typeof AuthManifestPreamble>;

export const OwnerAuthManifestPreamble = struct('OwnerAuthManifestPreamble', {
  marker: u32,
  size: u32,
  version: u32,
  svn: u32,
  /** None is defined. */
  flags: u32,
  ownerPubKeys: AuthManifestPubKeys,
  ownerPubKeysSignatures: AuthManifestSignatures,
  ownerImageMetadataSignatures: AuthManifestSignatures,
});
export type OwnerAuthManifestPreamble = Infer<typeof OwnerAuthManifestPreamble>;

export const Addr64 = struct('Addr64', { lo: u32, hi: u32 });
export type Addr64 = Infer<typeof Addr64>;

/** One image that may run. */
export const AuthManifestImageMetadata = struct('AuthManifestImageMetadata', {
  fwId: u32,
  componentId: u32,
  classification: u32,
  /** See {@link IMAGE_METADATA_FLAGS}. */
  flags: u32,
  imageLoadAddress: Addr64,
  imageStagingAddress: Addr64,
  /** SHA-384 of the image. */
  digest: bytes(48),
});
export type AuthManifestImageMetadata = Infer<typeof AuthManifestImageMetadata>;

export const AuthManifestImageMetadataCollection = struct('AuthManifestImageMetadataCollection', {
  entryCount: u32,
  imageMetadataList: array(AuthManifestImageMetadata, AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT),
});
export type AuthManifestImageMetadataCollection = Infer<typeof AuthManifestImageMetadataCollection>;

export const OwnerAuthManifestImageMetadataCollection = struct('OwnerAuthManifestImageMetadataCollection', {
  entryCount: u32,
  imageMetadataList: array(AuthManifestImageMetadata, OWNER_AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT),
});

export const AuthorizationManifest = struct('AuthorizationManifest', {
  preamble: AuthManifestPreamble,
  imageMetadataCollection: AuthManifestImageMetadataCollection,
});

export const OwnerAuthorizationManifest = struct('OwnerAuthorizationManifest', {
  preamble: OwnerAuthManifestPreamble,
  imageMetadataCollection: OwnerAuthManifestImageMetadataCollection,
});

/** Every structure of a SoC manifest with one row per field, for documentation and dumps. */
export const SOC_MANIFEST_LAYOUTS: Readonly<Record<string, readonly LayoutRow[]>> = Object.fromEntries(
  [
    AuthorizationManifest,
    AuthManifestPreamble,
    OwnerAuthorizationManifest,
    OwnerAuthManifestPreamble,
    AuthManifestPubKeys,
    AuthManifestSignatures,
    AuthManifestImageMetadata,
  ].map(({ name, layout }) => [name, layout]),
);

/** Which of the two manifests. */
export type SocManifestKind = 'authorization' | 'owner-authorization';

/**
 * Who signs. The keys that sign firmware bundles vouch for the manifest's own keys, and those for the image metadata; so
 * manifests need not wait for the keys of the firmware.
 */
export type ManifestSigner = 'vendorFirmware' | 'ownerFirmware' | 'vendorManifest' | 'ownerManifest';

/** What a signer signs, and where its signatures go; offsets in the manifest. */
export interface ManifestSignaturePlace {
  readonly signed: ManifestRange;
  readonly offset: number;
}

/** What is different between the two manifests. */
export interface SocManifestFormat {
  readonly kind: SocManifestKind;
  readonly marker: number;
  readonly preambleSize: number;
  readonly collectionSize: number;
  readonly maxEntries: number;
  readonly signatures: Readonly<Partial<Record<ManifestSigner, ManifestSignaturePlace>>>;
}

const auth = AuthManifestPreamble;
const owner = OwnerAuthManifestPreamble;

/** Version, SVN, flags and the keys behind them. */
const policyAndKeys: ManifestRange = {
  offset: auth.offsetOf('version'),
  length: auth.offsetOf('vendorPubKeysSignatures') - auth.offsetOf('version'),
};
const authCollection: ManifestRange = { offset: auth.size, length: AuthManifestImageMetadataCollection.size };
const ownerCollection: ManifestRange = { offset: owner.size, length: OwnerAuthManifestImageMetadataCollection.size };

/**
 * What the signers of an authorization manifest sign. The owner signs its keys only: version, SVN and flags are the
 * vendor's word. A collection may be shorter than its room; then as much as there is.
 */
export const AUTH_MANIFEST_FORMAT = {
  kind: 'authorization',
  marker: AUTH_MANIFEST_MARKER,
  preambleSize: auth.size,
  collectionSize: authCollection.length,
  maxEntries: AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT,
  signatures: {
    vendorFirmware: { signed: policyAndKeys, offset: auth.offsetOf('vendorPubKeysSignatures') },
    ownerFirmware: {
      signed: { offset: auth.offsetOf('ownerPubKeys'), length: AuthManifestPubKeys.size },
      offset: auth.offsetOf('ownerPubKeysSignatures'),
    },
    vendorManifest: { signed: authCollection, offset: auth.offsetOf('vendorImageMetadataSignatures') },
    ownerManifest: { signed: authCollection, offset: auth.offsetOf('ownerImageMetadataSignatures') },
  },
} as const satisfies SocManifestFormat;

/** What the signers of an owner authorization manifest sign: here the owner's word includes version and SVN. */
export const OWNER_AUTH_MANIFEST_FORMAT = {
  kind: 'owner-authorization',
  marker: OWNER_AUTH_MANIFEST_MARKER,
  preambleSize: owner.size,
  collectionSize: ownerCollection.length,
  maxEntries: OWNER_AUTH_MANIFEST_IMAGE_METADATA_MAX_COUNT,
  signatures: {
    ownerFirmware: { signed: policyAndKeys, offset: owner.offsetOf('ownerPubKeysSignatures') },
    ownerManifest: { signed: ownerCollection, offset: owner.offsetOf('ownerImageMetadataSignatures') },
  },
} as const satisfies SocManifestFormat;
