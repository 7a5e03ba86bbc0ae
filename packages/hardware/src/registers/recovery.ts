import { bit, bits, register, registerBlock } from '@rootcap/struct';

/**
 * Secure firmware recovery interface of OCP Recovery 1.1 in the subsystem's I3C core, relative to its own base.
 * caliptra-sw:sw-emulator/lib/periph/src/dma/recovery.rs
 */
export const RECOVERY_IFC = registerBlock('RECOVERY_IFC', 0, {
  EXTCAP_HEADER: register(0x00, { uc: 'ro', reset: 0x20c0 }),
  // 'OCP RECV'
  PROT_CAP_0: register(0x04, { reset: 0x2050_434f }),
  PROT_CAP_1: register(0x08, { reset: 0x5643_4552 }),
  PROT_CAP_2: register(0x0c, {
    reset: 0x1ab1_0101,
    fields: { rec_prot_version: bits(15, 0), agent_caps: bits(31, 16) },
  }),
  PROT_CAP_3: register(0x10, { reset: 0x17 }),
  DEVICE_ID: register(0x14, { count: 7 }),
  DEVICE_STATUS_0: register(0x30, {
    fields: { dev_status: bits(7, 0), prot_error: bits(15, 8), rec_reason_code: bits(31, 16) },
  }),
  DEVICE_STATUS_1: register(0x34),
  DEVICE_RESET: register(0x38, {
    fields: { reset_ctrl: bits(7, 0), forced_recovery: bits(15, 8), if_ctrl: bits(23, 16) },
  }),
  RECOVERY_CTRL: register(0x3c, {
    fields: { cms: bits(7, 0), rec_img_sel: bits(15, 8), activate_rec_img: bits(23, 16) },
  }),
  RECOVERY_STATUS: register(0x40, {
    fields: { dev_rec_status: bits(3, 0), rec_img_index: bits(7, 4), vendor_specific_status: bits(15, 8) },
  }),
  HW_STATUS: register(0x44),
  INDIRECT_FIFO_CTRL_0: register(0x48, { fields: { cms: bits(7, 0), reset: bits(15, 8) } }),
  // Image size in 32-bit words
  INDIRECT_FIFO_CTRL_1: register(0x4c),
  INDIRECT_FIFO_STATUS_0: register(0x50, {
    uc: 'ro',
    reset: 1,
    fields: { empty: bit(0), full: bit(1), region_type: bits(10, 8) },
  }),
  INDIRECT_FIFO_STATUS_1: register(0x54),
  INDIRECT_FIFO_STATUS_2: register(0x58, { uc: 'ro' }),
  INDIRECT_FIFO_STATUS_3: register(0x5c),
  INDIRECT_FIFO_STATUS_4: register(0x60),
  INDIRECT_FIFO_STATUS_5: register(0x64),
  INDIRECT_FIFO_DATA: register(0x68, { uc: 'ro' }),
});
