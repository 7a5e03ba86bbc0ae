import type { CryptoProvider } from '@rootcap/crypto';
import { insert, packBits } from '@rootcap/struct';
import { type OwnerKeys, type OwnerPublicKeys, ownerPubKeys, ownerPublicKeys } from '../keys.ts';
import { ImageSignatures, PQC_SIZES, type PqcKeyType, sliceOf } from '../layouts.ts';
import {
  NO_SIGNATURES,
  type SignaturePair,
  type SigningRequest,
  signingRequest,
  signRequest,
  storedSignatures,
} from '../signing.ts';
import {
  type Addr64,
  AUTH_MANIFEST_FORMAT,
  type AuthManifestImageMetadata,
  type AuthManifestPubKeys,
  AuthorizationManifest,
  IMAGE_METADATA_FLAGS,
  IMAGE_SOURCES,
  type ImageSource,
  type ManifestSigner,
  OWNER_AUTH_MANIFEST_FORMAT,
  OwnerAuthorizationManifest,
  type SocManifestFormat,
  VENDOR_SIGNATURE_REQUIRED,
} from './layouts.ts';
import { socManifestFormatOf } from './parse.ts';

/** One image that the manifest lets run. */
export interface ImageMetadataOptions {
  /** 2 is the firmware of the MCU. */
  readonly fwId: number;
  /** SHA-384 of the image, 48 bytes. */
  readonly digest: Uint8Array;
  /** Default 0xffffffff. */
  readonly componentId?: number;
  /** Default 0. */
  readonly classification?: number;
  /** Default `inRequest`. */
  readonly imageSource?: ImageSource;
  /** Authorize whatever comes with this id; default false. */
  readonly ignoreAuthCheck?: boolean;
  /** Bit of FW_EXEC_CTRL, 2..127; default 0, none. */
  readonly execBit?: number;
  /** AXI address, 64 bits; default 0. */
  readonly imageLoadAddress?: bigint;
  /** AXI address, 64 bits; default 0. */
  readonly imageStagingAddress?: bigint;
}

interface CommonOptions {
  readonly provider: CryptoProvider;
  readonly pqc: PqcKeyType;
  /** Default 1. Nothing compares it. */
  readonly version?: number;
  /** Security version number; a chip that checks it takes 0..128, of the owner's manifest 0..255. */
  readonly svn: number;
  readonly images: readonly ImageMetadataOptions[];
}

/** An authorization manifest that somebody else will sign. */
export interface UnsignedAuthManifestOptions extends CommonOptions {
  /** Keys of the vendor for manifests. Left out: the vendor does not sign image metadata. */
  readonly vendorManifest?: OwnerPublicKeys;
  readonly ownerManifest: OwnerPublicKeys;
  /** Whether the vendor has to sign the image metadata; default: if it has keys for it. */
  readonly vendorSignatureRequired?: boolean;
}

export interface AuthManifestOptions extends Omit<UnsignedAuthManifestOptions, 'vendorManifest' | 'ownerManifest'> {
  /** The vendor keys that the running firmware bundle names as active. */
  readonly vendorFirmware: OwnerKeys;
  readonly vendorManifest?: OwnerKeys;
  /** The owner keys of the running firmware bundle. */
  readonly ownerFirmware: OwnerKeys;
  readonly ownerManifest: OwnerKeys;
}

/** An owner authorization manifest that somebody else will sign. */
export interface UnsignedOwnerAuthManifestOptions extends CommonOptions {
  readonly ownerManifest: OwnerPublicKeys;
}

export interface OwnerAuthManifestOptions extends Omit<UnsignedOwnerAuthManifestOptions, 'ownerManifest'> {
  readonly ownerFirmware: OwnerKeys;
  readonly ownerManifest: OwnerKeys;
}

/** What each signer has to sign. */
export type ManifestSigningRequests = Readonly<Partial<Record<ManifestSigner, SigningRequest>>>;

export interface UnsignedSocManifest {
  /** Complete but for signatures of zeros. */
  readonly manifest: Uint8Array;
  readonly requests: ManifestSigningRequests;
}

const MAX_ADDRESS = 2n ** 64n - 1n;

function addr64(name: string, address: bigint): Addr64 {
  if (address < 0n || address > MAX_ADDRESS) throw new RangeError(`${name}: expected 0..2^64-1, got ${address}`);
  return { lo: Number(address & 0xffff_ffffn), hi: Number(address >> 32n) };
}

