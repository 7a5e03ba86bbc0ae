import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { UC_RO, UC_RW, UC_WO } from './access.ts';

/** AES engine, as OpenTitan specifies it. caliptra-rtl:src/aes/data/aes.rdl */
export const AES_REG = registerBlock('AES_REG', 0x1001_1000, {
  KEY_SHARE0: register(0x4, { count: 8, ...UC_WO }),
  KEY_SHARE1: register(0x24, { count: 8, ...UC_WO }),
  IV: register(0x44, { count: 4, ...UC_RW }),
  DATA_IN: register(0x54, { count: 4, ...UC_WO }),
  DATA_OUT: register(0x64, { count: 4, ...UC_RO }),
  CTRL_SHADOWED: register(0x74, {
    ...UC_RW,
    fields: {
      operation: bits(1, 0),
      mode: bits(7, 2),
      key_len: bits(10, 8),
      sideload: bit(11),
      prng_reseed_rate: bits(14, 12),
      manual_operation: bit(15),
    },
  }),
  CTRL_AUX_SHADOWED: register(0x78, { ...UC_RW, fields: { key_touch_forces_reseed: bit(0), force_masks: bit(1) } }),
  CTRL_AUX_REGWEN: register(0x7c, { ...UC_RW, fields: { ctrl_aux_regwen: bit(0) } }),
  TRIGGER: register(0x80, {
    ...UC_WO,
    fields: { start: bit(0), key_iv_data_in_clear: bit(1), data_out_clear: bit(2), prng_reseed: bit(3) },
  }),
  STATUS: register(0x84, {
    ...UC_RO,
    fields: {
      idle: bit(0),
      stall: bit(1),
      output_lost: bit(2),
      output_valid: bit(3),
      input_ready: bit(4),
      alert_recov_ctrl_update_err: bit(5),
      alert_fatal_fault: bit(6),
    },
  }),
  CTRL_GCM_SHADOWED: register(0x88, { ...UC_RW, fields: { phase: bits(5, 0), num_valid_bytes: bits(10, 6) } }),
});
