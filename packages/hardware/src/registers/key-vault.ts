import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RW, UC_WO } from './access.ts';

/** Key vault. caliptra-rtl:src/keyvault/rtl/kv_reg.rdl */
export const KV_REG = registerBlock('KV_REG', 0x1001_8000, {
  KEY_CTRL: register(0x0, {
    count: 24,
    ...UC_RW,
    writable: 0x1ff,
    fields: {
      lock_wr: bit(0),
      lock_use: bit(1),
      clear: bit(2),
      rsvd0: bit(3),
      rsvd1: bits(8, 4),
      dest_valid: bits(17, 9),
      last_dword: bits(21, 18),
    },
    clearedBy: 'update',
  }),
  KEY_ENTRY: register(0x600, { count: 384, ...UC_WO, clearedBy: 'cold' }),
  CLEAR_SECRETS: register(0xc00, { ...UC_RW, fields: { wr_debug_values: bit(0), sel_debug_value: bit(1) } }),
});
