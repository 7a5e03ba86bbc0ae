import { bit, bits, register, registerBlock } from '@rootcap/struct';

/** Mailbox. caliptra-rtl:src/soc_ifc/rtl/mbox_csr.rdl */
export const MBOX_CSR = registerBlock('MBOX_CSR', 0x3002_0000, {
  MBOX_LOCK: register(0x0, { uc: 'ro', soc: 'ro', fields: { lock: bit(0) } }),
  MBOX_USER: register(0x4, { uc: 'ro', soc: 'ro' }),
  MBOX_CMD: register(0x8),
  MBOX_DLEN: register(0xc),
  MBOX_DATAIN: register(0x10),
  MBOX_DATAOUT: register(0x14),
  MBOX_EXECUTE: register(0x18, { fields: { execute: bit(0) } }),
  MBOX_STATUS: register(0x1c, {
    writable: 0xf,
    fields: {
      status: bits(3, 0),
      ecc_single_error: bit(4),
      ecc_double_error: bit(5),
      mbox_fsm_ps: bits(8, 6),
      soc_has_lock: bit(9),
      mbox_rdptr: bits(25, 10),
      tap_has_lock: bit(26),
    },
  }),
  MBOX_UNLOCK: register(0x20, { soc: 'ro', write: 'pulse', fields: { unlock: bit(0) } }),
  TAP_MODE: register(0x24, { soc: 'ro', fields: { enabled: bit(0) } }),
});
