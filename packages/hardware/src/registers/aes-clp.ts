import { bit, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';
import { keyVaultReadCtrl, keyVaultStatus, keyVaultWriteCtrl } from './key-vault-port.ts';

/** Caliptra's wrapper of the AES engine: key-vault ports, entropy seeds, interrupts. caliptra-rtl:src/aes/rtl/aes_clp_reg.rdl */
export const AES_CLP_REG = registerBlock('AES_CLP_REG', 0x1001_1800, {
  AES_NAME: register(0x0, { count: 2, ...UC_RO }),
  AES_VERSION: register(0x8, { count: 2, ...UC_RO }),
  ENTROPY_IF_SEED: register(0x110, { count: 9, ...UC_WO }),
  CTRL0: register(0x134, { ...UC_RW, fields: { endian_swap: bit(0) } }),
  AES_KV_RD_KEY_CTRL: keyVaultReadCtrl(0x200),
  AES_KV_RD_KEY_STATUS: keyVaultStatus(0x204),
  AES_KV_WR_CTRL: keyVaultWriteCtrl(0x208),
  AES_KV_WR_STATUS: keyVaultStatus(0x20c),
  ...interruptBlock(0x400, {
    soc: 'none',
    errors: ['error0', 'error1', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
