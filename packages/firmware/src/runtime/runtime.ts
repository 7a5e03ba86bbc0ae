import { RotError } from '@rootcap/errors';
import { newLockState } from '@rootcap/ocp-lock';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, mailboxIdle, mailboxWait, OBSERVE, report } from '../coroutine.ts';
import { startWatchdogTimer, stopWatchdog } from '../drivers/watchdog.ts';
import { FW_MARKER, FW_VERSION, ROM_MAJOR_VERSION, ROM_MARKER, ROM_MINOR_VERSION } from '../memory/persistent-data.ts';
import { clearNonFatalError } from '../non-fatal-error.ts';
import { runtimeCommandsOf } from '../profile.ts';
import { runKnownAnswerTests } from '../rom/known-answer-tests.ts';
import type { RuntimeCommand } from './command.ts';
import { certificateChain } from './commands/certificates.ts';
import { newCryptographicMailbox } from './commands/cryptographic/state.ts';
import { endDebugUnlock, endsDebugUnlock } from './commands/debug-unlock.ts';
import { RUNTIME_COMMANDS } from './commands/table.ts';
import { disableAttestation } from './disable-attestation.ts';
import { distrust, initializeDpe, resumeDpe, updateDpe } from './dpe/boot.ts';
import { bootMcu, MCU_FW_STATUS } from './mcu.ts';
import { chipLockPort } from './ocp-lock/port.ts';
import { recoveryFlow } from './recovery-flow.ts';
import { serve } from './serve.ts';
import { initialRuntimeState } from './state.ts';

/** TRNG responses of CFI. */
const CFI_RESPONSES = 3;

/**
 * Runtime firmware from its entry point on.
 *
 * @throws RotError where the runtime stops with a fatal error
 * @see caliptra-sw:runtime/src/main.rs, runtime/src/lib.rs
 */
export function* runtime(context: FirmwareContext): Firmware {
  const { chip, state } = context;
  chip.trng.start();
  // With or without OCP LOCK.
  const ocpLock = newLockState(chipLockPort(context));
  for (let i = 0; i < CFI_RESPONSES; i++) chip.trng.generate();
  requireHandedOverData(context);
  state.runtime = { ...initialRuntimeState(), ocpLock };
  state.runtime.eccCertChain = certificateChain(context, 'ecdsa-p384');
  state.runtime.mldsaCertChain = certificateChain(context, 'mldsa87');
  state.runtime.cryptographicMailbox = newCryptographicMailbox(context);
  if (context.persistent.dpe.get('attestation_disabled') !== 0) disableAgain(context);
  yield* resumeAfterReset(context);
  chip.trng.csrng.disable();
  chip.soc.setField('CPTRA_FLOW_STATUS', 'ready_for_runtime', 1);
  yield OBSERVE;
  yield* report(context, 'RtReadyForCommands');
  distrustInterruptedCommand(context);
  stopWatchdog(chip);
  yield* serveCommands(context);
}

function requireHandedOverData({ persistent: { rom, fw } }: FirmwareContext): void {
  if (rom.get('marker') !== ROM_MARKER) throw new RotError('RUNTIME_INVALID_ROM_PERSISTENT_DATA_MARKER');
  if (rom.get('major_version') !== ROM_MAJOR_VERSION || rom.get('minor_version') > ROM_MINOR_VERSION)
    throw new RotError('RUNTIME_INVALID_ROM_PERSISTENT_DATA_VERSION');
  if (fw.get('marker') !== FW_MARKER) throw new RotError('RUNTIME_INVALID_FW_PERSISTENT_DATA_MARKER');
  if (fw.get('version') !== FW_VERSION) throw new RotError('RUNTIME_INVALID_FW_PERSISTENT_DATA_VERSION');
}

/** Keys of the cold boot came back with FMC: attestation stays disabled until a cold reset. */
function disableAgain(context: FirmwareContext): void {
  try {
    disableAttestation(context);
  } catch (error) {
    if (error instanceof RotError) throw new RotError('RUNTIME_DISABLE_ATTESTATION_FAILED_RESET_FLOW', error.message);
    throw error;
  }
}

