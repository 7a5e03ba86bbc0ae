import { type CryptoProvider, concatBytes, equalBytes, lmsVerifyFixed } from '@rootcap/crypto';
import {
  type ImageEccPubKey,
  ImageManifest,
  type ImageSignatures,
  type ImageTocEntry,
  MANIFEST_RANGES,
  type ManifestRange,
  PQC_SIZES,
  type PqcKeyType,
  pl0PauserOf,
  pqcKeyTypeOf,
  sliceOf,
} from './layouts.ts';
import { CALIPTRA_LMS } from './lms.ts';

/** What a signature is worth, by itself: whether the key may sign is another question. */
export type SignatureState = 'valid' | 'invalid' | 'unknown algorithm';

/** One key list of the vendor. */
export interface KeyListDescription {
  /** As claimed; may be more than there are slots. */
  readonly keyHashCount: number;
  /** SHA-384 of each claimed key, 48 bytes each. */
  readonly keyHashes: readonly Uint8Array[];
  readonly activeIndex: number;
  readonly activeKeyHash: Uint8Array;
  /** Whether the active key is the one that the list has at that index. */
  readonly activeKeyListed: boolean;
}

export interface PartyDescription {
  /** Value for the fuse (vendor) or register (owner), 48 bytes. */
  readonly pkHash: Uint8Array;
  readonly eccSignature: SignatureState;
  readonly pqcSignature: SignatureState;
  /** As in the header; `undefined` if zero or not text. */
  readonly notBefore: string | undefined;
  readonly notAfter: string | undefined;
}

export interface ExecutableDescription {
  readonly entry: ImageTocEntry;
  /** Whether the bytes that the entry points to have the digest of the entry. */
  readonly digestValid: boolean;
}

/** Everything that can be said about a bundle without knowing a chip. */
export interface BundleDescription {
  /** Bytes given. */
  readonly size: number;
  /** Bytes that the manifest claims: manifest, FMC and runtime without padding. */
  readonly sizeUsed: number;
  /** Every field as stored. */
  readonly manifest: ImageManifest;
  /** `undefined` for a value that means nothing. */
  readonly pqcKeyType: PqcKeyType | undefined;
  readonly svn: number;
  readonly pl0Pauser: number | undefined;
  readonly vendor: PartyDescription & { readonly ecc: KeyListDescription; readonly pqc: KeyListDescription };
  readonly owner: PartyDescription;
  readonly tocDigestValid: boolean;
  /** Whether the signed header names the same vendor keys as the preamble. */
  readonly keyIndicesAgree: boolean;
  readonly fmc: ExecutableDescription;
  readonly runtime: ExecutableDescription;
}

function text(date: Uint8Array): string | undefined {
  const printable = date.every((byte) => byte >= 0x20 && byte < 0x7f);
  return printable ? String.fromCharCode(...date) : undefined;
}

function keyList(
  { keyHash, keyHashCount }: { readonly keyHash: readonly Uint8Array[]; readonly keyHashCount: number },
  activeIndex: number,
  activeKeyHash: Uint8Array,
): KeyListDescription {
  const listed = keyHash[activeIndex];
  return {
    keyHashCount,
    keyHashes: keyHash.slice(0, keyHashCount),
    activeIndex,
    activeKeyHash,
    activeKeyListed: activeIndex < keyHashCount && listed !== undefined && equalBytes(listed, activeKeyHash),
  };
}

/** What the description is made from. */
interface Subject {
  readonly provider: CryptoProvider;
  readonly bundle: Uint8Array;
  readonly pqc: PqcKeyType | undefined;
}

function digestOf({ provider, bundle }: Subject, range: ManifestRange): Uint8Array {
  return provider.hashes.digest('sha384', sliceOf(bundle, range));
}

function executable(subject: Subject, entry: ImageTocEntry): ExecutableDescription {
  const inside = entry.offset + entry.size <= subject.bundle.length;
  const actual = digestOf(subject, { offset: entry.offset, length: inside ? entry.size : 0 });
  return { entry, digestValid: inside && equalBytes(entry.digest, actual) };
}

function eccState(
  subject: Subject,
  { x, y }: ImageEccPubKey,
  sigs: ImageSignatures,
  signed: ManifestRange,
): SignatureState {
  const { r, s } = sigs.eccSig;
  const digest = digestOf(subject, signed);
  return subject.provider.ecdsa384.verify(concatBytes(x, y), digest, concatBytes(r, s)) ? 'valid' : 'invalid';
}

