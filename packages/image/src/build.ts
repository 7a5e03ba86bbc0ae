import { type CryptoProvider, concatBytes, utf8ToBytes } from '@rootcap/crypto';
import {
  eccPubKeyOf,
  type OwnerKeys,
  type OwnerPublicKeys,
  ownerPubKeys,
  ownerPublicKeys,
  type VendorKeys,
  type VendorPublicKeys,
  vendorPqcKeys,
  vendorPubKeyInfo,
  vendorPublicKeys,
  zeroPadded,
} from './keys.ts';
import {
  BUNDLE_ALIGNMENT,
  BUNDLE_MAX_SIZE,
  ImageHeader,
  ImageManifest,
  type ImagePreamble,
  type ImageTocEntry,
  MANIFEST_MARKER,
  MANIFEST_RANGES,
  MAX_TOC_ENTRY_COUNT,
  type ManifestRange,
  PQC_KEY_TYPES,
  PQC_SIZES,
  type PqcKeyType,
  pqcKeyTypeOf,
  sliceOf,
  TOC_ENTRY_IDS,
  TOC_ENTRY_TYPE_EXECUTABLE,
} from './layouts.ts';
import {
  NO_SIGNATURES,
  type SignaturePair,
  type SigningRequest,
  signingRequest,
  signRequest,
  storedSignatures,
} from './signing.ts';

/** FMC or runtime. */
export interface ExecutableOptions {
  /** A multiple of 4 bytes, at least 4: the SHA accelerator starts at word addresses. */
  readonly payload: Uint8Array;
  readonly loadAddr: number;
  readonly entryPoint: number;
  /** Default 0. The low 16 bits of the FMC's and all of the runtime's appear in CPTRA_FW_REV_ID. */
  readonly version?: number;
  /** Commit, 20 bytes; default zero. */
  readonly revision?: Uint8Array;
}

/** Dates are GeneralizedTime `YYYYMMDDHHMMSSZ`; a date left out is stored as zeros, "none". */
export interface HeaderOptions {
  /** Security version number; a chip that checks it takes 0..128. */
  readonly svn: number;
  /** AXI user with PL0 privileges; left out: all users are PL1. */
  readonly pl0Pauser?: number;
  readonly vendorNotBefore?: string;
  readonly vendorNotAfter?: string;
  readonly ownerNotBefore?: string;
  readonly ownerNotAfter?: string;
}

/** A bundle that somebody else will sign: public keys are enough. */
export interface UnsignedBundleOptions {
  readonly provider: CryptoProvider;
  readonly fmc: ExecutableOptions;
  readonly runtime: ExecutableOptions;
  readonly header: HeaderOptions;
  readonly vendor: VendorPublicKeys;
  readonly owner: OwnerPublicKeys;
  readonly pqc: PqcKeyType;
  /** Which vendor ECC key signs; default 0. */
  readonly vendorEccIndex?: number;
  /** Which vendor PQC key signs; default 0. */
  readonly vendorPqcIndex?: number;
}

export interface BundleOptions extends Omit<UnsignedBundleOptions, 'vendor' | 'owner'> {
  readonly vendor: VendorKeys;
  readonly owner: OwnerKeys;
}

export interface UnsignedBundle {
  /** Complete but for four signatures of zeros. */
  readonly bundle: Uint8Array;
  /** Over the first 120 bytes of the header. */
  readonly vendor: SigningRequest;
  /** Over all 160 bytes of the header. */
  readonly owner: SigningRequest;
}

export interface BundleSignatures {
  readonly vendor: SignaturePair;
  readonly owner: SignaturePair;
}

/** @internal Moments at which a test may falsify the manifest; see testing.ts. */
export type ManifestEditor = (stage: 'toc' | 'header', manifest: Uint8Array) => void;

function dateField(name: string, value: string | undefined): Uint8Array {
  if (value === undefined) return new Uint8Array(15);
  if (!/^\d{14}Z$/.test(value)) throw new RangeError(`header.${name}: expected YYYYMMDDHHMMSSZ, got "${value}"`);
  return utf8ToBytes(value);
}

