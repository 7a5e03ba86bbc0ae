import type { PqcKeyType } from '../layouts.ts';

/** Why the image is verified. An update must fit what cold boot recorded in the data vault. */
export type VerificationReason = 'ColdReset' | 'UpdateReset';

/** Lifecycle field of CPTRA_SECURITY_STATE. */
export const LIFECYCLE = { unprovisioned: 0, manufacturing: 1, production: 3 } as const;

/** Highest security version number of a firmware bundle. */
export const MAX_FIRMWARE_SVN = 128;

/** First address and first address after: ICCM of Caliptra 2.x, 256 KiB. */
export const ICCM_RANGE = { start: 0x4000_0000, end: 0x4004_0000 } as const;

/** What cold boot left in the data vault. */
export interface ColdBootRecord {
  readonly vendorEccPkIndex: number;
  readonly vendorPqcPkIndex: number;
  /** 48 bytes. */
  readonly ownerPkHash: Uint8Array;
  /** SHA-384 of the FMC, 48 bytes. */
  readonly fmcTci: Uint8Array;
}

/**
 * What the verifier asks of a chip. All byte strings are in natural order.
 *
 * An engine that cannot do its work throws a RotError with the driver's code; the verifier turns it into the code of the
 * check and, for signatures, leaves the driver's code in the extended error register.
 *
 * @see caliptra-sw:image/verify/src/lib.rs (trait ImageVerificationEnv)
 */
export interface ImageVerificationEnv {
  /** SHA-384 of `length` bytes of the uploaded bundle from `offset`. Both are attacker-chosen 32-bit numbers. */
  sha384OfImage(offset: number, length: number): Uint8Array;
  /**
   * The r that fits key, digest and s; the verifier compares it with the r of the signature.
   *
   * @param publicKey - X ‖ Y, 96 bytes
   * @param signature - r ‖ s, 96 bytes
   * @returns 48 bytes
   */
  ecc384Verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): Uint8Array;
  /**
   * @param publicKey - 48 bytes
   * @param message - 48 bytes: LMS signs a SHA-384 digest
   * @param signature - 1620 bytes
   * @returns `false` for a well-formed signature that does not fit; malformed ones are a RotError, see
   *   {@link lmsDriverVerify}
   */
  lmsVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Pure ML-DSA-87 with the empty context.
   *
   * @param publicKey - 2592 bytes
   * @param signature - 4628 bytes, as the register takes it: the last one is not part of the signature
   */
  mldsa87Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

  /** FUSE_VENDOR_PK_HASH, 48 bytes. */
  readonly vendorPkHash: Uint8Array;
  /** FUSE_ECC_REVOCATION, 4 bits. */
  readonly vendorEccPubKeyRevocation: number;
  /** FUSE_LMS_REVOCATION, 32 bits. */
  readonly vendorLmsPubKeyRevocation: number;
  /** FUSE_MLDSA_REVOCATION, 4 bits. */
  readonly vendorMldsaPubKeyRevocation: number;
  /** CPTRA_OWNER_PK_HASH, 48 bytes; all zero: none. */
  readonly ownerPkHash: Uint8Array;
  /** Hash given by INSTALL_OWNER_PK_HASH; counts only while `ownerPkHash` is zero. */
  readonly dotOwnerPkHash: Uint8Array | undefined;
  /** FUSE_ANTI_ROLLBACK_DISABLE. */
  readonly antiRollbackDisable: boolean;
  /** See {@link LIFECYCLE}. */
  readonly lifecycle: number;
  /** FUSE_PQC_KEY_TYPE as it stands. */
  readonly pqcKeyTypeFuse: number;
  /** FUSE_FIRMWARE_SVN decoded, 0..128. */
  readonly fwFuseSvn: number;
  readonly iccmRange: { readonly start: number; readonly end: number };
  /** Read on an update reset only. */
  readonly coldBoot: ColdBootRecord | undefined;
  /** Word 0 of CPTRA_FW_EXTENDED_ERROR_INFO. */
  setExtendedError(code: number): void;
}

/** One verified executable. */
export interface ImageVerificationExeInfo {
  readonly loadAddr: number;
  readonly entryPoint: number;
  readonly size: number;
  /** SHA-384, 48 bytes. */
  readonly digest: Uint8Array;
}

/** What the ROM writes to the fuse log. */
export interface ImageVerificationLogInfo {
  readonly vendorEccPubKeyIdx: number;
  readonly fuseVendorEccPubKeyRevocation: number;
  readonly vendorPqcPubKeyIdx: number;
  /** Of the algorithm in use. */
  readonly fuseVendorPqcPubKeyRevocation: number;
  readonly manifestSvn: number;
  readonly fuseSvn: number;
}

/** Outcome of a successful verification. */
export interface ImageVerificationInfo {
  readonly vendorEccPubKeyIdx: number;
  readonly vendorPqcPubKeyIdx: number;
  readonly pqcKeyType: PqcKeyType;
  /** SHA-384 over the owner keys of the bundle, 48 bytes: the value that is measured, whatever the fuses say. */
  readonly ownerPubKeysDigest: Uint8Array;
  /** Whether CPTRA_OWNER_PK_HASH is set. */
  readonly ownerPubKeysDigestInFuses: boolean;
  readonly fwSvn: number;
  /** 0 if anti-rollback is disabled. */
  readonly effectiveFuseSvn: number;
  readonly fmc: ImageVerificationExeInfo;
  readonly runtime: ImageVerificationExeInfo;
  readonly logInfo: ImageVerificationLogInfo;
}
