import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_WO } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';

/** SHA-256 engine. caliptra-rtl:src/sha256/rtl/sha256_reg.rdl */
export const SHA256_REG = registerBlock('SHA256_REG', 0x1002_8000, {
  SHA256_NAME: register(0x0, { count: 2, ...UC_RO }),
  SHA256_VERSION: register(0x8, { count: 2, ...UC_RO }),
  SHA256_CTRL: register(0x10, {
    ...UC_WO,
    reset: 0x84,
    fields: {
      init: bit(0),
      next: bit(1),
      mode: bit(2),
      zeroize: bit(3),
      wntz_mode: bit(4),
      wntz_w: bits(8, 5),
      wntz_n_mode: bit(9),
    },
  }),
  SHA256_STATUS: register(0x18, { ...UC_RO, fields: { ready: bit(0), valid: bit(1), wntz_busy: bit(2) } }),
  SHA256_BLOCK: register(0x80, { count: 16, ...UC_WO }),
  SHA256_DIGEST: register(0x100, { count: 8, ...UC_RO }),
  ...interruptBlock(0x800, {
    soc: 'none',
    errors: ['error0', 'error1', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
