import { array, bit, bytes, extract, hwBytes, type Infer, type LayoutRow, struct, u8, u16, u32 } from '@rootcap/struct';

/**
 * Wire layout of a firmware bundle: manifest ‖ FMC ‖ runtime, zero-padded to {@link BUNDLE_ALIGNMENT} bytes.
 *
 * Integers are little-endian. Digests, P-384 coordinates and ECDSA scalars are natural (big-endian) byte strings here;
 * the codec stores them as little-endian words ("hw format"). LMS and ML-DSA keys and signatures are stored as they are.
 *
 * @see caliptra-sw:image/types/src/lib.rs
 */
export const MANIFEST_MARKER = 0x324e_4d43;
export const KEY_DESCRIPTOR_VERSION = 1;
export const VENDOR_ECC_MAX_KEY_COUNT = 4;
export const VENDOR_LMS_MAX_KEY_COUNT = 32;
export const VENDOR_MLDSA_MAX_KEY_COUNT = 4;
export const MAX_TOC_ENTRY_COUNT = 2;
export const BUNDLE_ALIGNMENT = 256;
/** Size of the mailbox SRAM that takes the bundle: 256 KiB. */
export const BUNDLE_MAX_SIZE = 256 * 1024;

/** Sizes of what lies at the front of the `pqc` fields, in bytes. The rest of such a field is zero. */
export const PQC_SIZES = {
  mldsa: { publicKey: 2592, signature: 4627 },
  lms: { publicKey: 48, signature: 1620 },
} as const;

/** Second signature algorithm of a bundle. */
export type PqcKeyType = keyof typeof PQC_SIZES;

/** Value of the manifest field and of FUSE_PQC_KEY_TYPE. */
export const PQC_KEY_TYPES: Readonly<Record<PqcKeyType, number>> = { mldsa: 1, lms: 3 };

/** Type that a stored value stands for; `undefined` for 0, 2 and everything above 3. */
export function pqcKeyTypeOf(value: number): PqcKeyType | undefined {
  if (value === PQC_KEY_TYPES.mldsa) return 'mldsa';
  return value === PQC_KEY_TYPES.lms ? 'lms' : undefined;
}

const digest = hwBytes(48);

export const ImageEccPubKey = struct('ImageEccPubKey', { x: hwBytes(48), y: hwBytes(48) });
export type ImageEccPubKey = Infer<typeof ImageEccPubKey>;

export const ImageEccSignature = struct('ImageEccSignature', { r: hwBytes(48), s: hwBytes(48) });
export type ImageEccSignature = Infer<typeof ImageEccSignature>;

export const ImageEccKeyDescriptor = struct('ImageEccKeyDescriptor', {
  version: u16,
  reserved: u8,
  keyHashCount: u8,
  keyHash: array(digest, VENDOR_ECC_MAX_KEY_COUNT),
});
export type ImageEccKeyDescriptor = Infer<typeof ImageEccKeyDescriptor>;

/** 32 hash slots for LMS and ML-DSA alike. */
export const ImagePqcKeyDescriptor = struct('ImagePqcKeyDescriptor', {
  version: u16,
  keyType: u8,
  keyHashCount: u8,
  keyHash: array(digest, VENDOR_LMS_MAX_KEY_COUNT),
});
export type ImagePqcKeyDescriptor = Infer<typeof ImagePqcKeyDescriptor>;

/** SHA-384 of this structure is FUSE_VENDOR_PK_HASH. */
export const ImageVendorPubKeyInfo = struct('ImageVendorPubKeyInfo', {
  eccKeyDescriptor: ImageEccKeyDescriptor,
  pqcKeyDescriptor: ImagePqcKeyDescriptor,
});
export type ImageVendorPubKeyInfo = Infer<typeof ImageVendorPubKeyInfo>;

/** `pqcSig`: LMS 1620 bytes, or ML-DSA 4627 bytes; then zeros. */
export const ImageSignatures = struct('ImageSignatures', { eccSig: ImageEccSignature, pqcSig: bytes(4628) });
export type ImageSignatures = Infer<typeof ImageSignatures>;

/** SHA-384 of this structure is CPTRA_OWNER_PK_HASH. `pqcPubKey`: LMS 48 bytes then zeros, or ML-DSA 2592 bytes. */
export const ImageOwnerPubKeys = struct('ImageOwnerPubKeys', { eccPubKey: ImageEccPubKey, pqcPubKey: bytes(2592) });
export type ImageOwnerPubKeys = Infer<typeof ImageOwnerPubKeys>;

export const ImagePreamble = struct('ImagePreamble', {
  vendorPubKeyInfo: ImageVendorPubKeyInfo,
  vendorEccPubKeyIdx: u32,
  vendorEccActivePubKey: ImageEccPubKey,
  vendorPqcPubKeyIdx: u32,
  vendorPqcActivePubKey: bytes(2592),
  vendorSigs: ImageSignatures,
  ownerPubKeys: ImageOwnerPubKeys,
  ownerSigs: ImageSignatures,
  reserved: bytes(8),
});
export type ImagePreamble = Infer<typeof ImagePreamble>;

