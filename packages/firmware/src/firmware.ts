import { RotError } from '@rootcap/errors';
import { EntropyDry } from '@rootcap/hardware';
import { BANNERS } from './console.ts';
import type { FirmwareContext } from './context.ts';
import { type EntryPoint, type Firmware, observe, type Trap } from './coroutine.ts';
import { CYCLES_OF_ENTRY } from './cycles.ts';
import { failCommands, fatalError } from './fatal-error.ts';
import { fmc } from './fmc/fmc.ts';
import { bootFirmware } from './rom/cold-reset.ts';
import { storedLdevid } from './rom/ldevid.ts';
import { handOver, rom } from './rom/rom.ts';
import { runtime, serveCommands } from './runtime/runtime.ts';
import { trapped } from './trap.ts';

/** One stage of the boot, replaceable by a prototype. */
export type Stage = (context: FirmwareContext) => Firmware;

export interface Stages {
  readonly rom: Stage;
  readonly fmc: Stage;
  readonly runtime: Stage;
}

export const STAGES: Stages = { rom, fmc, runtime };

/**
 * All firmware of the chip from a reset, from a point where a saved device waited, or from a trap. Never returns: it ends
 * in the runtime's command loop, or in the fatal error handler.
 */
export function* firmware(
  context: FirmwareContext,
  entry: EntryPoint | Trap = 'reset',
  stages: Stages = STAGES,
): Firmware {
  try {
    yield* run(context, entry, stages);
  } catch (error) {
    if (error instanceof EntropyDry) yield* waitForEver();
    if (!(error instanceof RotError)) throw error;
    yield* fatalError(context, error.code);
  }
}

/** A driver polls for entropy that never comes; only a watchdog or a reset ends that. */
function* waitForEver(): Firmware {
  for (;;) yield { for: 'entropy', ready: () => false };
}

function* run(context: FirmwareContext, entry: EntryPoint | Trap, stages: Stages): Firmware {
  switch (entry) {
    case 'nmi':
    case 'instruction-ecc':
    case 'data-ecc':
      throw trapped(context, entry);
    case 'fatal':
      return yield* failCommands(context);
    case 'runtime-mailbox':
      return yield* serveCommands(context);
    case 'rom-mailbox':
      yield* bootFirmware(context, storedLdevid(context));
      handOver(context);
      break;
    case 'reset':
      context.state.stage = 'rom';
      context.print(BANNERS.rom);
      yield* stages.rom(context);
  }
  yield* enter(context, 'fmc');
  yield* stages.fmc(context);
  yield* enter(context, 'runtime');
  yield* stages.runtime(context);
}

function* enter(context: FirmwareContext, stage: 'fmc' | 'runtime'): Firmware {
  context.state.stage = stage;
  context.print(BANNERS[stage]);
  yield* observe(CYCLES_OF_ENTRY[stage]);
}