function imageMetadata(image: ImageMetadataOptions, name: string): AuthManifestImageMetadata {
  const { imageSource = 'inRequest', ignoreAuthCheck = false, execBit = 0 } = image;
  if (!(Number.isInteger(execBit) && execBit >= 0 && execBit <= 127))
    throw new RangeError(`${name}.execBit: expected an integer in 0..127, got ${String(execBit)}`);
  return {
    fwId: image.fwId,
    componentId: image.componentId ?? 0xffff_ffff,
    classification: image.classification ?? 0,
    flags: packBits(IMAGE_METADATA_FLAGS, {
      imageSource: IMAGE_SOURCES[imageSource],
      ignoreAuthCheck: ignoreAuthCheck ? 1 : 0,
      execBit,
    }),
    imageLoadAddress: addr64(`${name}.imageLoadAddress`, image.imageLoadAddress ?? 0n),
    imageStagingAddress: addr64(`${name}.imageStagingAddress`, image.imageStagingAddress ?? 0n),
    digest: image.digest,
  };
}

/** What fills the room behind the last entry, as the reference generator has it. */
const UNUSED: AuthManifestImageMetadata = {
  fwId: 0xffff_ffff,
  componentId: 0xffff_ffff,
  classification: 0,
  flags: 0,
  imageLoadAddress: { lo: 0, hi: 0 },
  imageStagingAddress: { lo: 0, hi: 0 },
  digest: new Uint8Array(48),
};

function collectionOf(images: readonly ImageMetadataOptions[], { maxEntries }: SocManifestFormat) {
  if (images.length < 1 || images.length > maxEntries)
    throw new RangeError(`images: expected 1..${maxEntries}, got ${images.length}`);
  const seen = new Set<number>();
  for (const [i, { fwId }] of images.entries()) {
    if (seen.has(fwId)) throw new RangeError(`images[${i}].fwId: ${fwId} is there twice`);
    seen.add(fwId);
  }
  const entries = images.map((image, i) => imageMetadata(image, `images[${i}]`));
  return {
    entryCount: entries.length,
    imageMetadataList: [...entries, ...Array.from({ length: maxEntries - entries.length }, () => UNUSED)],
  };
}

const NO_KEYS: AuthManifestPubKeys = {
  eccPubKey: { x: new Uint8Array(48), y: new Uint8Array(48) },
  pqcPubKey: new Uint8Array(PQC_SIZES.mldsa.publicKey),
};

/** A request for each signer of `signers`. */
function withRequests(
  { provider, pqc }: CommonOptions,
  manifest: Uint8Array,
  format: SocManifestFormat,
  signers: readonly ManifestSigner[],
): UnsignedSocManifest {
  const requests: Partial<Record<ManifestSigner, SigningRequest>> = {};
  for (const signer of signers) {
    const place = format.signatures[signer];
    if (place) requests[signer] = signingRequest(provider, pqc, sliceOf(manifest, place.signed).slice());
  }
  return { manifest, requests };
}

/**
 * Lays out an authorization manifest and says what has to be signed, for keys that live elsewhere. No signature covers
 * another, so all can be made at once. Put them in with {@link attachManifestSignatures}.
 *
 * @throws RangeError for keys, images or addresses that no manifest can hold; StructError for a number or digest that
 *   does not fit its field
 */
export function authManifestToBeSigned(options: UnsignedAuthManifestOptions): UnsignedSocManifest {
  const { pqc, version = 1, svn, images, vendorManifest, ownerManifest } = options;
  const vendorSigns = options.vendorSignatureRequired ?? vendorManifest !== undefined;
  if (vendorSigns && vendorManifest === undefined)
    throw new RangeError('vendorManifest: expected keys for the required vendor signature, got none');
  const format = AUTH_MANIFEST_FORMAT;
  const manifest = AuthorizationManifest.encode({
    preamble: {
      marker: format.marker,
      size: format.preambleSize,
      version,
      svn,
      flags: insert(VENDOR_SIGNATURE_REQUIRED, 0, vendorSigns ? 1 : 0),
      vendorPubKeys: vendorManifest === undefined ? NO_KEYS : ownerPubKeys(vendorManifest, pqc, 'vendorManifest'),
      vendorPubKeysSignatures: NO_SIGNATURES,
      ownerPubKeys: ownerPubKeys(ownerManifest, pqc, 'ownerManifest'),
      ownerPubKeysSignatures: NO_SIGNATURES,
      vendorImageMetadataSignatures: NO_SIGNATURES,
      ownerImageMetadataSignatures: NO_SIGNATURES,
    },
    imageMetadataCollection: collectionOf(images, format),
  });
  const signers: ManifestSigner[] = ['vendorFirmware', 'ownerFirmware', 'ownerManifest'];
  return withRequests(options, manifest, format, vendorSigns ? [...signers, 'vendorManifest'] : signers);
}

