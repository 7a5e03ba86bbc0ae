import { MCI_REG, MCU_SRAM_OFFSET } from '@rootcap/hardware';
import { maskOf } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { readAxiWord, writeAxiWord } from '../drivers/dma.ts';
import { axiBase } from '../drivers/straps.ts';

/** `FwPersistentData.mcu_firmware_loaded`. */
export const MCU_FW_STATUS = { NotLoaded: 0, Loaded: 1, HitlessUpdateStarted: 2 } as const;

const { RESET_REASON, RESET_STATUS, NOTIF0_INTERNAL_INTR_R } = MCI_REG.registers;

/** Why the MCU restarts. */
export const MCU_RESET_REASON = {
  FwHitlessUpd: maskOf(RESET_REASON.fields.fw_hitless_upd_reset),
  FwBoot: maskOf(RESET_REASON.fields.fw_boot_upd_reset),
} as const;

/** Bit of FW_EXEC_CTRL that lets the MCU run its firmware. */
const MCU_EXEC_BIT = 2;

function mciAddress({ chip }: FirmwareContext, offset: number): bigint {
  return axiBase(chip.soc, 'SS_MCI_BASE_ADDR') + BigInt(offset);
}

/** AXI address of the MCU's SRAM. */
export function mcuSramAddress(context: FirmwareContext): bigint {
  return mciAddress(context, MCU_SRAM_OFFSET);
}

export function setMcuResetReason(context: FirmwareContext, reason: number): void {
  writeAxiWord(context.chip, mciAddress(context, RESET_REASON.offset), reason);
}

/** Tells the MCU that it can boot its firmware. */
export function bootMcu(context: FirmwareContext): void {
  const { soc } = context.chip;
  setMcuResetReason(context, MCU_RESET_REASON.FwBoot);
  soc.set('SS_GENERIC_FW_EXEC_CTRL', (soc.get('SS_GENERIC_FW_EXEC_CTRL', 0) | (1 << MCU_EXEC_BIT)) >>> 0, 0);
}

/** Whether the MCU has yet to acknowledge the request to be reset. */
export function mcuResetRequested(context: FirmwareContext): boolean {
  const { notif_cptra_mcu_reset_req_sts } = NOTIF0_INTERNAL_INTR_R.fields;
  const status = readAxiWord(context.chip, mciAddress(context, NOTIF0_INTERNAL_INTR_R.offset));
  return (status & maskOf(notif_cptra_mcu_reset_req_sts)) !== 0;
}

export function mcuInReset(context: FirmwareContext): boolean {
  const status = readAxiWord(context.chip, mciAddress(context, RESET_STATUS.offset));
  return (status & maskOf(RESET_STATUS.fields.mcu_reset_sts)) !== 0;
}
