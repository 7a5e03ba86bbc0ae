import { lmsDriverVerify, type SocManifestVerificationEnv } from '@rootcap/image';
import type { FirmwareContext } from '../../context.ts';
import { ownerManifestMinSvn } from '../../fuses.ts';
import { fuseSvn } from '../../measured-state.ts';
import { loadedImages, type ManifestOrigin } from './loaded.ts';

/** The manifest verifier's port over a chip whose runtime runs. @param other - the manifest that is not being verified */
export function manifestVerificationEnv(context: FirmwareContext, other: ManifestOrigin): SocManifestVerificationEnv {
  const { chip, drivers, persistent, provider } = context;
  const { soc } = chip;
  const preamble = persistent.manifest.get('preamble');
  return {
    sha384: (message) => chip.sha512.digest('sha384', message),
    ecc384Verify: (publicKey, digest, signature) => drivers.ecc384.verifyR(publicKey, digest, signature),
    lmsVerify: (publicKey, message, signature) => lmsDriverVerify(provider, publicKey, message, signature),
    mldsa87Verify: (publicKey, message, signature) => drivers.mldsa87.verify(publicKey, message, signature),
    lifecycle: soc.lifecycle,
    antiRollbackDisable: soc.field('FUSE_ANTI_ROLLBACK_DISABLE', 'dis') !== 0,
    pqcKeyTypeFuse: soc.field('FUSE_PQC_KEY_TYPE', 'key_type'),
    imagePqcKeyType: persistent.manifest.get('pqcKeyType'),
    vendorFirmwareKeys: { eccPubKey: preamble.vendorEccActivePubKey, pqcPubKey: preamble.vendorPqcActivePubKey },
    ownerFirmwareKeys: preamble.ownerPubKeys,
    socManifestFuseSvn: fuseSvn(soc, 'FUSE_SOC_MANIFEST_SVN'),
    socManifestMaxSvn: soc.field('FUSE_SOC_MANIFEST_MAX_SVN', 'svn'),
    ownerManifestMinSvn: ownerManifestMinSvn(soc),
    otherEntries: loadedImages(context, other),
  };
}
