import { RotError } from '@rootcap/errors';
import { EntropyDry } from '@rootcap/hardware';
import { BANNERS } from './console.ts';
import type { FirmwareContext } from './context.ts';
import { always, type EntryPoint, type Firmware, OBSERVE, type Wait } from './coroutine.ts';
import { CYCLES_OF_ENTRY } from './cycles.ts';
import { failCommands, fatalError } from './fatal-error.ts';
import { fmc } from './fmc/fmc.ts';
import { bootFirmware } from './rom/cold-reset.ts';
import { storedLdevid } from './rom/ldevid.ts';
import { handOver, rom } from './rom/rom.ts';
import { runtime, serveCommands } from './runtime/runtime.ts';
import { isTrapped, NmiPending, takeTrap } from './trap.ts';

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
  if (entry === 'fatal') return yield* failCommands(context);
  try {
    yield* interruptible(context, run(context, entry, stages));
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    yield* fatalError(context, error.code);
  }
}

function* run(context: FirmwareContext, entry: Exclude<EntryPoint, 'fatal'>, stages: Stages): Firmware {
  switch (entry) {
    case 'runtime-mailbox':
      context.state.stage = 'runtime';
      return yield* serveCommands(context);
    case 'rom-mailbox':
      context.state.stage = 'rom';
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
  yield { ...OBSERVE, cycles: CYCLES_OF_ENTRY[stage] };
}

/** A trap ends any wait, and then the program, whatever it would catch. */
function* interruptible(context: FirmwareContext, program: Firmware): Firmware {
  let [last, trappable]: [Wait?, Wait?] = [];
  for (let wait = nextWait(program); wait !== undefined; wait = wait === ENTROPY_DRY ? wait : nextWait(program)) {
    if (wait !== last) [last, trappable] = [wait, orTrapped(context, wait)];
    yield trappable as Wait;
    const trap = takeTrap(context);
    if (trap !== undefined) throw trap;
  }
}

function orTrapped(context: FirmwareContext, wait: Wait): Wait {
  const { ready } = wait;
  return ready === always ? wait : { ...wait, ready: () => ready() || isTrapped(context) };
}

/** A driver polls for entropy that never comes; only a watchdog or a reset ends that. */
const ENTROPY_DRY: Wait = { for: 'entropy', ready: () => false };

/** The interrupt handler runs at once. */
const INTERRUPTED: Wait = { for: 'observer', ready: always };

/** Lets the program run to its next wait. */
function nextWait(program: Firmware): Wait | undefined {
  try {
    const step = program.next();
    return step.done === true ? undefined : step.value;
  } catch (error) {
    if (error instanceof EntropyDry) return ENTROPY_DRY;
    if (error instanceof NmiPending) return INTERRUPTED;
    throw error;
  }
}
