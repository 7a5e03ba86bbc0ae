import type { PqcKeyType } from '../layouts.ts';
import type { ImageVerificationEnv } from '../verify/env.ts';
import type { AuthManifestImageMetadata, AuthManifestPubKeys } from './layouts.ts';

/**
 * What the verifier of SoC manifests asks of a chip that runs its firmware. Engines as in {@link ImageVerificationEnv}.
 */
export interface SocManifestVerificationEnv
  extends Pick<
    ImageVerificationEnv,
    'ecc384Verify' | 'lmsVerify' | 'mldsa87Verify' | 'lifecycle' | 'antiRollbackDisable' | 'pqcKeyTypeFuse'
  > {
  sha384(message: Uint8Array): Uint8Array;
  /** `pqc_key_type` of the running firmware image, as it stands. */
  readonly imagePqcKeyType: number;
  /** Vendor keys that the running firmware image names as active. */
  readonly vendorFirmwareKeys: AuthManifestPubKeys;
  /** Owner keys of the running firmware image. */
  readonly ownerFirmwareKeys: AuthManifestPubKeys;
  /** FUSE_SOC_MANIFEST_SVN decoded, 0..128. */
  readonly socManifestFuseSvn: number;
  /** FUSE_SOC_MANIFEST_MAX_SVN. */
  readonly socManifestMaxSvn: number;
  /** SS_STRAP_GENERIC[3] bits 15:8. */
  readonly ownerManifestMinSvn: number;
  /** Entries that the other manifest has loaded. */
  readonly otherEntries: readonly AuthManifestImageMetadata[];
}

/** Outcome of a successful verification: all that the runtime keeps of a manifest. */
export interface VerifiedSocManifest {
  readonly version: number;
  readonly svn: number;
  readonly pqcKeyType: PqcKeyType;
  /** Sorted by `fwId`. */
  readonly entries: readonly AuthManifestImageMetadata[];
  /** The collection as data memory holds it: entries sorted, zeros where the manifest ended. 6404 or 2564 bytes. */
  readonly imageMetadataCollection: Uint8Array;
  /**
   * SHA-384, as FW_INFO shows it. An authorization manifest is sorted where it lies, so its digest is that of the manifest
   * with sorted entries; an owner authorization manifest is hashed as it came.
   */
  readonly digest: Uint8Array;
}

/** An authorization manifest also becomes part of what the device attests. */
export interface VerifiedAuthManifest extends VerifiedSocManifest {
  /** SHA-384 of what the vendor's firmware key signs: DPE context SOMV. */
  readonly vendorMeasurement: Uint8Array;
  /** SHA-384 of the owner's manifest keys: DPE context SOMO. */
  readonly ownerMeasurement: Uint8Array;
}
