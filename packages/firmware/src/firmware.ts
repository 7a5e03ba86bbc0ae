import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext } from './context.ts';
import type { EntryPoint, Firmware } from './coroutine.ts';
import { watchdogExpired } from './drivers/watchdog.ts';
import { failCommands, fatalError } from './fatal-error.ts';
import { fmc } from './fmc/fmc.ts';
import { bootFirmware } from './rom/cold-reset.ts';
import { storedLdevid } from './rom/ldevid.ts';
import { handOver, rom } from './rom/rom.ts';
import { runtime, serveCommands } from './runtime/runtime.ts';

/** One stage of the boot, replaceable by a prototype. */
export type Stage = (context: FirmwareContext) => Firmware;

export interface Stages {
  readonly rom: Stage;
  readonly fmc: Stage;
  readonly runtime: Stage;
}

export const STAGES: Stages = { rom, fmc, runtime };

/**
 * All firmware of the chip from a reset, or from a point where a saved device waited. Never returns: it ends in the
 * runtime's command loop, or in the fatal error handler.
 */
export function* firmware(context: FirmwareContext, entry: EntryPoint = 'reset', stages: Stages = STAGES): Firmware {
  let stage: 'rom' | 'firmware' = entry === 'reset' || entry === 'rom-mailbox' ? 'rom' : 'firmware';
  try {
    switch (entry) {
      case 'fatal':
        return yield* failCommands(context);
      case 'runtime-mailbox':
        return yield* serveCommands(context);
      case 'rom-mailbox':
        yield* underWatchdog(context, restOfRom(context), 'ROM_GLOBAL_WDT_EXPIRED');
        break;
      case 'reset':
        yield* underWatchdog(context, stages.rom(context), 'ROM_GLOBAL_WDT_EXPIRED');
    }
    stage = 'firmware';
    yield* underWatchdog(context, stages.fmc(context), 'FMC_GLOBAL_WDT_EXPIRED');
    yield* stages.runtime(context);
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    yield* fatalError(context, error.code, stage);
  }
}

/** ROM from its wait for firmware on. */
function* restOfRom(context: FirmwareContext): Firmware {
  yield* bootFirmware(context, storedLdevid(context));
  handOver(context);
}

/** Runs a stage that leaves the watchdog on while it waits: the NMI ends any wait, and then the stage. */
function* underWatchdog(context: FirmwareContext, stage: Firmware, expired: ErrorName): Firmware {
  const nmi = (): boolean => watchdogExpired(context.chip);
  for (let step = stage.next(); step.done !== true; step = stage.next()) {
    const wait = step.value;
    yield { ...wait, ready: () => nmi() || wait.ready() };
    if (nmi()) throw new RotError(expired);
  }
}
