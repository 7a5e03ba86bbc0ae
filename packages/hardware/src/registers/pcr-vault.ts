import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW } from './access.ts';

/** PCR vault. caliptra-rtl:src/pcrvault/rtl/pv_reg.rdl */
export const PV_REG = registerBlock('PV_REG', 0x1001_a000, {
  PCR_CTRL: register(0x0, {
    count: 32,
    ...UC_RW,
    fields: { lock: bit(0), clear: bit(1), rsvd0: bit(2), rsvd1: bits(7, 3) },
    clearedBy: 'update',
  }),
  PCR_ENTRY: register(0x600, { count: 384, ...UC_RO, clearedBy: 'cold' }),
});
