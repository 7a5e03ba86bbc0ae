import type { CryptoProvider } from '@rootcap/crypto';
import { decodeSvnFuse } from '../fuses.ts';
import { ImageManifest } from '../layouts.ts';
import { LIFECYCLE } from '../verify/env.ts';
import { standaloneEngines } from '../verify/standalone-env.ts';
import type { SocManifestVerificationEnv, VerifiedAuthManifest, VerifiedSocManifest } from './env.ts';
import type { AuthManifestImageMetadata } from './layouts.ts';
import { socManifestFormatOf } from './parse.ts';
import { verifyAuthManifest, verifyOwnerAuthManifest } from './verify.ts';

/** Fuses and straps that SoC manifests are checked against. What is left out is not burnt. */
export interface SocManifestFuses {
  /** FUSE_PQC_KEY_TYPE: 1 ML-DSA, 3 LMS; default: what the firmware has. */
  readonly pqcKeyType?: number;
  /** FUSE_SOC_MANIFEST_SVN, 4 words. */
  readonly socManifestSvn?: readonly number[];
  /** FUSE_SOC_MANIFEST_MAX_SVN; default 128. */
  readonly socManifestMaxSvn?: number;
  /** SS_STRAP_GENERIC[3] bits 15:8. */
  readonly ownerManifestMinSvn?: number;
  readonly antiRollbackDisable?: boolean;
}

export interface StandaloneManifestOptions {
  readonly provider: CryptoProvider;
  /** Bundle of the firmware that runs when the manifest comes; its keys vouch for the manifest's. Not verified here. */
  readonly firmware: Uint8Array;
  readonly fuses?: SocManifestFuses;
  /** Default production. */
  readonly lifecycle?: number;
  /** Entries that the other manifest has loaded. */
  readonly otherEntries?: readonly AuthManifestImageMetadata[];
}

/**
 * The verifier's view of a chip that runs this firmware.
 *
 * @throws StructError if `firmware` is shorter than its manifest
 */
export function standaloneManifestEnv(options: StandaloneManifestOptions): SocManifestVerificationEnv {
  const { provider, firmware, fuses = {}, lifecycle = LIFECYCLE.production, otherEntries = [] } = options;
  const { preamble, pqcKeyType } = ImageManifest.decodeFrom(firmware);
  return {
    ...standaloneEngines(provider),
    sha384: (message) => provider.hashes.digest('sha384', message),
    imagePqcKeyType: pqcKeyType,
    vendorFirmwareKeys: { eccPubKey: preamble.vendorEccActivePubKey, pqcPubKey: preamble.vendorPqcActivePubKey },
    ownerFirmwareKeys: preamble.ownerPubKeys,
    lifecycle,
    antiRollbackDisable: fuses.antiRollbackDisable ?? false,
    pqcKeyTypeFuse: fuses.pqcKeyType ?? pqcKeyType,
    socManifestFuseSvn: decodeSvnFuse(fuses.socManifestSvn ?? [0, 0, 0, 0]),
    socManifestMaxSvn: fuses.socManifestMaxSvn ?? 128,
    ownerManifestMinSvn: fuses.ownerManifestMinSvn ?? 0,
    otherEntries,
  };
}

/**
 * Verifies a SoC manifest of either kind without a chip, as the command that its marker belongs to.
 *
 * @throws RotError with the code that the chip would show; StructError if `firmware` is no bundle
 */
export function verifySocManifest(
  manifest: Uint8Array,
  options: StandaloneManifestOptions,
): VerifiedAuthManifest | VerifiedSocManifest {
  const env = standaloneManifestEnv(options);
  const ownerOnly = socManifestFormatOf(manifest)?.kind === 'owner-authorization';
  return ownerOnly ? verifyOwnerAuthManifest(manifest, env) : verifyAuthManifest(manifest, env);
}
