import { type ImageVerificationEnv, LIFECYCLE, MAX_FIRMWARE_SVN } from './env.ts';
import { refuse } from './refuse.ts';

/** @internal Step 21. */
export function verifySvn(env: ImageVerificationEnv, fwSvn: number): void {
  if (env.lifecycle === LIFECYCLE.unprovisioned || env.antiRollbackDisable) return;
  if (fwSvn > MAX_FIRMWARE_SVN) refuse('IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED', `SVN ${fwSvn}`);
  if (fwSvn < env.fwFuseSvn)
    refuse('IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE', `SVN ${fwSvn}, fuse ${env.fwFuseSvn}`);
}