function pqcState(
  subject: Subject,
  pqcPubKey: Uint8Array,
  sigs: ImageSignatures,
  signed: ManifestRange,
): SignatureState {
  const { provider, bundle, pqc } = subject;
  if (pqc === undefined) return 'unknown algorithm';
  const publicKey = pqcPubKey.subarray(0, PQC_SIZES[pqc].publicKey);
  const signature = sigs.pqcSig.subarray(0, PQC_SIZES[pqc].signature);
  const valid =
    pqc === 'lms'
      ? lmsVerifyFixed(provider, CALIPTRA_LMS, publicKey, digestOf(subject, signed), signature).kind === 'valid'
      : provider.mldsa87.verify(publicKey, sliceOf(bundle, signed), signature);
  return valid ? 'valid' : 'invalid';
}

/** The vendor as the bundle shows it. */
function vendorOf(subject: Subject, { preamble, header }: ImageManifest): BundleDescription['vendor'] {
  const { vendorPubKeyInfo, vendorSigs, vendorEccPubKeyIdx, vendorPqcPubKeyIdx } = preamble;
  const { vendorEccActivePubKey, vendorPqcActivePubKey, vendorSignedHeader } = MANIFEST_RANGES;
  const activePqcKey = {
    offset: vendorPqcActivePubKey.offset,
    length: PQC_SIZES[subject.pqc ?? 'mldsa'].publicKey,
  };
  return {
    pkHash: digestOf(subject, MANIFEST_RANGES.vendorPubKeyInfo),
    ecc: keyList(vendorPubKeyInfo.eccKeyDescriptor, vendorEccPubKeyIdx, digestOf(subject, vendorEccActivePubKey)),
    pqc: keyList(vendorPubKeyInfo.pqcKeyDescriptor, vendorPqcPubKeyIdx, digestOf(subject, activePqcKey)),
    eccSignature: eccState(subject, preamble.vendorEccActivePubKey, vendorSigs, vendorSignedHeader),
    pqcSignature: pqcState(subject, preamble.vendorPqcActivePubKey, vendorSigs, vendorSignedHeader),
    notBefore: text(header.vendorData.vendorNotBefore),
    notAfter: text(header.vendorData.vendorNotAfter),
  };
}

/** The owner as the bundle shows it. */
function ownerOf(subject: Subject, { preamble, header }: ImageManifest): PartyDescription {
  const { ownerPubKeys, ownerSigs } = preamble;
  const { ownerSignedHeader } = MANIFEST_RANGES;
  return {
    pkHash: digestOf(subject, MANIFEST_RANGES.ownerPubKeys),
    eccSignature: eccState(subject, ownerPubKeys.eccPubKey, ownerSigs, ownerSignedHeader),
    pqcSignature: pqcState(subject, ownerPubKeys.pqcPubKey, ownerSigs, ownerSignedHeader),
    notBefore: text(header.ownerData.ownerNotBefore),
    notAfter: text(header.ownerData.ownerNotAfter),
  };
}

/**
 * Describes a bundle, right or wrong.
 *
 * @throws StructError if there are fewer bytes than a manifest has; never for what they contain
 */
export function inspectBundle(provider: CryptoProvider, bundle: Uint8Array): BundleDescription {
  const manifest = ImageManifest.decodeFrom(bundle);
  const { preamble, header, fmc, runtime } = manifest;
  const pqcKeyType = pqcKeyTypeOf(manifest.pqcKeyType);
  const subject: Subject = { provider, bundle, pqc: pqcKeyType };
  return {
    size: bundle.length,
    sizeUsed: ImageManifest.size + fmc.size + runtime.size,
    manifest,
    pqcKeyType,
    svn: header.svn,
    pl0Pauser: pl0PauserOf(header),
    vendor: vendorOf(subject, manifest),
    owner: ownerOf(subject, manifest),
    tocDigestValid: equalBytes(digestOf(subject, MANIFEST_RANGES.toc), header.tocDigest),
    keyIndicesAgree:
      header.vendorEccPubKeyIdx === preamble.vendorEccPubKeyIdx &&
      header.vendorPqcPubKeyIdx === preamble.vendorPqcPubKeyIdx,
    fmc: executable(subject, fmc),
    runtime: executable(subject, runtime),
  };
}
