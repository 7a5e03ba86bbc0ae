import { bit, register, registerBlock } from '@rootcap/struct';
import { UC_RW } from './access.ts';

/** Data vault. caliptra-rtl:src/datavault/rtl/dv_reg.rdl */
export const DV_REG = registerBlock('DV_REG', 0x1001_c000, {
  STICKYDATAVAULTCTRL: register(0x0, {
    lockedBy: 'STICKYDATAVAULTCTRL',
    count: 10,
    ...UC_RW,
    fields: { lock_entry: bit(0) },
    clearedBy: 'cold',
  }),
  STICKY_DATA_VAULT_ENTRY: register(0x28, { lockedBy: 'STICKYDATAVAULTCTRL', count: 120, ...UC_RW, clearedBy: 'cold' }),
  DATAVAULTCTRL: register(0x208, {
    lockedBy: 'DATAVAULTCTRL',
    count: 10,
    ...UC_RW,
    fields: { lock_entry: bit(0) },
    clearedBy: 'update',
  }),
  DATA_VAULT_ENTRY: register(0x230, { lockedBy: 'DATAVAULTCTRL', count: 120, ...UC_RW, clearedBy: 'cold' }),
  LOCKABLESCRATCHREGCTRL: register(0x410, {
    lockedBy: 'LOCKABLESCRATCHREGCTRL',
    count: 10,
    ...UC_RW,
    fields: { lock_entry: bit(0) },
    clearedBy: 'update',
  }),
  LOCKABLESCRATCHREG: register(0x438, { lockedBy: 'LOCKABLESCRATCHREGCTRL', count: 10, ...UC_RW, clearedBy: 'cold' }),
  NONSTICKYGENERICSCRATCHREG: register(0x460, { count: 8, ...UC_RW }),
  STICKYLOCKABLESCRATCHREGCTRL: register(0x480, {
    lockedBy: 'STICKYLOCKABLESCRATCHREGCTRL',
    count: 8,
    ...UC_RW,
    fields: { lock_entry: bit(0) },
    clearedBy: 'cold',
  }),
  STICKYLOCKABLESCRATCHREG: register(0x4a0, {
    lockedBy: 'STICKYLOCKABLESCRATCHREGCTRL',
    count: 8,
    ...UC_RW,
    clearedBy: 'cold',
  }),
});
