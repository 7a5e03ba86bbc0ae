import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, mailboxCommand, mailboxIdle, observe, report } from '../coroutine.ts';
import { stopWatchdog } from '../drivers/watchdog.ts';
import { FW_MARKER, FW_VERSION, ROM_MAJOR_VERSION, ROM_MARKER, ROM_MINOR_VERSION } from '../memory/persistent-data.ts';
import { hasValidChecksum, sealMessage } from '../messages/checksum.ts';
import { COMMAND_ID } from '../messages/command-ids.ts';
import { headerOnly } from '../messages/response.ts';
import { clearNonFatalError } from '../non-fatal-error.ts';
import { runKnownAnswerTests } from '../rom/known-answer-tests.ts';
import { type RuntimeCommand, runCommand } from './command.ts';
import { certificateChain } from './commands/certificates.ts';
import { RUNTIME_COMMANDS } from './commands/table.ts';
import { disableAttestation } from './disable-attestation.ts';
import { distrust, initializeDpe, resumeDpe, updateDpe } from './dpe/boot.ts';
import { initialRuntimeState } from './state.ts';

const RESERVED_AXI_USER = 0xffff_ffff;
/** TRNG responses before the first command: OCP LOCK context 4, CFI 3, keys and IVs of the cryptographic mailbox 4. */
const TRNG_RESPONSES = 11;

/** What a sender who withdrew its command at once leaves. */
const NOTHING_PENDING = { command: 0, dlen: 0, axiUser: 0 } as const;

/** What the runtime does after a command. */
type Outcome = 'continue' | 'shutdown' | 'update';

/**
 * Runtime firmware from its entry point on.
 *
 * @throws RotError where the runtime stops with a fatal error
 * @see caliptra-sw:runtime/src/main.rs, runtime/src/lib.rs
 */
export function* runtime(context: FirmwareContext): Firmware {
  const { chip, state } = context;
  for (let i = 0; i < TRNG_RESPONSES; i++) chip.trng.generate();
  requireHandedOverData(context);
  state.runtime = initialRuntimeState();
  state.runtime.eccCertChain = certificateChain(context, 'ecdsa-p384');
  state.runtime.mldsaCertChain = certificateChain(context, 'mldsa87');
  if (context.persistent.dpe.get('attestation_disabled') !== 0) disableAgain(context);
  resumeAfterReset(context);
  chip.soc.setField('CPTRA_FLOW_STATUS', 'ready_for_runtime', 1);
  yield* observe();
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
function resumeAfterReset(context: FirmwareContext): void {
  switch (context.chip.soc.resetReason) {
    case 'cold':
      initializeDpe(context);
      break;
    case 'update':
      updateDpe(context);
      break;
    case 'warm':
      resumeDpe(context);
      restoreVersions(context);
      break;
    default:
      throw new RotError('RUNTIME_UNKNOWN_RESET_FLOW');
  }
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

/** The command loop, also where a restored device goes on. */
export function* serveCommands(context: FirmwareContext): Firmware {
  const commands = commandTable(context);
  for (;;) {
    context.chip.soc.setField('CPTRA_FLOW_STATUS', 'mailbox_flow_done', 1);
    context.persistent.dpe.set('runtime_cmd_active', 0);
    if (context.state.runtime.selfTest === 'in-progress') yield* selfTest(context);
    yield* mailboxCommand(context, 'runtime-mailbox');
    context.chip.soc.setField('CPTRA_FLOW_STATUS', 'mailbox_flow_done', 0);
    context.persistent.dpe.set('runtime_cmd_active', 1);
    clearNonFatalError(context);
    const outcome = serve(context, commands);
    // Until the loop starts over, a reset still hits a running command.
    yield* observe();
    if (outcome === 'shutdown') throw new RotError('RUNTIME_SHUTDOWN');
    if (outcome === 'update') yield* requestUpdate(context);
  }
}

function commandTable({ options }: FirmwareContext): ReadonlyMap<number, RuntimeCommand> {
  return new Map([...RUNTIME_COMMANDS, ...options.commands].map((command) => [command.id, command]));
}

/** Between commands, while no client holds the mailbox. */
function* selfTest(context: FirmwareContext): Firmware {
  while (!mailboxIdle(context)) yield { for: 'mailbox-idle', ready: () => mailboxIdle(context) };
  yield* report(context, 'RtFipSelfTestStarted');
  runKnownAnswerTests(context);
  yield* report(context, 'RtFipSelfTestComplete');
  context.state.runtime.selfTest = 'done';
}

function serve(context: FirmwareContext, commands: ReadonlyMap<number, RuntimeCommand>): Outcome {
  const { mailbox } = context.chip;
  const { command: id, dlen, axiUser } = mailbox.pending() ?? NOTHING_PENDING;
  try {
    if (axiUser === RESERVED_AXI_USER) throw new RotError('RUNTIME_CMD_RESERVED_PAUSER');
    if (id === COMMAND_ID.FIRMWARE_LOAD) return 'update';
    mailbox.respond(sealMessage(0, execute(context, commands, id, dlen)));
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    context.reportError('CPTRA_FW_ERROR_NON_FATAL', error.code);
    mailbox.complete('CMD_FAILURE');
    return 'continue';
  }
  return id === COMMAND_ID.SHUTDOWN ? 'shutdown' : 'continue';
}

function execute(
  context: FirmwareContext,
  commands: ReadonlyMap<number, RuntimeCommand>,
  id: number,
  dlen: number,
): Uint8Array {
  const { mailbox } = context.chip;
  const message = mailbox.request();
  if (dlen > mailbox.sram.length || message.length < 4) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
  if (!hasValidChecksum(id, message)) throw new RotError('RUNTIME_INVALID_CHECKSUM');
  const command = commands.get(id);
  if (command === undefined) throw new RotError('RUNTIME_UNIMPLEMENTED_COMMAND');
  const response = runCommand(context, command, message) ?? headerOnly();
  if (response.length > mailbox.sram.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
  return response;
}

/** Asks for the reset of the core in which ROM takes the new firmware from the mailbox. */
function* requestUpdate({ chip: { soc } }: FirmwareContext): Firmware {
  soc.setField('INTERNAL_FW_UPDATE_RESET', 'core_rst', 1);
  for (;;) yield { for: 'update-reset', ready: () => false };
}
