import { bit, bits, register } from '@rootcap/struct';
import { UC_RO, UC_RW } from './access.ts';

/**
 * The registers with which an engine reaches the key vault; every engine has the same three kinds.
 * caliptra-rtl:src/keyvault/rtl/kv_def.rdl
 */

/** Which slot an engine reads. */
export const keyVaultReadCtrl = (offset: number) =>
  register(offset, {
    ...UC_RW,
    fields: { read_en: bit(0), read_entry: bits(5, 1), pcr_hash_extend: bit(6), rsvd: bits(31, 7) },
  });

/** Which slot an engine writes, and what the key in it may be used for. */
export const keyVaultWriteCtrl = (offset: number) =>
  register(offset, {
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
  });

/** How the last read or write of a slot went. */
export const keyVaultStatus = (offset: number) =>
  register(offset, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), error: bits(9, 2) } });