/** Validity of the FMC alias certificate: GeneralizedTime `YYYYMMDDHHMMSSZ` or 15 zero bytes. */
export const VendorSignedData = struct('VendorSignedData', {
  vendorNotBefore: bytes(15),
  vendorNotAfter: bytes(15),
  reserved: bytes(10),
});

/** As {@link VendorSignedData}; takes precedence over it. */
export const OwnerSignedData = struct('OwnerSignedData', {
  ownerNotBefore: bytes(15),
  ownerNotAfter: bytes(15),
  reserved: bytes(10),
});

/** The signed part: the vendor signs everything before `ownerData`, the owner signs all of it. */
export const ImageHeader = struct('ImageHeader', {
  revision: array(u32, 2),
  vendorEccPubKeyIdx: u32,
  vendorPqcPubKeyIdx: u32,
  flags: u32,
  tocLen: u32,
  pl0Pauser: u32,
  tocDigest: digest,
  svn: u32,
  vendorData: VendorSignedData,
  ownerData: OwnerSignedData,
});
export type ImageHeader = Infer<typeof ImageHeader>;

/** `ImageHeader.flags`: whether `pl0Pauser` counts. */
export const PL0_PAUSER_FLAG = bit(0);

/** The AXI user with PL0 privileges, if the bundle names one. */
export function pl0PauserOf(header: ImageHeader): number | undefined {
  return extract(PL0_PAUSER_FLAG, header.flags) === 1 ? header.pl0Pauser : undefined;
}

export const TOC_ENTRY_IDS = { fmc: 1, runtime: 2 } as const;
export const TOC_ENTRY_TYPE_EXECUTABLE = 1;

export const ImageTocEntry = struct('ImageTocEntry', {
  id: u32,
  tocType: u32,
  revision: bytes(20),
  version: u32,
  reserved: bytes(8),
  loadAddr: u32,
  entryPoint: u32,
  offset: u32,
  size: u32,
  digest,
});
export type ImageTocEntry = Infer<typeof ImageTocEntry>;

export const ImageManifest = struct('ImageManifest', {
  marker: u32,
  size: u32,
  pqcKeyType: u8,
  reserved: bytes(3),
  preamble: ImagePreamble,
  header: ImageHeader,
  fmc: ImageTocEntry,
  runtime: ImageTocEntry,
});
export type ImageManifest = Infer<typeof ImageManifest>;

/** A run of bytes of the manifest. */
export interface ManifestRange {
  readonly offset: number;
  readonly length: number;
}

const inPreamble = (field: keyof ImagePreamble): number =>
  ImageManifest.offsetOf('preamble') + ImagePreamble.offsetOf(field);

/** What the verifier hashes, as ranges of the bundle. */
export const MANIFEST_RANGES = {
  vendorPubKeyInfo: { offset: inPreamble('vendorPubKeyInfo'), length: ImageVendorPubKeyInfo.size },
  vendorEccActivePubKey: { offset: inPreamble('vendorEccActivePubKey'), length: ImageEccPubKey.size },
  /** Only the first {@link PQC_SIZES} bytes of it are hashed. */
  vendorPqcActivePubKey: { offset: inPreamble('vendorPqcActivePubKey'), length: PQC_SIZES.mldsa.publicKey },
  ownerPubKeys: { offset: inPreamble('ownerPubKeys'), length: ImageOwnerPubKeys.size },
  vendorSignedHeader: { offset: ImageManifest.offsetOf('header'), length: ImageHeader.offsetOf('ownerData') },
  ownerSignedHeader: { offset: ImageManifest.offsetOf('header'), length: ImageHeader.size },
  toc: { offset: ImageManifest.offsetOf('fmc'), length: 2 * ImageTocEntry.size },
} as const satisfies Record<string, ManifestRange>;

/** The bytes of `range`. */
export function sliceOf(image: Uint8Array, range: ManifestRange): Uint8Array {
  return image.subarray(range.offset, range.offset + range.length);
}

/** Every structure of a bundle with one row per field, for documentation and dumps. */
export const IMAGE_LAYOUTS: Readonly<Record<string, readonly LayoutRow[]>> = Object.fromEntries(
  [
    ImageManifest,
    ImagePreamble,
    ImageVendorPubKeyInfo,
    ImageEccKeyDescriptor,
    ImagePqcKeyDescriptor,
    ImageOwnerPubKeys,
    ImageSignatures,
    ImageEccPubKey,
    ImageEccSignature,
    ImageHeader,
    VendorSignedData,
    OwnerSignedData,
    ImageTocEntry,
  ].map(({ name, layout }) => [name, layout]),
);
