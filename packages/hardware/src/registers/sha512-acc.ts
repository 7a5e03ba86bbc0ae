import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { interruptBlock } from './interrupt-block.ts';

/** SHA accelerator. caliptra-rtl:src/soc_ifc/rtl/sha512_acc_csr.rdl */
export const SHA512_ACC_CSR = registerBlock('SHA512_ACC_CSR', 0x3002_1000, {
  LOCK: register(0x0, { reset: 0x1, write: 'w1c', fields: { lock: bit(0) } }),
  USER: register(0x4, { uc: 'ro', soc: 'ro' }),
  MODE: register(0x8, { fields: { mode: bits(1, 0), endian_toggle: bit(2) } }),
  START_ADDRESS: register(0xc),
  DLEN: register(0x10),
  DATAIN: register(0x14),
  EXECUTE: register(0x18, { fields: { execute: bit(0) } }),
  STATUS: register(0x1c, { uc: 'ro', soc: 'ro', fields: { valid: bit(0), soc_has_lock: bit(1) } }),
  DIGEST: register(0x20, { count: 16, uc: 'ro', soc: 'ro' }),
  CONTROL: register(0x60, { write: 'pulse', fields: { zeroize: bit(0) } }),
  ...interruptBlock(0x800, {
    soc: 'ro',
    errors: ['error0', 'error1', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
