import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';

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
  KV_MLDSA_SEED_RD_CTRL: register(0x8000, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  }),
  KV_MLDSA_SEED_RD_STATUS: register(0x8004, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
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
  KV_MLKEM_SEED_RD_CTRL: register(0xc000, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  }),
  KV_MLKEM_SEED_RD_STATUS: register(0xc004, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
  KV_MLKEM_MSG_RD_CTRL: register(0xc008, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  }),
  KV_MLKEM_MSG_RD_STATUS: register(0xc00c, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
  KV_MLKEM_SHAREDKEY_WR_CTRL: register(0xc010, {
    ...UC_RW,
    fields: {
      write_en: bit(0),
      write_entry: bits(5, 1),
      hmac_key_dest_valid: bit(6),
      hmac_block_dest_valid: bit(7),
      mldsa_seed_dest_valid: bit(8),
      ecc_pkey_dest_valid: bit(9),
      ecc_seed_dest_valid: bit(10),
      aes_key_dest_valid: bit(11),
      mlkem_seed_dest_valid: bit(12),
      mlkem_msg_dest_valid: bit(13),
      dma_data_dest_valid: bit(14),
      rsvd: bits(31, 15),
    },
  }),
  KV_MLKEM_SHAREDKEY_WR_STATUS: register(0xc014, {
    ...UC_RO,
    fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) },
  }),
  ...interruptBlock(0x8100, { soc: 'none', errors: ['error_internal'], notifications: ['notif_cmd_done'] }),
});
