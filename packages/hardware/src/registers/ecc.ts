import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';
import { keyVaultReadCtrl, keyVaultStatus, keyVaultWriteCtrl } from './key-vault-port.ts';

/** ECC P-384 engine. caliptra-rtl:src/ecc/rtl/ecc_reg.rdl */
export const ECC_REG = registerBlock('ECC_REG', 0x1000_8000, {
  ECC_NAME: register(0x0, { count: 2, ...UC_RO }),
  ECC_VERSION: register(0x8, { count: 2, ...UC_RO }),
  ECC_CTRL: register(0x10, {
    ...UC_WO,
    fields: { ctrl: bits(1, 0), zeroize: bit(2), pcr_sign: bit(3), dh_sharedkey: bit(4) },
  }),
  ECC_STATUS: register(0x18, { ...UC_RO, fields: { ready: bit(0), valid: bit(1) } }),
  ECC_SEED: register(0x80, { count: 12, ...UC_WO }),
  ECC_MSG: register(0x100, { count: 12, ...UC_WO }),
  ECC_PRIVKEY_OUT: register(0x180, { count: 12, ...UC_RO }),
  ECC_PUBKEY_X: register(0x200, { count: 12, ...UC_RW }),
  ECC_PUBKEY_Y: register(0x280, { count: 12, ...UC_RW }),
  ECC_SIGN_R: register(0x300, { count: 12, ...UC_RW }),
  ECC_SIGN_S: register(0x380, { count: 12, ...UC_RW }),
  ECC_VERIFY_R: register(0x400, { count: 12, ...UC_RO }),
  ECC_IV: register(0x480, { count: 12, ...UC_WO }),
  ECC_NONCE: register(0x500, { count: 12, ...UC_WO }),
  ECC_PRIVKEY_IN: register(0x580, { count: 12, ...UC_WO }),
  ECC_DH_SHARED_KEY: register(0x5c0, { count: 12, ...UC_RO }),
  ECC_KV_RD_PKEY_CTRL: keyVaultReadCtrl(0x600),
  ECC_KV_RD_PKEY_STATUS: keyVaultStatus(0x604),
  ECC_KV_RD_SEED_CTRL: keyVaultReadCtrl(0x608),
  ECC_KV_RD_SEED_STATUS: keyVaultStatus(0x60c),
  ECC_KV_WR_PKEY_CTRL: keyVaultWriteCtrl(0x610),
  ECC_KV_WR_PKEY_STATUS: keyVaultStatus(0x614),
  ...interruptBlock(0x800, { soc: 'none', errors: ['error_internal'], notifications: ['notif_cmd_done'] }),
});
