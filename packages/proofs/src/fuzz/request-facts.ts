import { concatBytes } from '@rootcap/crypto';
import {
  buildAuthManifest,
  buildOwnerAuthManifest,
  CALIPTRA_LMS,
  demoManifestKeys,
  type ImageMetadataOptions,
  type LmsSigningKey,
} from '@rootcap/image';
import type { Bench } from './baseline.ts';

/** What requests can refer to. */
export interface RequestFacts {
  readonly subsystem: boolean;
  /** Whether its runtime serves production debug unlock. */
  readonly unlocks: boolean;
  /** Requests of OCP LOCK that it accepts, by command; none if it does not have it. */
  readonly locks: ReadonlyMap<string, Uint8Array>;
  readonly stagingBase: number;
  readonly mcuSram: number;
  readonly firmware: Uint8Array;
  readonly authManifests: readonly Uint8Array[];
  readonly ownerManifests: readonly Uint8Array[];
  /** Digests of images that are somewhere in memory or in a manifest, 48 bytes. */
  readonly digests: readonly Uint8Array[];
  /** Requests that a device accepts, by command. */
  readonly examples: ReadonlyMap<string, Uint8Array>;
  readonly sha384: (data: Uint8Array) => Uint8Array;
}

/** Manifests that a device with the bench's firmware takes, and images to ask about. */
export function requestFacts(
  bench: Bench,
  mcuFirmware: Uint8Array,
  device: Pick<RequestFacts, 'subsystem' | 'unlocks' | 'locks' | 'stagingBase' | 'mcuSram'>,
): RequestFacts {
  const { bundle, firmware, provider } = bench;
  const { stagingBase, mcuSram } = device;
  const sha384 = (data: Uint8Array): Uint8Array => provider.hashes.digest('sha384', data);
  const digests = [sha384(mcuFirmware), sha384(new Uint8Array(64)), new Uint8Array(48).fill(7)];
  const [mcu, zeros, other] = digests as [Uint8Array, Uint8Array, Uint8Array];
  const places = { imageLoadAddress: BigInt(mcuSram), imageStagingAddress: BigInt(stagingBase) };
  const list: ImageMetadataOptions[] = [
    { fwId: 2, digest: mcu, execBit: 2, ...places },
    { fwId: 3, digest: zeros, execBit: 3, imageSource: 'stagingAddress', ...places },
    { fwId: 4, digest: other, execBit: 127, ignoreAuthCheck: true },
    { fwId: 5, digest: other },
  ];
  const ownerList: ImageMetadataOptions[] = [
    { fwId: 8, digest: zeros, ...places },
    { fwId: 9, digest: other, ignoreAuthCheck: true },
  ];
  const { vendor, owner } = bundle;
  const [ecc, mldsa, lms] = [vendor.ecc[0], vendor.mldsa?.[0], vendor.lms?.[0]];
  if (ecc === undefined || mldsa === undefined || lms === undefined) throw new RangeError('vendor: no keys');
  const keys = { provider, ownerFirmware: owner, ...demoManifestKeys(provider) };
  const auth = (svn: number, images: readonly ImageMetadataOptions[]) =>
    buildAuthManifest({ pqc: 'mldsa', svn, images, vendorFirmware: { ecc, mldsa, lms }, ...keys });
  const ownerAuth = (svn: number, images: readonly ImageMetadataOptions[]) =>
    buildOwnerAuthManifest({ pqc: 'mldsa', svn, images, ...keys });
  return {
    ...device,
    firmware,
    authManifests: [auth(0, list), auth(9, list.slice(0, 2)), auth(128, list.slice(3)), auth(1, ownerList)],
    ownerManifests: [ownerAuth(0, ownerList), ownerAuth(200, ownerList.slice(1)), ownerAuth(3, list)],
    digests,
    examples: new Map([...verifications(bench), ...device.locks]),
    sha384,
  };
}

/** Requests with good signatures of the bench's provider. */
function verifications({ provider, bundle }: Bench): ReadonlyMap<string, Uint8Array> {
  const { ecdsa384, mldsa87, hashes } = provider;
  const message = Uint8Array.from({ length: 40 }, (_, i) => i);
  const digest = hashes.digest('sha384', message);
  const examples = new Map<string, Uint8Array>();
  const scalar = Uint8Array.from({ length: 48 }, (_, i) => i + 1);
  examples.set(
    'ECDSA384_SIGNATURE_VERIFY',
    concatBytes(HEADER, ecdsa384.publicKey(scalar), ecdsa384.sign(scalar, digest), digest),
  );
  const { publicKey, secretKey } = mldsa87.keygenFromSeed(new Uint8Array(32).fill(1));
  const signature = mldsa87.sign(secretKey, message);
  examples.set(
    'MLDSA87_SIGNATURE_VERIFY',
    concatBytes(HEADER, publicKey, signature, new Uint8Array(1), Uint8Array.of(message.length, 0, 0, 0), message),
  );
  if (bundle.owner.lms !== undefined)
    examples.set('LMS_SIGNATURE_VERIFY', concatBytes(HEADER, ...lmsVerification(bundle.owner.lms, digest)));
  return examples;
}

/** Fields of LMS_SIGNATURE_VERIFY: its numbers are little-endian, those of key and signature big-endian. */
function lmsVerification({ publicKey, sign }: LmsSigningKey, digest: Uint8Array): Uint8Array[] {
  const signature = sign(digest);
  const number = (bytes: Uint8Array, at: number): Uint8Array => bytes.slice(at, at + 4).reverse();
  const treeType = signature.length - CALIPTRA_LMS.lms.h * CALIPTRA_LMS.lms.m - 4;
  return [
    number(publicKey, 0),
    number(publicKey, 4),
    publicKey.subarray(8),
    number(signature, 0),
    signature.subarray(4, treeType),
    number(signature, treeType),
    signature.subarray(treeType + 4),
    digest,
  ];
}

/** Room for the checksum. */
const HEADER = new Uint8Array(4);
