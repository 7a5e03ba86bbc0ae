import { ImageManifest, MANIFEST_MARKER, type PqcKeyType, pqcKeyTypeOf } from '../layouts.ts';
import { type ImageVerificationEnv, type ImageVerificationInfo, LIFECYCLE, type VerificationReason } from './env.ts';
import { verifyFmc, verifyRuntime } from './executable.ts';
import { verifyOwnerPkDigest } from './owner-keys.ts';
import { refuse } from './refuse.ts';
import { verifySignatures } from './signatures.ts';
import { verifySvn } from './svn.ts';
import { verifyToc } from './toc.ts';
import {
  pqcRevocation,
  verifyVendorEccPubKeyIdx,
  verifyVendorPqcPubKeyIdx,
  verifyVendorPubKeyInfo,
} from './vendor-keys.ts';

/** Steps 1 to 4. */
function verifyPrefix(manifest: ImageManifest, env: ImageVerificationEnv): PqcKeyType {
  if (manifest.marker !== MANIFEST_MARKER) refuse('IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH');
  if (manifest.size !== ImageManifest.size) refuse('IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH');
  const pqc = pqcKeyTypeOf(manifest.pqcKeyType);
  if (pqc === undefined) refuse('IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_INVALID');
  if (env.lifecycle !== LIFECYCLE.unprovisioned) {
    const fused = pqcKeyTypeOf(env.pqcKeyTypeFuse);
    if (fused === undefined) refuse('IMAGE_VERIFIER_ERR_INVALID_PQC_KEY_TYPE_IN_FUSE');
    if (fused !== pqc) refuse('IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_MISMATCH', `image ${pqc}, fuse ${fused}`);
  }
  return pqc;
}

/**
 * Verifies a firmware bundle as Caliptra's image verifier does: the same checks in the same order
 * ({@link VERIFIER_CHECKS}), the same codes.
 *
 * @param manifest - the 16956 bytes of the manifest, as the firmware holds them in DCCM
 * @param env - the chip; it hashes the bundle itself from where it was uploaded
 * @param imageSize - bytes uploaded
 * @throws RotError with the code of the first check that fails; StructError if `manifest` is not 16956 bytes long;
 *   TypeError if an update is verified without `env.coldBoot`
 * @see caliptra-sw:image/verify/src/verifier.rs
 */
export function verifyImage(
  manifest: Uint8Array,
  env: ImageVerificationEnv,
  reason: VerificationReason,
  imageSize: number,
): ImageVerificationInfo {
  if (reason === 'UpdateReset' && env.coldBoot === undefined)
    throw new TypeError('env.coldBoot: expected what cold boot recorded, got undefined');
  const image = ImageManifest.decode(manifest);
  const pqcKeyType = verifyPrefix(image, env);
  const { preamble, header } = image;

  verifyVendorPubKeyInfo(env, preamble, pqcKeyType);
  const owner = verifyOwnerPkDigest(env, reason);
  verifyVendorEccPubKeyIdx(env, preamble, reason);
  verifyVendorPqcPubKeyIdx(env, preamble, pqcKeyType, reason);
  verifySignatures(env, image, pqcKeyType);
  verifyToc(env, image, imageSize);
  const fmc = verifyFmc(env, image.fmc, reason);
  const runtime = verifyRuntime(env, image.runtime);
  verifySvn(env, header.svn);

  const { vendorEccPubKeyIdx, vendorPqcPubKeyIdx } = preamble;
  return {
    vendorEccPubKeyIdx,
    vendorPqcPubKeyIdx,
    pqcKeyType,
    ownerPubKeysDigest: owner.digest,
    ownerPubKeysDigestInFuses: owner.inFuses,
    fwSvn: header.svn,
    effectiveFuseSvn: env.antiRollbackDisable ? 0 : env.fwFuseSvn,
    fmc,
    runtime,
    logInfo: {
      vendorEccPubKeyIdx,
      fuseVendorEccPubKeyRevocation: env.vendorEccPubKeyRevocation & 0xf,
      vendorPqcPubKeyIdx,
      fuseVendorPqcPubKeyRevocation: pqcRevocation(env, pqcKeyType),
      manifestSvn: header.svn,
      fuseSvn: env.fwFuseSvn,
    },
  };
}
