import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW } from './access.ts';
import { interruptBlock } from './interrupt-block.ts';

/** DOE block: deobfuscation engine. caliptra-rtl:src/doe/rtl/doe_reg.rdl */
export const DOE_REG = registerBlock('DOE_REG', 0x1000_0000, {
  DOE_IV: register(0x0, { count: 4, ...UC_RW }),
  DOE_CTRL: register(0x10, { ...UC_RW, fields: { cmd: bits(1, 0), dest: bits(6, 2), cmd_ext: bits(8, 7) } }),
  DOE_STATUS: register(0x14, {
    ...UC_RO,
    fields: {
      ready: bit(0),
      valid: bit(1),
      uds_flow_done: bit(2),
      fe_flow_done: bit(3),
      deobf_secrets_cleared: bit(4),
      hek_flow_done: bit(5),
      error: bit(8),
    },
    clearedBy: 'cold',
  }),
  ...interruptBlock(0x800, {
    soc: 'none',
    errors: ['error0', 'error1', 'error2', 'error3'],
    notifications: ['notif_cmd_done'],
  }),
});