function headerOf(options: UnsignedBundleOptions): ImageHeader {
  const { header, vendorEccIndex = 0, vendorPqcIndex = 0 } = options;
  return {
    revision: [0, 0],
    vendorEccPubKeyIdx: vendorEccIndex,
    vendorPqcPubKeyIdx: vendorPqcIndex,
    flags: header.pl0Pauser === undefined ? 0 : 1,
    tocLen: MAX_TOC_ENTRY_COUNT,
    pl0Pauser: header.pl0Pauser ?? 0,
    tocDigest: new Uint8Array(48),
    svn: header.svn,
    vendorData: {
      vendorNotBefore: dateField('vendorNotBefore', header.vendorNotBefore),
      vendorNotAfter: dateField('vendorNotAfter', header.vendorNotAfter),
      reserved: new Uint8Array(10),
    },
    ownerData: {
      ownerNotBefore: dateField('ownerNotBefore', header.ownerNotBefore),
      ownerNotAfter: dateField('ownerNotAfter', header.ownerNotAfter),
      reserved: new Uint8Array(10),
    },
  };
}

function tocEntry(provider: CryptoProvider, id: number, image: ExecutableOptions, offset: number): ImageTocEntry {
  const { payload, loadAddr, entryPoint, version = 0, revision = new Uint8Array(20) } = image;
  return {
    id,
    tocType: TOC_ENTRY_TYPE_EXECUTABLE,
    revision,
    version,
    reserved: new Uint8Array(8),
    loadAddr,
    entryPoint,
    offset,
    size: payload.length,
    digest: provider.hashes.digest('sha384', payload),
  };
}

function keyAt<T>(keys: readonly T[], index: number, name: string): T {
  const key = keys[index];
  if (key === undefined) throw new RangeError(`${name}: expected an index in 0..${keys.length - 1}, got ${index}`);
  return key;
}

function preambleOf(options: UnsignedBundleOptions): ImagePreamble {
  const { provider, vendor, owner, pqc, vendorEccIndex = 0, vendorPqcIndex = 0 } = options;
  const keyInfo = vendorPubKeyInfo(provider, vendor, pqc);
  const eccKey = keyAt(vendor.ecc, vendorEccIndex, 'vendorEccIndex');
  const pqcKey = keyAt(vendorPqcKeys(vendor, pqc), vendorPqcIndex, 'vendorPqcIndex');
  return {
    vendorPubKeyInfo: keyInfo,
    vendorEccPubKeyIdx: vendorEccIndex,
    vendorEccActivePubKey: eccPubKeyOf(eccKey),
    vendorPqcPubKeyIdx: vendorPqcIndex,
    vendorPqcActivePubKey: zeroPadded(pqcKey, PQC_SIZES.mldsa.publicKey),
    vendorSigs: NO_SIGNATURES,
    ownerPubKeys: ownerPubKeys(owner, pqc),
    ownerSigs: NO_SIGNATURES,
    reserved: new Uint8Array(8),
  };
}

function checkExecutables(fmc: ExecutableOptions, runtime: ExecutableOptions): void {
  for (const [name, { payload }] of [
    ['fmc', fmc],
    ['runtime', runtime],
  ] as const)
    if (payload.length === 0 || payload.length % 4 !== 0)
      throw new RangeError(`${name}.payload: expected a multiple of 4 bytes, at least 4, got ${payload.length}`);
  const total = ImageManifest.size + fmc.payload.length + runtime.payload.length;
  if (total > BUNDLE_MAX_SIZE) throw new RangeError(`bundle: expected at most ${BUNDLE_MAX_SIZE} bytes, got ${total}`);
  const apart =
    fmc.loadAddr + fmc.payload.length <= runtime.loadAddr || runtime.loadAddr + runtime.payload.length <= fmc.loadAddr;
  if (!apart) throw new RangeError('runtime.loadAddr: expected a range apart from the FMC, got one that overlaps it');
}

/** @internal Manifest without signatures, finished step by step so that each digest covers what is before it. */
function unsignedManifest(options: UnsignedBundleOptions, edit: ManifestEditor): Uint8Array {
  const { provider, fmc, runtime, pqc } = options;
  const header = headerOf(options);
  const fmcOffset = ImageManifest.size;
  const manifest = ImageManifest.encode({
    marker: MANIFEST_MARKER,
    size: ImageManifest.size,
    pqcKeyType: PQC_KEY_TYPES[pqc],
    reserved: new Uint8Array(3),
    preamble: preambleOf(options),
    header,
    fmc: tocEntry(provider, TOC_ENTRY_IDS.fmc, fmc, fmcOffset),
    runtime: tocEntry(provider, TOC_ENTRY_IDS.runtime, runtime, fmcOffset + fmc.payload.length),
  });
  edit('toc', manifest);
  const tocDigest = provider.hashes.digest('sha384', sliceOf(manifest, MANIFEST_RANGES.toc));
  manifest.set(ImageHeader.encode({ ...header, tocDigest }), MANIFEST_RANGES.ownerSignedHeader.offset);
  edit('header', manifest);
  return manifest;
}

