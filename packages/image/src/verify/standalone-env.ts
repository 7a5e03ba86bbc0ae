import { type CryptoProvider, isP384Scalar } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { decodeSvnFuse, type ImageFuses } from '../fuses.ts';
import { BUNDLE_MAX_SIZE, ImageManifest, PQC_SIZES } from '../layouts.ts';
import { lmsDriverVerify } from '../lms.ts';
import {
  type ColdBootRecord,
  ICCM_RANGE,
  type ImageVerificationEnv,
  type ImageVerificationInfo,
  LIFECYCLE,
} from './env.ts';
import { verifyImage } from './verify-image.ts';

export interface StandaloneOptions {
  readonly provider: CryptoProvider;
  readonly bundle: Uint8Array;
  readonly fuses: ImageFuses;
  /** Default production. */
  readonly lifecycle?: number;
  /** Hash of INSTALL_OWNER_PK_HASH. */
  readonly dotOwnerPkHash?: Uint8Array;
  /** Given: the bundle is verified as an update of the firmware that booted so. */
  readonly coldBoot?: ColdBootRecord;
}

/** {@link ImageVerificationEnv} without a chip. */
export interface StandaloneEnv extends ImageVerificationEnv {
  /** What the chip would show in word 0 of CPTRA_FW_EXTENDED_ERROR_INFO. */
  readonly extendedError: number;
}

/** The driver's range check; zero was refused before it is asked. */
function checkScalarRange(scalar: Uint8Array): void {
  if (!isP384Scalar(scalar)) throw new RotError('DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED');
}

/** As caliptra-sw:drivers/src/ecc384.rs (verify_r): the engine raises its error interrupt for a point off the curve. */
function ecc384Verify(
  { ecdsa384 }: CryptoProvider,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const r = signature.slice(0, 48);
  checkScalarRange(r);
  checkScalarRange(signature.subarray(48));
  if (!ecdsa384.isPoint(publicKey)) throw new RotError('DRIVER_ECC384_HW_ERROR');
  // The r that a wrong signature leads to is of no use to anybody; zero was refused as a signature.
  return ecdsa384.verify(publicKey, digest, signature) ? r : new Uint8Array(48);
}

/** @internal The signature engines as the drivers use them. */
export function standaloneEngines(
  provider: CryptoProvider,
): Pick<ImageVerificationEnv, 'ecc384Verify' | 'lmsVerify' | 'mldsa87Verify'> {
  return {
    ecc384Verify: (publicKey, digest, signature) => ecc384Verify(provider, publicKey, digest, signature),
    lmsVerify: (publicKey, message, signature) => lmsDriverVerify(provider, publicKey, message, signature),
    mldsa87Verify: (publicKey, message, signature) =>
      provider.mldsa87.verify(publicKey, message, signature.subarray(0, PQC_SIZES.mldsa.signature)),
  };
}

/** Mailbox SRAM after the upload. @throws RotError FW_PROC_INVALID_IMAGE_SIZE as the ROM's command handler */
function mailboxOf(bundle: Uint8Array): Uint8Array {
  if (bundle.length === 0 || bundle.length > BUNDLE_MAX_SIZE)
    throw new RotError('FW_PROC_INVALID_IMAGE_SIZE', `${bundle.length} bytes, expected 1..${BUNDLE_MAX_SIZE}`);
  const mailbox = new Uint8Array(BUNDLE_MAX_SIZE);
  mailbox.set(bundle);
  return mailbox;
}

/**
 * The verifier's view of a chip in passive mode with these fuses and this bundle in an otherwise empty mailbox.
 *
 * @throws RotError FW_PROC_INVALID_IMAGE_SIZE for an empty bundle or one above 256 KiB
 */
export function standaloneEnv(options: StandaloneOptions): StandaloneEnv {
  const { provider, fuses, lifecycle = LIFECYCLE.production, dotOwnerPkHash, coldBoot } = options;
  const mailbox = mailboxOf(options.bundle);
  let extendedError = 0;
  return {
    sha384OfImage(offset, length) {
      // The driver adds with 32 bits. caliptra-sw:drivers/src/sha2_512_384acc.rs (digest_generic)
      if (offset >= mailbox.length || (offset + length) >>> 0 > mailbox.length)
        throw new RotError('DRIVER_SHA2_512_384ACC_INDEX_OUT_OF_BOUNDS');
      return provider.hashes.digest('sha384', mailbox.subarray(offset, offset + length));
    },
    ...standaloneEngines(provider),
    vendorPkHash: fuses.vendorPkHash,
    vendorEccPubKeyRevocation: fuses.eccRevocation ?? 0,
    vendorLmsPubKeyRevocation: fuses.lmsRevocation ?? 0,
    vendorMldsaPubKeyRevocation: fuses.mldsaRevocation ?? 0,
    ownerPkHash: fuses.ownerPkHash ?? new Uint8Array(48),
    dotOwnerPkHash,
    antiRollbackDisable: fuses.antiRollbackDisable ?? false,
    lifecycle,
    pqcKeyTypeFuse: fuses.pqcKeyType,
    fwFuseSvn: decodeSvnFuse(fuses.fwSvn ?? [0, 0, 0, 0]),
    iccmRange: ICCM_RANGE,
    coldBoot,
    setExtendedError(code) {
      extendedError = code;
    },
    get extendedError() {
      return extendedError;
    },
  };
}

/**
 * Verifies a bundle against fuses, without a chip: as a cold boot, or as an update if `coldBoot` is given.
 *
 * @throws RotError with the code that the chip would show
 */
export function verifyBundle(options: StandaloneOptions): ImageVerificationInfo {
  const env = standaloneEnv(options);
  const manifest = new Uint8Array(ImageManifest.size);
  manifest.set(options.bundle.subarray(0, manifest.length));
  return verifyImage(
    manifest,
    env,
    options.coldBoot === undefined ? 'ColdReset' : 'UpdateReset',
    options.bundle.length,
  );
}
