import { bit, bits, register, registerBlock } from '@rootcap/struct';
import { interruptBlock } from './interrupt-block.ts';

/** Firmware moves data with the typed methods of `Dma`. */
const IDLE = 'transfers are typed methods; no transfer starts here';

/** AXI DMA. caliptra-rtl:src/axi/rtl/axi_dma_reg.rdl */
export const AXI_DMA_REG = registerBlock('AXI_DMA_REG', 0x3002_2000, {
  ID: register(0x0, { idle: IDLE, uc: 'ro', soc: 'ro', reset: 0x6776_8068 }),
  CAP: register(0x4, { idle: IDLE, uc: 'ro', soc: 'ro', fields: { fifo_max_depth: bits(11, 0), rsvd: bits(31, 12) } }),
  CTRL: register(0x8, {
    idle: IDLE,
    writable: 0x1713_000f,
    fields: {
      go: bit(0),
      flush: bit(1),
      aes_mode_en: bit(2),
      aes_gcm_mode: bit(3),
      rsvd0: bits(15, 4),
      rd_route: bits(17, 16),
      rsvd1: bits(19, 18),
      rd_fixed: bit(20),
      rsvd2: bits(23, 21),
      wr_route: bits(26, 24),
      rsvd3: bit(27),
      wr_fixed: bit(28),
      rsvd4: bits(31, 29),
    },
  }),
  STATUS0: register(0xc, {
    idle: IDLE,
    uc: 'ro',
    soc: 'ro',
    fields: {
      busy: bit(0),
      error: bit(1),
      rsvd0: bits(3, 2),
      fifo_depth: bits(15, 4),
      axi_dma_fsm_ps: bits(17, 16),
      payload_available: bit(18),
      image_activated: bit(19),
      axi_dma_aes_fsm_ps: bits(23, 20),
      rsvd1: bits(31, 24),
    },
  }),
  STATUS1: register(0x10, { idle: IDLE, uc: 'ro', soc: 'ro' }),
  SRC_ADDR_L: register(0x14, { idle: IDLE }),
  SRC_ADDR_H: register(0x18, { idle: IDLE }),
  DST_ADDR_L: register(0x1c, { idle: IDLE }),
  DST_ADDR_H: register(0x20, { idle: IDLE }),
  BYTE_COUNT: register(0x24, { idle: IDLE }),
  BLOCK_SIZE: register(0x28, { idle: IDLE, writable: 0xfff, fields: { size: bits(11, 0), rsvd: bits(31, 12) } }),
  WRITE_DATA: register(0x2c, { idle: IDLE, uc: 'wo', soc: 'wo' }),
  READ_DATA: register(0x30, { idle: IDLE, uc: 'ro', soc: 'ro' }),
  ...interruptBlock(0x800, {
    soc: 'ro',
    errors: [
      'error_cmd_dec',
      'error_axi_rd',
      'error_axi_wr',
      'error_mbox_lock',
      'error_sha_lock',
      'error_fifo_oflow',
      'error_fifo_uflow',
      'error_aes_cif',
      'error_kv_rd',
      'error_kv_rd_large',
    ],
    notifications: [
      'notif_txn_done',
      'notif_fifo_empty',
      'notif_fifo_not_empty',
      'notif_fifo_full',
      'notif_fifo_not_full',
    ],
  }),
});
