import { RotError } from '@rootcap/errors';
import { decodeSvnFuse, ICCM_RANGE, type ImageVerificationEnv, lmsDriverVerify } from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';
import type { ImageSource } from './image-source.ts';

/** The image verifier's port over a chip. @see caliptra-sw:common/src/verifier.rs */
export function verificationEnv(context: FirmwareContext, source: ImageSource): ImageVerificationEnv {
  const { chip, drivers, persistent, provider } = context;
  const { soc } = chip;
  const { dataVault, dotOwnerPkHash } = persistent;
  return {
    sha384OfImage: (offset, length) => {
      // The driver adds with 32 bits. caliptra-sw:drivers/src/sha2_512_384acc.rs (digest_generic)
      if (offset >= source.available || (offset + length) >>> 0 > source.available)
        throw new RotError('DRIVER_SHA2_512_384ACC_INDEX_OUT_OF_BOUNDS');
      return chip.sha512.digest('sha384', source.read(offset, length));
    },
    ecc384Verify: (publicKey, digest, signature) => drivers.ecc384.verifyR(publicKey, digest, signature),
    lmsVerify: (publicKey, message, signature) => lmsDriverVerify(provider, publicKey, message, signature),
    mldsa87Verify: (publicKey, message, signature) => drivers.mldsa87.verify(publicKey, message, signature),
    vendorPkHash: soc.bytes('FUSE_VENDOR_PK_HASH'),
    vendorEccPubKeyRevocation: soc.field('FUSE_ECC_REVOCATION', 'ecc_revocation'),
    vendorLmsPubKeyRevocation: soc.get('FUSE_LMS_REVOCATION'),
    vendorMldsaPubKeyRevocation: soc.field('FUSE_MLDSA_REVOCATION', 'mldsa_revocation'),
    ownerPkHash: soc.bytes('CPTRA_OWNER_PK_HASH'),
    dotOwnerPkHash: dotOwnerPkHash.get('valid') === 0 ? undefined : dotOwnerPkHash.get('owner_pk_hash'),
    antiRollbackDisable: soc.field('FUSE_ANTI_ROLLBACK_DISABLE', 'dis') !== 0,
    lifecycle: soc.lifecycle,
    pqcKeyTypeFuse: soc.field('FUSE_PQC_KEY_TYPE', 'key_type'),
    fwFuseSvn: decodeSvnFuse([0, 1, 2, 3].map((i) => soc.get('FUSE_RUNTIME_SVN', i))),
    iccmRange: ICCM_RANGE,
    coldBoot: {
      vendorEccPkIndex: dataVault.get('vendor_ecc_pk_index'),
      vendorPqcPkIndex: dataVault.get('vendor_pqc_pk_index'),
      ownerPkHash: dataVault.get('owner_pk_hash'),
      fmcTci: dataVault.get('fmc_tci'),
    },
    setExtendedError: (code) => soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', code),
  };
}
