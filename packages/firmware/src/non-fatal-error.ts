import type { FirmwareContext } from './context.ts';

/** Clears CPTRA_FW_ERROR_NON_FATAL before a command, keeping the value for FW_INFO. */
export function clearNonFatalError(context: FirmwareContext): void {
  const error = context.chip.soc.get('CPTRA_FW_ERROR_NON_FATAL');
  if (error === 0) return;
  context.persistent.rom.set('cleared_non_fatal_fw_error', error);
  context.reportError('CPTRA_FW_ERROR_NON_FATAL', 0);
}
