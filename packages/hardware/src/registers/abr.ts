import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';
import { keyVaultReadCtrl, keyVaultStatus, keyVaultWriteCtrl } from './key-vault-port.ts';

/** Adams Bridge accelerator. adams-bridge:src/abr_top/rtl/abr_reg.rdl */
export const ABR_REG = registerBlock('ABR_REG', 0x1003_0000, {
  MLDSA_NAME: register(0x0, { count: 2, ...UC_RO }),
  MLDSA_VERSION: register(0x8, { count: 2, ...UC_RO }),
  MLDSA_CTRL: register(0x10, {
    ...UC_WO,
    fields: { ctrl: bits(2, 0), zeroize: bit(3), pcr_sign: bit(4), external_mu: bit(5), stream_msg: bit(6) },
  }),
  MLDSA_STATUS: register(0x14, {
    ...UC_RO,
    fields: { ready: bit(0), valid: bit(1), msg_stream_ready: bit(2), error: bit(3) },
  }),
  ABR_ENTROPY: register(0x18, { count: 16, ...UC_WO }),
  MLDSA_SEED: register(0x58, { count: 8, ...UC_WO }),
  MLDSA_SIGN_RND: register(0x78, { count: 8, ...UC_WO }),
  MLDSA_MSG: register(0x98, { count: 16, ...UC_WO }),
  MLDSA_VERIFY_RES: register(0xd8, { count: 16, ...UC_RO }),
  MLDSA_EXTERNAL_MU: register(0x118, { count: 16, ...UC_WO }),
  MLDSA_MSG_STROBE: register(0x158, { ...UC_WO, reset: 0xf, fields: { strobe: bits(3, 0) } }),
  MLDSA_CTX_CONFIG: register(0x15c, { ...UC_WO, fields: { ctx_size: bits(7, 0) } }),
  MLDSA_CTX: register(0x160, { count: 64, ...UC_WO }),
  MLDSA_PUBKEY: register(0x1000, { count: 648, ...UC_RW }),
  MLDSA_SIGNATURE: register(0x2000, { count: 1157, ...UC_RW }),
  MLDSA_PRIVKEY_OUT: register(0x4000, { count: 1224, ...UC_RO }),
  MLDSA_PRIVKEY_IN: register(0x6000, { count: 1224, ...UC_WO }),
  KV_MLDSA_SEED_RD_CTRL: keyVaultReadCtrl(0x8000),
  KV_MLDSA_SEED_RD_STATUS: keyVaultStatus(0x8004),
  MLKEM_NAME: register(0x9000, { count: 2, ...UC_RO }),
  MLKEM_VERSION: register(0x9008, { count: 2, ...UC_RO }),
  MLKEM_CTRL: register(0x9010, { ...UC_WO, fields: { ctrl: bits(2, 0), zeroize: bit(3) } }),
  MLKEM_STATUS: register(0x9014, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bit(2) } }),
  MLKEM_SEED_D: register(0x9018, { count: 8, ...UC_WO }),
  MLKEM_SEED_Z: register(0x9038, { count: 8, ...UC_WO }),
  MLKEM_SHARED_KEY: register(0x9058, { count: 8, ...UC_RO }),
  MLKEM_MSG: register(0x9080, { count: 8, ...UC_RW }),
  MLKEM_DECAPS_KEY: register(0xa000, { count: 792, ...UC_RW }),
  MLKEM_ENCAPS_KEY: register(0xb000, { count: 392, ...UC_RW }),
  MLKEM_CIPHERTEXT: register(0xb800, { count: 392, ...UC_RW }),
  KV_MLKEM_SEED_RD_CTRL: keyVaultReadCtrl(0xc000),
  KV_MLKEM_SEED_RD_STATUS: keyVaultStatus(0xc004),
  KV_MLKEM_MSG_RD_CTRL: keyVaultReadCtrl(0xc008),
  KV_MLKEM_MSG_RD_STATUS: keyVaultStatus(0xc00c),
  KV_MLKEM_SHAREDKEY_WR_CTRL: keyVaultWriteCtrl(0xc010),
  KV_MLKEM_SHAREDKEY_WR_STATUS: keyVaultStatus(0xc014),
  ...interruptBlock(0x8100, { soc: 'none', errors: ['error_internal'], notifications: ['notif_cmd_done'] }),
});
