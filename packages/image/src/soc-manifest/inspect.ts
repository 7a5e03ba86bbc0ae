import { type CryptoProvider, concatBytes, lmsVerifyFixed } from '@rootcap/crypto';
import { extract } from '@rootcap/struct';
import type { SignatureState } from '../inspect.ts';
import { ImageManifest, PQC_SIZES, type PqcKeyType, pqcKeyTypeOf, sliceOf } from '../layouts.ts';
import { CALIPTRA_LMS } from '../lms.ts';
import {
  type Addr64,
  AUTH_MANIFEST_FORMAT,
  type AuthManifestImageMetadata,
  AuthManifestPubKeys,
  AuthManifestSignatures,
  IMAGE_METADATA_FLAGS,
  IMAGE_SOURCES,
  type ImageSource,
  type ManifestSigner,
  OWNER_AUTH_MANIFEST_FORMAT,
  type SocManifestKind,
  VENDOR_SIGNATURE_REQUIRED,
} from './layouts.ts';
import { type ParsedSocManifest, parseSocManifest } from './parse.ts';

/** One image of a manifest, its fields taken apart. */
export interface ImageMetadataDescription {
  readonly fwId: number;
  readonly componentId: number;
  readonly classification: number;
  /** `undefined` for 0. */
  readonly imageSource: ImageSource | undefined;
  readonly ignoreAuthCheck: boolean;
  readonly execBit: number;
  readonly imageLoadAddress: bigint;
  readonly imageStagingAddress: bigint;
  readonly digest: Uint8Array;
}

/** What one signer left. */
export interface ManifestSignerDescription {
  /** `unknown key`: a key of the firmware, which was not given. `missing`: only zeros are there. */
  readonly ecc: SignatureState | 'unknown key' | 'missing';
  readonly pqc: SignatureState | 'unknown key' | 'missing';
}

/** Everything that can be said about a SoC manifest, right or wrong. */
export interface SocManifestDescription {
  readonly kind: SocManifestKind;
  /** Bytes given. */
  readonly size: number;
  readonly version: number;
  readonly svn: number;
  readonly flags: number;
  readonly vendorSignatureRequired: boolean;
  /** Of the firmware if given; else told by the stored keys. */
  readonly pqcKeyType: PqcKeyType | undefined;
  /** SHA-384 of the manifest keys as they are stored, 48 bytes each. */
  readonly keyHashes: { readonly vendor?: Uint8Array; readonly owner: Uint8Array };
  readonly signers: Readonly<Partial<Record<ManifestSigner, ManifestSignerDescription>>>;
  readonly images: readonly ImageMetadataDescription[];
}

const address = ({ hi, lo }: Addr64): bigint => (BigInt(hi) << 32n) | BigInt(lo);

/** One entry in plain terms. */
export function describeImageMetadata(entry: AuthManifestImageMetadata): ImageMetadataDescription {
  const { fwId, componentId, classification, flags, digest } = entry;
  const source = extract(IMAGE_METADATA_FLAGS.imageSource, flags);
  const names = Object.keys(IMAGE_SOURCES) as ImageSource[];
  return {
    fwId,
    componentId,
    classification,
    imageSource: names.find((name) => IMAGE_SOURCES[name] === source),
    ignoreAuthCheck: extract(IMAGE_METADATA_FLAGS.ignoreAuthCheck, flags) === 1,
    execBit: extract(IMAGE_METADATA_FLAGS.execBit, flags),
    imageLoadAddress: address(entry.imageLoadAddress),
    imageStagingAddress: address(entry.imageStagingAddress),
    digest,
  };
}

/** Which algorithm a stored key is of: LMS keys start with their two types and leave the rest of the field zero. */
function pqcOfKey(pqcPubKey: Uint8Array): PqcKeyType {
  const { publicKey } = PQC_SIZES.lms;
  return pqcPubKey.subarray(publicKey).every((byte) => byte === 0) ? 'lms' : 'mldsa';
}

interface Subject {
  readonly provider: CryptoProvider;
  readonly manifest: Uint8Array;
  readonly pqc: PqcKeyType | undefined;
}

function isZero(value: Uint8Array): boolean {
  return value.every((byte) => byte === 0);
}

