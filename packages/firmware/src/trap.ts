import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext, StageName } from './context.ts';

/**
 * Why the core leaves the firmware's course: an NMI, which an expired watchdog raises, or an exception for an
 * uncorrectable ECC error in the instructions or in the data.
 */
type Trap = 'nmi' | 'instruction-ecc' | 'data-ecc';

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

/** The memory error, if any, that the running stage comes across: ROM's code does not lie in ICCM. */
function memoryTrap({ chip: { memoryFault }, state }: FirmwareContext): Trap | undefined {
  if (memoryFault === 'dccm') return 'data-ecc';
  return memoryFault === 'iccm' && state.stage !== 'rom' ? 'instruction-ecc' : undefined;
}

/** An NMI came while a driver polled: the program goes no further. */
export class NmiPending extends Error {
  override readonly name = 'NmiPending';

  constructor() {
    super('a non-maskable interrupt ends the operation');
  }
}

/** Whether an NMI is pending. A memory error waits until the firmware goes on by itself. */
export function isTrapped({ chip }: FirmwareContext): boolean {
  return chip.nmiPending;
}

/**
 * What the NMI and exception handlers of ROM, FMC and runtime do: leave the trap record in CPTRA_FW_EXTENDED_ERROR_INFO.
 *
 * @returns the fatal error that follows, if there is a trap
 * @see caliptra-sw:rom/dev/src/main.rs, fmc/src/main.rs, runtime/src/main.rs (nmi_handler, exception_handler)
 */
export function takeTrap(context: FirmwareContext): RotError | undefined {
  const { chip } = context;
  const trap = chip.takeNmi() ? 'nmi' : memoryTrap(context);
  if (trap === undefined) return undefined;
  if (trap !== 'nmi') {
    chip.memoryFault = 'none';
    chip.soc.hardwareError('CPTRA_HW_ERROR_FATAL', trap === 'instruction-ecc' ? 0 : 1);
  }
  leaveRecord(context, trap);
  return new RotError(symbolOf(context, trap));
}

function leaveRecord(context: FirmwareContext, trap: Trap): void {
  const { soc } = context.chip;
  const pc = programCounter(context);
  const record = [...CAUSES[trap], pc, pc];
  if (trap === 'nmi') record.push(soc.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R'));
  record.forEach((word, index) => {
    soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', word, index);
  });
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
