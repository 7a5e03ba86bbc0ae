import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';

/** Caliptra's wrapper of the AES engine: key-vault ports, entropy seeds, interrupts. caliptra-rtl:src/aes/rtl/aes_clp_reg.rdl */
export const AES_CLP_REG = registerBlock('AES_CLP_REG', 0x1001_1800, {
  AES_NAME: register(0x0, { count: 2, ...UC_RO }),
  AES_VERSION: register(0x8, { count: 2, ...UC_RO }),
  ENTROPY_IF_SEED: register(0x110, { count: 9, ...UC_WO }),
  CTRL0: register(0x134, { ...UC_RW, fields: { endian_swap: bit(0) } }),
  AES_KV_RD_KEY_CTRL: register(0x200, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  }),
  AES_KV_RD_KEY_STATUS: register(0x204, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
  AES_KV_WR_CTRL: register(0x208, {
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
  AES_KV_WR_STATUS: register(0x20c, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } }),
  ...interruptBlock(0x400, {
    soc: 'none',
    errors: ['error0', 'error1', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
