import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { startWatchdogTimer } from '../drivers/watchdog.ts';
import { haltIfHookSet } from '../fips-test-hooks.ts';
import { coldReset } from './cold-reset.ts';
import { debugUnlock } from './debug-unlock.ts';
import { runKnownAnswerTests } from './known-answer-tests.ts';
import { PCR_ID } from './pcrs.ts';
import { programUds } from './uds-programming.ts';
import { updateReset } from './update-reset.ts';
import { warmReset } from './warm-reset.ts';

/** TRNG responses taken before the first boot status: three CFI counters. Then one for AES masking, two for ABR. */
const CFI_RESETS = 3;
const MASKING_RESPONSES = 3;

/**
 * ROM from reset to the jump into FMC.
 *
 * @throws RotError where ROM stops with a fatal error
 * @see caliptra-sw:rom/dev/src/main.rs
 */
export function* rom(context: FirmwareContext): Firmware {
  const { chip } = context;
  chip.trng.start();
  for (let i = 0; i < CFI_RESETS; i++) chip.trng.generate();
  yield* report(context, 'CfiInitialized');
  startWatchdog(context);
  for (let i = 0; i < MASKING_RESPONSES; i++) chip.trng.generate();
  programUds(context);
  const fmcVersion = chip.soc.get('CPTRA_FW_REV_ID', 0) & 0xffff_0000;
  chip.soc.set('CPTRA_FW_REV_ID', (fmcVersion | context.romVersion) >>> 0, 0);
  yield* report(context, 'KatStarted');
  yield* haltIfHookSet(context, 'HALT_SELF_TESTS');
  runKnownAnswerTests(context);
  // The core had the accelerator since reset; the last test gives it back.
  if (chip.shaAccelerator.owner === 'uc') chip.shaAccelerator.unlock();
  yield* report(context, 'KatComplete');
  yield* debugUnlock(context);
  yield* runResetFlow(context);
  handOver(context);
}

function* runResetFlow(context: FirmwareContext): Firmware {
  switch (context.chip.soc.resetReason) {
    case 'cold':
      return yield* coldReset(context);
    case 'warm':
      return warmReset(context);
    case 'update':
      return yield* tryUpdate(context);
    case 'unknown':
      throw new RotError('ROM_UNKNOWN_RESET_FLOW');
  }
}

/** Whatever an update is refused for, the firmware in place runs on. */
function* tryUpdate(context: FirmwareContext): Firmware {
  try {
    yield* updateReset(context);
  } catch (error) {
    if (!(error instanceof RotError) || isDataFault(error)) throw error;
    context.reportError('CPTRA_FW_ERROR_NON_FATAL', error.code);
  }
}

/** Damaged data memory is fatal in an update as well. */
function isDataFault({ symbol }: RotError): boolean {
  return symbol === 'ROM_INVALID_ROM_PERSISTENT_DATA_MARKER' || symbol === 'ROM_INVALID_ROM_PERSISTENT_DATA_VERSION';
}

/** The last that ROM does: what it measured and loaded cannot change any more. */
export function handOver({ chip }: FirmwareContext): void {
  for (const index of [PCR_ID.FMC_CURRENT, PCR_ID.FMC_JOURNEY, PCR_ID.STASH_MEASUREMENT]) chip.pcrBank.lock(index);
  chip.soc.setField('INTERNAL_ICCM_LOCK', 'lock', 1);
}

function startWatchdog({ chip }: FirmwareContext): void {
  const { soc } = chip;
  const low = soc.get('CPTRA_WDT_CFG', 0);
  const high = soc.get('CPTRA_WDT_CFG', 1);
  startWatchdogTimer(chip, low === 0 && high === 0 ? 1 : low, high);
}
