import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';
import { keyVaultReadCtrl, keyVaultStatus, keyVaultWriteCtrl } from './key-vault-port.ts';

/** SHA-512 engine. caliptra-rtl:src/sha512/rtl/sha512_reg.rdl */
export const SHA512_REG = registerBlock('SHA512_REG', 0x1002_0000, {
  SHA512_NAME: register(0x0, { count: 2, ...UC_RO }),
  SHA512_VERSION: register(0x8, { count: 2, ...UC_RO }),
  SHA512_CTRL: register(0x10, {
    ...UC_WO,
    reset: 0x8,
    fields: { init: bit(0), next: bit(1), mode: bits(3, 2), zeroize: bit(4), last: bit(5), restore: bit(6) },
  }),
  SHA512_STATUS: register(0x18, { ...UC_RO, fields: { ready: bit(0), valid: bit(1) } }),
  SHA512_BLOCK: register(0x80, { count: 32, ...UC_WO }),
  SHA512_DIGEST: register(0x100, { count: 16, ...UC_RW }),
  SHA512_VAULT_RD_CTRL: keyVaultReadCtrl(0x600),
  SHA512_VAULT_RD_STATUS: keyVaultStatus(0x604),
  SHA512_KV_WR_CTRL: keyVaultWriteCtrl(0x608),
  SHA512_KV_WR_STATUS: keyVaultStatus(0x60c),
  SHA512_GEN_PCR_HASH_NONCE: register(0x610, { count: 8, ...UC_WO }),
  SHA512_GEN_PCR_HASH_CTRL: register(0x630, { ...UC_WO, write: 'pulse', fields: { start: bit(0) } }),
  SHA512_GEN_PCR_HASH_STATUS: register(0x634, { ...UC_RO, fields: { ready: bit(0), valid: bit(1) } }),
  SHA512_GEN_PCR_HASH_DIGEST: register(0x638, { count: 16, ...UC_RO }),
  ...interruptBlock(0x800, {
    soc: 'none',
    errors: ['error0', 'error1', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