/** As {@link authManifestToBeSigned}, for the manifest of the owner alone. */
export function ownerAuthManifestToBeSigned(options: UnsignedOwnerAuthManifestOptions): UnsignedSocManifest {
  const { pqc, version = 1, svn, images, ownerManifest } = options;
  const format = OWNER_AUTH_MANIFEST_FORMAT;
  const manifest = OwnerAuthorizationManifest.encode({
    preamble: {
      marker: format.marker,
      size: format.preambleSize,
      version,
      svn,
      flags: 0,
      ownerPubKeys: ownerPubKeys(ownerManifest, pqc, 'ownerManifest'),
      ownerPubKeysSignatures: NO_SIGNATURES,
      ownerImageMetadataSignatures: NO_SIGNATURES,
    },
    imageMetadataCollection: collectionOf(images, format),
  });
  return withRequests(options, manifest, format, ['ownerFirmware', 'ownerManifest']);
}

/** The algorithm that has signatures of this length. */
function pqcOfSignature(name: string, { pqc }: SignaturePair): PqcKeyType {
  if (pqc.length === PQC_SIZES.mldsa.signature) return 'mldsa';
  if (pqc.length === PQC_SIZES.lms.signature) return 'lms';
  throw new RangeError(`${name}.pqc: expected 4627 (ML-DSA-87) or 1620 bytes (LMS), got ${pqc.length}`);
}

/**
 * A copy of `manifest` with these signatures; those not given stay as they are.
 *
 * @throws RangeError if it is no SoC manifest, has no place for one of the signers, or a signature has a wrong length
 */
export function attachManifestSignatures(
  manifest: Uint8Array,
  signatures: Readonly<Partial<Record<ManifestSigner, SignaturePair>>>,
): Uint8Array {
  const format = socManifestFormatOf(manifest);
  if (format === undefined || manifest.length < format.preambleSize)
    throw new RangeError('manifest: expected the preamble of a SoC manifest');
  const signed = manifest.slice();
  for (const [signer, pair] of Object.entries(signatures) as [ManifestSigner, SignaturePair][]) {
    const place = format.signatures[signer];
    if (place === undefined)
      throw new RangeError(`signatures.${signer}: nothing to sign in an ${format.kind} manifest`);
    const stored = storedSignatures(signer, pair, pqcOfSignature(signer, pair));
    signed.set(ImageSignatures.encode(stored), place.offset);
  }
  return signed;
}

/**
 * Signs the requests that there are keys for; the others are left out.
 *
 * @throws RangeError if a signer has no key of the second algorithm
 */
export function signManifestRequests(
  provider: CryptoProvider,
  pqc: PqcKeyType,
  requests: ManifestSigningRequests,
  keys: Readonly<Partial<Record<ManifestSigner, OwnerKeys>>>,
): Partial<Record<ManifestSigner, SignaturePair>> {
  const signatures: Partial<Record<ManifestSigner, SignaturePair>> = {};
  for (const [signer, request] of Object.entries(requests) as [ManifestSigner, SigningRequest][]) {
    const own = keys[signer];
    if (own) signatures[signer] = signRequest(provider, pqc, request, own);
  }
  return signatures;
}

/**
 * Builds and signs an authorization manifest. The same options give the same bytes.
 *
 * @example
 * const { vendor, owner } = demoKeys(provider);
 * const { vendorManifest, ownerManifest } = demoManifestKeys(provider);
 * const manifest = buildAuthManifest({
 *   provider, pqc: 'mldsa', svn: 7, images: [{ fwId: 2, digest: sha384(mcuFirmware), execBit: 2 }],
 *   vendorFirmware: { ecc: vendor.ecc[0], mldsa: vendor.mldsa[0] }, vendorManifest,
 *   ownerFirmware: owner, ownerManifest,
 * });
 *
 * @throws RangeError or StructError as {@link authManifestToBeSigned}
 * @see caliptra-sw:auth-manifest/gen/src/generator.rs
 */
export function buildAuthManifest(options: AuthManifestOptions): Uint8Array {
  const { vendorFirmware, vendorManifest, ownerFirmware, ownerManifest, ...common } = options;
  const { manifest, requests } = authManifestToBeSigned({
    ...common,
    ownerManifest: ownerPublicKeys(ownerManifest),
    ...(vendorManifest && { vendorManifest: ownerPublicKeys(vendorManifest) }),
  });
  const keys = { vendorFirmware, ownerFirmware, ownerManifest, ...(vendorManifest && { vendorManifest }) };
  return attachManifestSignatures(manifest, signManifestRequests(common.provider, common.pqc, requests, keys));
}

/** Builds and signs an owner authorization manifest. @throws as {@link buildAuthManifest} */
export function buildOwnerAuthManifest(options: OwnerAuthManifestOptions): Uint8Array {
  const { ownerFirmware, ownerManifest, ...common } = options;
  const { manifest, requests } = ownerAuthManifestToBeSigned({
    ...common,
    ownerManifest: ownerPublicKeys(ownerManifest),
  });
  const keys = { ownerFirmware, ownerManifest };
  return attachManifestSignatures(manifest, signManifestRequests(common.provider, common.pqc, requests, keys));
}