function signerState(
  { provider, manifest, pqc }: Subject,
  signed: Uint8Array,
  offset: number,
  keys: AuthManifestPubKeys | undefined,
): ManifestSignerDescription {
  const { eccSig, pqcSig } = AuthManifestSignatures.decodeFrom(manifest, offset);
  const digest = provider.hashes.digest('sha384', signed);
  const state = (signature: Uint8Array, verify: (keys: AuthManifestPubKeys) => boolean) => {
    if (isZero(signature)) return 'missing';
    if (keys === undefined) return 'unknown key';
    return verify(keys) ? 'valid' : 'invalid';
  };
  const ecc = concatBytes(eccSig.r, eccSig.s);
  const pqcState = (algorithm: PqcKeyType) =>
    state(pqcSig, ({ pqcPubKey }) => {
      const key = pqcPubKey.subarray(0, PQC_SIZES[algorithm].publicKey);
      const signature = pqcSig.subarray(0, PQC_SIZES[algorithm].signature);
      return algorithm === 'lms'
        ? lmsVerifyFixed(provider, CALIPTRA_LMS, key, digest, signature).kind === 'valid'
        : provider.mldsa87.verify(key, signed, signature);
    });
  return {
    ecc: state(ecc, ({ eccPubKey }) => provider.ecdsa384.verify(concatBytes(eccPubKey.x, eccPubKey.y), digest, ecc)),
    pqc: pqc === undefined ? 'unknown algorithm' : pqcState(pqc),
  };
}

/** Keys that signers sign with, as far as they are known. */
function signerKeys(
  parsed: ParsedSocManifest,
  firmware: ImageManifest | undefined,
): Readonly<Partial<Record<ManifestSigner, AuthManifestPubKeys>>> {
  return {
    ownerManifest: parsed.preamble.ownerPubKeys,
    ...(parsed.kind === 'authorization' && { vendorManifest: parsed.preamble.vendorPubKeys }),
    ...(firmware && {
      vendorFirmware: {
        eccPubKey: firmware.preamble.vendorEccActivePubKey,
        pqcPubKey: firmware.preamble.vendorPqcActivePubKey,
      },
      ownerFirmware: firmware.preamble.ownerPubKeys,
    }),
  };
}

/**
 * Describes a SoC manifest, right or wrong. A signature that is not asked for may be missing.
 *
 * @param firmware - bundle whose keys vouch for the manifest's
 * @throws RotError or StructError as {@link parseSocManifest}; StructError if `firmware` is no bundle
 */
export function inspectSocManifest(
  provider: CryptoProvider,
  manifest: Uint8Array,
  firmware?: Uint8Array,
): SocManifestDescription {
  const parsed = parseSocManifest(manifest);
  const image = firmware === undefined ? undefined : ImageManifest.decodeFrom(firmware);
  const { preamble, kind } = parsed;
  const pqc = image === undefined ? pqcOfKey(preamble.ownerPubKeys.pqcPubKey) : pqcKeyTypeOf(image.pqcKeyType);
  const subject: Subject = { provider, manifest, pqc };
  const keys = signerKeys(parsed, image);
  const format = kind === 'authorization' ? AUTH_MANIFEST_FORMAT : OWNER_AUTH_MANIFEST_FORMAT;
  const signers = Object.entries(format.signatures).map(([signer, { signed, offset }]) => [
    signer,
    signerState(subject, sliceOf(manifest, signed), offset, keys[signer as ManifestSigner]),
  ]);
  const hash = (stored: AuthManifestPubKeys): Uint8Array =>
    provider.hashes.digest('sha384', AuthManifestPubKeys.encode(stored));
  return {
    kind,
    size: manifest.length,
    version: preamble.version,
    svn: preamble.svn,
    flags: preamble.flags,
    vendorSignatureRequired:
      parsed.kind === 'authorization' && extract(VENDOR_SIGNATURE_REQUIRED, preamble.flags) === 1,
    pqcKeyType: pqc,
    keyHashes: {
      ...(parsed.kind === 'authorization' && { vendor: hash(parsed.preamble.vendorPubKeys) }),
      owner: hash(preamble.ownerPubKeys),
    },
    signers: Object.fromEntries(signers),
    images: parsed.entries.map(describeImageMetadata),
  };
}
