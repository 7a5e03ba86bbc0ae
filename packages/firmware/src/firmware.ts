import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from './context.ts';
import type { EntryPoint, Firmware } from './coroutine.ts';
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
  try {
    yield* run(context, entry, stages);
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    yield* fatalError(context, error.code);
  }
}

function* run(context: FirmwareContext, entry: EntryPoint, stages: Stages): Firmware {
  switch (entry) {
    case 'fatal':
      return yield* failCommands(context);
    case 'runtime-mailbox':
      return yield* serveCommands(context);
    case 'rom-mailbox':
      yield* bootFirmware(context, storedLdevid(context));
      handOver(context);
      break;
    case 'reset':
      yield* stages.rom(context);
  }
  yield* stages.fmc(context);
  yield* stages.runtime(context);
}
