import { equalBytes } from '@rootcap/crypto';
import { MANIFEST_RANGES } from '../layouts.ts';
import type { ImageVerificationEnv, VerificationReason } from './env.ts';
import { orDigestFailure, refuse } from './refuse.ts';
import { isZero } from './vendor-keys.ts';

/** @internal Outcome of step 6. */
export interface OwnerKeysInfo {
  readonly digest: Uint8Array;
  readonly inFuses: boolean;
}

/**
 * @internal Step 6: the owner of the image is the one of the owner hash register, else the one that
 * INSTALL_OWNER_PK_HASH announced, else anybody.
 */
export function verifyOwnerPkDigest(env: ImageVerificationEnv, reason: VerificationReason): OwnerKeysInfo {
  const { offset, length } = MANIFEST_RANGES.ownerPubKeys;
  const digest = orDigestFailure('IMAGE_VERIFIER_ERR_OWNER_PUB_KEY_DIGEST_FAILURE', () =>
    env.sha384OfImage(offset, length),
  );
  const inFuses = !isZero(env.ownerPkHash);
  if (inFuses) {
    if (!equalBytes(env.ownerPkHash, digest)) refuse('IMAGE_VERIFIER_ERR_OWNER_PUB_KEY_DIGEST_MISMATCH');
  } else if (env.dotOwnerPkHash !== undefined && !equalBytes(env.dotOwnerPkHash, digest))
    refuse('IMAGE_VERIFIER_ERR_DOT_OWNER_PUB_KEY_DIGEST_MISMATCH');
  if (reason === 'UpdateReset' && !(env.coldBoot && equalBytes(env.coldBoot.ownerPkHash, digest)))
    refuse('IMAGE_VERIFIER_ERR_UPDATE_RESET_OWNER_DIGEST_FAILURE');
  return { digest, inFuses };
}
