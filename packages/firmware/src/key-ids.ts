import { KeyUsage } from '@rootcap/hardware';

/**
 * Key-vault slots by role. A slot changes its tenant as the layers pass.
 *
 * @see caliptra-sw:common/src/keyids.rs
 */
export const KEY_ID = {
  UDS: 0,
  FE: 1,
  STABLE_IDEV: 0,
  STABLE_LDEV: 1,
  FW_KEY_LADDER: 2,
  TMP: 3,
  LDEVID_MLDSA_KEYPAIR_SEED: 4,
  LDEVID_ECDSA_PRIV_KEY: 5,
  ROM_FMC_CDI: 6,
  IDEVID_ECDSA_PRIV_KEY: 7,
  IDEVID_MLDSA_KEYPAIR_SEED: 8,
  FMC_ECDSA_PRIV_KEY: 7,
  FMC_MLDSA_KEYPAIR_SEED: 8,
  RT_CDI: 4,
  RT_ECDSA_PRIV_KEY: 5,
  RT_MLDSA_KEYPAIR_SEED: 9,
  DPE_CDI: 10,
  DPE_PRIV_KEY: 11,
  EXPORTED_DPE_CDI: 12,
  HEK_SEED: 14,
  STABLE_OWNER: 15,
  MDK: 16,
  EPK: 17,
  VEK: 18,
  LOCKED_MPK_ENCRYPTION_KEY: 19,
  MEK_SECRETS: 21,
  HEK: 22,
  MEK: 23,
} as const satisfies Record<string, number>;

/** Usage of a CDI: key of further derivations and source of both key pairs. */
export const CDI_USAGE = KeyUsage.HMAC_KEY | KeyUsage.MLDSA_SEED | KeyUsage.ECC_SEED;
