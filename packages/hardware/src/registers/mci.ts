import { bit, register, registerBlock } from '@rootcap/struct';

/**
 * Manufacturer control interface of the subsystem, relative to its own base: the registers that do more than keep a value.
 * caliptra-ss:src/mci/rtl/mci_reg.rdl, caliptra-sw:hw/rev-2_1/registers/src/mci.rs
 */
export const MCI_REG = registerBlock('MCI_REG', 0, {
  /** Why the MCU restarts, as Caliptra or the MCI says. */
  RESET_REASON: register(0x38, {
    fields: { fw_hitless_upd_reset: bit(0), fw_boot_upd_reset: bit(1), warm_reset: bit(2) },
  }),
  RESET_STATUS: register(0x3c, { reset: 0x2, fields: { cptra_reset_sts: bit(0), mcu_reset_sts: bit(1) } }),
  /** Written by the MCU to be reset; cleared when it is. */
  RESET_REQUEST: register(0x100, { fields: { mcu_req: bit(0) } }),
  NOTIF0_INTERNAL_INTR_R: register(0x1024, { fields: { notif_cptra_mcu_reset_req_sts: bit(1) } }),
  NOTIF0_INTR_TRIG_R: register(0x1034, { fields: { notif_cptra_mcu_reset_req_trig: bit(1) } }),
});
