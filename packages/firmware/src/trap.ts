import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext, StageName } from './context.ts';

const WATCHDOG_EXPIRED: Readonly<Record<StageName, ErrorName>> = {
  rom: 'ROM_GLOBAL_WDT_EXPIRED',
  fmc: 'FMC_GLOBAL_WDT_EXPIRED',
  runtime: 'RUNTIME_GLOBAL_WDT_EXPIRED',
};
const OTHER_CAUSE: Readonly<Record<StageName, ErrorName>> = {
  rom: 'ROM_GLOBAL_NMI',
  fmc: 'FMC_GLOBAL_NMI',
  runtime: 'RUNTIME_GLOBAL_NMI',
};

/** ROM's program counter while it waits; the model has none. */
const ROM_PC = 0x100;

/**
 * What the NMI handlers of ROM, FMC and runtime do: leave the trap record in CPTRA_FW_EXTENDED_ERROR_INFO.
 *
 * @returns the fatal error that follows
 * @see caliptra-sw:rom/dev/src/main.rs, fmc/src/main.rs, runtime/src/main.rs (nmi_handler)
 */
export function nonMaskableInterrupt(context: FirmwareContext): RotError {
  const { soc } = context.chip;
  const { stage } = context.state;
  const pc = programCounter(context);
  const causes = soc.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R');
  // mcause, mscause, mepc, ra, pending errors.
  [0, 0, pc, pc, causes].forEach((word, index) => {
    soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', word, index);
  });
  const expired = soc.get('CPTRA_WDT_STATUS') !== 0;
  return new RotError((expired ? WATCHDOG_EXPIRED : OTHER_CAUSE)[stage]);
}

/** The entry point of the running stage stands for the instruction that was interrupted. */
function programCounter({ persistent: { dataVault }, state }: FirmwareContext): number {
  if (state.stage === 'rom') return ROM_PC;
  return dataVault.get(state.stage === 'fmc' ? 'fmc_entry_point' : 'rt_entry_point');
}
