import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext, StageName } from './context.ts';
import type { Trap } from './coroutine.ts';

const PREFIX = { rom: 'ROM_GLOBAL', fmc: 'FMC_GLOBAL', runtime: 'RUNTIME_GLOBAL' } as const satisfies Record<
  StageName,
  string
>;

/** `mcause` and `mscause` of VeeR EL2: an NMI of the watchdog has none. */
const CAUSES: Readonly<Record<Trap, readonly [mcause: number, mscause: number]>> = {
  nmi: [0, 0],
  'instruction-ecc': [1, 1],
  'data-ecc': [5, 1],
};

/** ROM's program counter while it waits; the model has none. */
const ROM_PC = 0x100;

/**
 * What the NMI and exception handlers of ROM, FMC and runtime do: leave the trap record in CPTRA_FW_EXTENDED_ERROR_INFO.
 *
 * @returns the fatal error that follows
 * @see caliptra-sw:rom/dev/src/main.rs, fmc/src/main.rs, runtime/src/main.rs (nmi_handler, exception_handler)
 */
export function trapped(context: FirmwareContext, trap: Trap): RotError {
  const { soc } = context.chip;
  const pc = programCounter(context);
  const record = [...CAUSES[trap], pc, pc];
  if (trap === 'nmi') record.push(soc.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R'));
  record.forEach((word, index) => {
    soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', word, index);
  });
  return new RotError(symbolOf(context, trap));
}

function symbolOf({ chip: { soc }, state }: FirmwareContext, trap: Trap): ErrorName {
  const prefix = PREFIX[state.stage];
  if (trap !== 'nmi') return `${prefix}_EXCEPTION`;
  return soc.get('CPTRA_WDT_STATUS') === 0 ? `${prefix}_NMI` : `${prefix}_WDT_EXPIRED`;
}

/** The entry point of the running stage stands for the instruction that was interrupted. */
function programCounter({ persistent: { dataVault }, state }: FirmwareContext): number {
  if (state.stage === 'rom') return ROM_PC;
  return dataVault.get(state.stage === 'fmc' ? 'fmc_entry_point' : 'rt_entry_point');
}
