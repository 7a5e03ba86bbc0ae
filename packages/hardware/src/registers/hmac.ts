import { bit, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';
import { keyVaultReadCtrl, keyVaultStatus, keyVaultWriteCtrl } from './key-vault-port.ts';

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
  HMAC512_KV_RD_KEY_CTRL: keyVaultReadCtrl(0x600),
  HMAC512_KV_RD_KEY_STATUS: keyVaultStatus(0x604),
  HMAC512_KV_RD_BLOCK_CTRL: keyVaultReadCtrl(0x608),
  HMAC512_KV_RD_BLOCK_STATUS: keyVaultStatus(0x60c),
  HMAC512_KV_WR_CTRL: keyVaultWriteCtrl(0x610),
  HMAC512_KV_WR_STATUS: keyVaultStatus(0x614),
  ...interruptBlock(0x800, {
    soc: 'none',
    errors: ['key_mode_error', 'key_zero_error', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
