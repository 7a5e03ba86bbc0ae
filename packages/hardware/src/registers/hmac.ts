import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';

/** HMAC engine. caliptra-rtl:src/hmac/rtl/hmac_reg.rdl */
export const HMAC_REG = registerBlock('HMAC_REG', 0x1001_0000, {
  HMAC512_NAME: register(0x0, { count: 2, ...UC_RO }),
  HMAC512_VERSION: register(0x8, { count: 2, ...UC_RO }),
  HMAC512_CTRL: register(0x10, {
    ...UC_WO,
    reset: 0x8,
    fields: {
      init: bit(0),
      next: bit(1),
      zeroize: bit(2),
      mode: bit(3),
      csr_mode: bit(4),
      last: bit(5),
      reserved: bit(6),
    },
  }),
  HMAC512_STATUS: register(0x18, { ...UC_RO, fields: { ready: bit(0), valid: bit(1) } }),
  HMAC512_KEY: register(0x40, { count: 16, ...UC_WO }),
  HMAC512_BLOCK: register(0x80, { count: 32, ...UC_WO }),
  HMAC512_TAG: register(0x100, { count: 16, ...UC_RO }),
  HMAC512_LFSR_SEED: register(0x140, { count: 6, ...UC_WO }),
  HMAC512_KV_RD_KEY_CTRL: register(0x600, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  }),
  HMAC512_KV_RD_KEY_STATUS: register(0x604, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
  HMAC512_KV_RD_BLOCK_CTRL: register(0x608, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  }),
  HMAC512_KV_RD_BLOCK_STATUS: register(0x60c, {
    ...UC_RO,
    fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) },
  }),
  HMAC512_KV_WR_CTRL: register(0x610, {
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
  HMAC512_KV_WR_STATUS: register(0x614, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
  ...interruptBlock(0x800, {
    soc: 'none',
    errors: ['key_mode_error', 'key_zero_error', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