/** @see caliptra-sw:runtime/src/drivers.rs (run_reset_flow) */
function* resumeAfterReset(context: FirmwareContext): Firmware {
  const { soc } = context.chip;
  switch (soc.resetReason) {
    case 'cold':
      initializeDpe(context);
      if (soc.subsystemMode) yield* recoveryFlow(context);
      break;
    case 'update':
      updateDpe(context);
      break;
    case 'warm':
      resumeDpe(context);
      restoreVersions(context);
      if (soc.subsystemMode) bootMcuAgain(context);
      break;
    default:
      throw new RotError('RUNTIME_UNKNOWN_RESET_FLOW');
  }
}

/** The MCU's firmware survives a warm reset in its SRAM. @see caliptra-sw:runtime/src/drivers.rs (release_mcu_sram) */
function bootMcuAgain(context: FirmwareContext): void {
  if (context.persistent.fw.get('mcu_firmware_loaded') !== MCU_FW_STATUS.Loaded)
    throw new RotError('ROM_CFI_PANIC_ASSERT_EQ_FAILURE', 'no firmware of the MCU was loaded');
  bootMcu(context);
}

/** A warm reset in the middle of a command may have left anything: the runtime no longer vouches for itself. */
function distrustInterruptedCommand(context: FirmwareContext): void {
  if (context.persistent.dpe.get('runtime_cmd_active') === 0 || context.chip.soc.resetReason !== 'warm') return;
  distrust(context, 'RUNTIME_CMD_BUSY_DURING_WARM_RESET', 'RUNTIME_DISABLE_ATTESTATION_FAILED_WARM_RESET');
}

/** A warm reset cleared the version registers that ROM writes only when it loads firmware. */
function restoreVersions({ chip: { soc }, persistent: { manifest } }: FirmwareContext): void {
  const fmc = manifest.get('fmc');
  const toc = manifest.get('runtime');
  const romVersion = soc.get('CPTRA_FW_REV_ID', 0) & 0xffff;
  soc.set('CPTRA_FW_REV_ID', ((fmc.version << 16) | romVersion) >>> 0, 0);
  soc.set('CPTRA_FW_REV_ID', toc.version, 1);
}

/** Cycles that a command may take. @see caliptra-sw:common/src/wdt.rs (WdtTimeout::default) */
const COMMAND_CYCLES = 20_000_000;

/** The command loop, also where a restored device goes on. */
export function* serveCommands(context: FirmwareContext): Firmware {
  const commands = commandTable(context);
  const command = mailboxWait(context, 'runtime-mailbox');
  for (;;) {
    context.chip.soc.setField('CPTRA_FLOW_STATUS', 'mailbox_flow_done', 1);
    context.persistent.dpe.set('runtime_cmd_active', 0);
    if (context.state.runtime.selfTest === 'in-progress') yield* selfTest(context);
    while (!command.ready()) yield command;
    context.chip.soc.setField('CPTRA_FLOW_STATUS', 'mailbox_flow_done', 0);
    context.persistent.dpe.set('runtime_cmd_active', 1);
    startWatchdogTimer(context.chip, COMMAND_CYCLES, 0);
    clearNonFatalError(context);
    const id = context.chip.mailbox.pending()?.command ?? 0;
    const outcome = yield* serve(context, commands);
    // Until the loop starts over, a reset still hits a running command.
    yield OBSERVE;
    stopWatchdog(context.chip);
    if (endsDebugUnlock(id, context.chip.mailbox.status() === 'CMD_FAILURE')) yield* endDebugUnlock(context);
    if (outcome === 'shutdown') throw new RotError('RUNTIME_SHUTDOWN');
    if (outcome === 'update') yield* requestUpdate(context);
  }
}

function commandTable({ options, profile }: FirmwareContext): ReadonlyMap<number, RuntimeCommand> {
  const commands = [...runtimeCommandsOf(profile, RUNTIME_COMMANDS), ...options.commands];
  return new Map(commands.map((command) => [command.id, command]));
}

/** Between commands, while no client holds the mailbox. */
function* selfTest(context: FirmwareContext): Firmware {
  while (!mailboxIdle(context)) yield { for: 'mailbox-idle', ready: () => mailboxIdle(context) };
  yield* report(context, 'RtFipSelfTestStarted');
  runKnownAnswerTests(context);
  yield* report(context, 'RtFipSelfTestComplete');
  context.state.runtime.selfTest = 'done';
}

/** Asks for the reset of the core in which ROM takes the new firmware from the mailbox. */
function* requestUpdate({ chip: { soc } }: FirmwareContext): Firmware {
  soc.setField('INTERNAL_FW_UPDATE_RESET', 'core_rst', 1);
  for (;;) yield { for: 'update-reset', ready: () => false };
}