/** @internal {@link bundleToBeSigned} with a hook for tests. */
export function assembleBundle(options: UnsignedBundleOptions, edit: ManifestEditor): UnsignedBundle {
  const { provider, fmc, runtime, pqc } = options;
  checkExecutables(fmc, runtime);
  const manifest = unsignedManifest(options, edit);
  const contents = concatBytes(manifest, fmc.payload, runtime.payload);
  const request = (range: ManifestRange): SigningRequest =>
    signingRequest(provider, pqc, sliceOf(manifest, range).slice());
  return {
    bundle: zeroPadded(contents, Math.ceil(contents.length / BUNDLE_ALIGNMENT) * BUNDLE_ALIGNMENT),
    vendor: request(MANIFEST_RANGES.vendorSignedHeader),
    owner: request(MANIFEST_RANGES.ownerSignedHeader),
  };
}

/** The vendor keys that sign this bundle. */
function activeVendorKeys({ vendor, vendorEccIndex = 0, vendorPqcIndex = 0 }: BundleOptions): OwnerKeys {
  const ecc = keyAt(vendor.ecc, vendorEccIndex, 'vendorEccIndex');
  const mldsa = vendor.mldsa?.[vendorPqcIndex];
  const lms = vendor.lms?.[vendorPqcIndex];
  return { ecc, ...(mldsa && { mldsa }), ...(lms && { lms }) };
}

/** @internal Signs both requests with the keys that the bundle names. */
export function signBundle({ bundle, vendor, owner }: UnsignedBundle, options: BundleOptions): Uint8Array {
  const { provider, pqc } = options;
  return attachSignatures(bundle, {
    vendor: signRequest(provider, pqc, vendor, activeVendorKeys(options)),
    owner: signRequest(provider, pqc, owner, options.owner),
  });
}

/**
 * Lays out a bundle and says what vendor and owner have to sign, for keys that live elsewhere. Put the signatures in
 * with {@link attachSignatures}.
 *
 * @throws RangeError for keys, payloads, dates or indices that no bundle can hold
 */
export function bundleToBeSigned(options: UnsignedBundleOptions): UnsignedBundle {
  return assembleBundle(options, () => {});
}

/**
 * A copy of `bundle` with these signatures.
 *
 * @throws RangeError for a signature whose length does not fit the bundle's PQC key type; StructError if `bundle` is
 *   shorter than a manifest
 */
export function attachSignatures(bundle: Uint8Array, signatures: BundleSignatures): Uint8Array {
  const manifest = ImageManifest.decodeFrom(bundle);
  const keyType = pqcKeyTypeOf(manifest.pqcKeyType);
  if (keyType === undefined) throw new RangeError(`bundle: expected PQC key type 1 or 3, got ${manifest.pqcKeyType}`);
  const preamble: ImagePreamble = {
    ...manifest.preamble,
    vendorSigs: storedSignatures('vendor', signatures.vendor, keyType),
    ownerSigs: storedSignatures('owner', signatures.owner, keyType),
  };
  const signed = bundle.slice();
  signed.set(ImageManifest.encode({ ...manifest, preamble }));
  return signed;
}

/**
 * Builds and signs a firmware bundle. The same options give the same bytes: ECDSA nonces come from RFC 6979, ML-DSA
 * signs with rnd = 0, an LMS key decides itself which leaf it spends.
 *
 * @example
 * const keys = demoKeys(provider);
 * const bundle = buildBundle({
 *   provider, ...keys, pqc: 'mldsa', header: { svn: 9, pl0Pauser: 1 },
 *   fmc: { payload: fmc, loadAddr: 0x40000000, entryPoint: 0x40000000 },
 *   runtime: { payload: runtime, loadAddr: 0x40008000, entryPoint: 0x40008000 },
 * });
 *
 * @throws RangeError for keys, payloads, dates or indices that no bundle can hold
 * @see caliptra-sw:image/gen/src/generator.rs
 */
export function buildBundle(options: BundleOptions): Uint8Array {
  return signBundle(bundleToBeSigned(withPublicKeys(options)), options);
}

/** @internal The same options with public keys only. */
export function withPublicKeys(options: BundleOptions): UnsignedBundleOptions {
  return { ...options, vendor: vendorPublicKeys(options.vendor), owner: ownerPublicKeys(options.owner) };
}
