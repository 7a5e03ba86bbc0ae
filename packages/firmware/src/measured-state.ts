import type { DeviceState } from '@rootcap/dice';
import { decodeSvnFuse } from '@rootcap/image';
import type { FirmwareContext } from './context.ts';

/** The device state that PCR 0 and the FMC alias certificate vouch for. */
export function measuredState({ chip, persistent }: FirmwareContext): DeviceState {
  const { soc } = chip;
  const { dataVault } = persistent;
  return {
    ownerPkHashInFuses: soc.bytes('CPTRA_OWNER_PK_HASH').some((byte) => byte !== 0),
    antiRollbackDisable: soc.field('FUSE_ANTI_ROLLBACK_DISABLE', 'dis') !== 0,
    eccRevocation: soc.field('FUSE_ECC_REVOCATION', 'ecc_revocation'),
    lmsRevocation: soc.get('FUSE_LMS_REVOCATION'),
    mldsaRevocation: soc.field('FUSE_MLDSA_REVOCATION', 'mldsa_revocation'),
    fwFuseSvn: fuseSvn(soc, 'FUSE_RUNTIME_SVN'),
    socManifestFuseSvn: fuseSvn(soc, 'FUSE_SOC_MANIFEST_SVN'),
    socManifestMaxSvn: soc.field('FUSE_SOC_MANIFEST_MAX_SVN', 'svn'),
    pqcKeyType: soc.field('FUSE_PQC_KEY_TYPE', 'key_type'),
    lifecycle: soc.lifecycle,
    debugLocked: soc.debugLocked,
    coldBootFwSvn: dataVault.get('cold_boot_fw_svn'),
    vendorEccKeyIndex: dataVault.get('vendor_ecc_pk_index'),
    vendorPqcKeyIndex: dataVault.get('vendor_pqc_pk_index'),
    subsystemMode: soc.subsystemMode,
  };
}

/** SVN of a 128-bit thermometer fuse. */
export function fuseSvn(
  soc: FirmwareContext['chip']['soc'],
  name: 'FUSE_RUNTIME_SVN' | 'FUSE_SOC_MANIFEST_SVN',
): number {
  return decodeSvnFuse([0, 1, 2, 3].map((i) => soc.get(name, i)));
}
