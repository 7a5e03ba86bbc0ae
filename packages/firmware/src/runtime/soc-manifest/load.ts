import { type VerifiedAuthManifest, verifyAuthManifest, verifyOwnerAuthManifest } from '@rootcap/image';
import type { FirmwareContext } from '../../context.ts';
import { measureManagedContext } from '../dpe/managed-contexts.ts';
import { pl0Locality } from '../privilege.ts';
import { manifestVerificationEnv } from './verification-env.ts';

/**
 * Verifies an authorization manifest and keeps nothing.
 *
 * @throws RotError
 */
export function verifySocManifest(context: FirmwareContext, manifest: Uint8Array): VerifiedAuthManifest {
  return verifyAuthManifest(manifest, manifestVerificationEnv(context, 'owner-authorization'));
}

/**
 * Verifies an authorization manifest and makes it the one in force.
 *
 * @param create - whether DPE contexts for it are made where there are none: in the recovery flow only
 * @throws RotError
 * @see caliptra-sw:runtime/src/set_auth_manifest.rs
 */
export function setAuthManifest(context: FirmwareContext, manifest: Uint8Array, create: boolean): void {
  const { authManifest, dpe } = context.persistent;
  const verified = verifySocManifest(context, manifest);
  authManifest.slice('image_metadata_col').set(verified.imageMetadataCollection);
  authManifest.set('digest', verified.digest);
  authManifest.set('svn', verified.svn);
  dpe.set('soc_manifest_svn', verified.svn);
  if (dpe.get('attestation_disabled') !== 0) return;
  const locality = pl0Locality(context);
  const { vendorMeasurement, ownerMeasurement, svn } = verified;
  measureManagedContext(context, 'somv', vendorMeasurement, { svn, locality, create });
  measureManagedContext(context, 'somo', ownerMeasurement, { svn: 0, locality, create });
}

/** As {@link setAuthManifest}, for the manifest of the owner alone. @see caliptra-sw:runtime/src/set_owner_auth_manifest.rs */
export function setOwnerAuthManifest(context: FirmwareContext, manifest: Uint8Array): void {
  const { ownerAuthManifest } = context.persistent;
  const verified = verifyOwnerAuthManifest(manifest, manifestVerificationEnv(context, 'authorization'));
  ownerAuthManifest.slice('image_metadata_col').set(verified.imageMetadataCollection);
  ownerAuthManifest.set('digest', verified.digest);
  ownerAuthManifest.set('svn', verified.svn);
}
