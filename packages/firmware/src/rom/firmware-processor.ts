import type { Validity } from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import { MCU_SRAM_OFFSET } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, mailboxCommand, OBSERVE, report } from '../coroutine.ts';
import { axiBase } from '../drivers/straps.ts';
import { zeroizeEngines } from '../fatal-error.ts';
import { haltIfHookSet } from '../fips-test-hooks.ts';
import { BOOT_MODE, MEASUREMENT_MAX_COUNT } from '../memory/tables.ts';
import { hasValidChecksum, sealMessage } from '../messages/checksum.ts';
import { COMMAND_ID } from '../messages/command-ids.ts';
import { clearNonFatalError } from '../non-fatal-error.ts';
import { without } from '../profile.ts';
import type { RomCommand } from './command.ts';
import { ROM_COMMANDS } from './commands/table.ts';
import { axiImage, mailboxImage } from './image-source.ts';
import { type FirmwareDelivery, loadFirmware } from './load-firmware.ts';
import { completeOcpLock } from './ocp-lock.ts';
import { recoveryReason } from './recovery-reason.ts';

const RESERVED_AXI_USER = 0xffff_ffff;
const IMAGE_BYTE_SIZE = 256 * 1024;

const RECOVERY_DOWNLOADS = (['RI_DOWNLOAD_FIRMWARE', 'RI_DOWNLOAD_ENCRYPTED_FIRMWARE'] as const).map((name) => ({
  name,
  id: COMMAND_ID[name],
}));

/** How firmware is to arrive: in the mailbox, or over the recovery interface. */
type Arrival = { readonly from: 'mailbox'; readonly size: number } | { readonly from: 'recovery' };

/**
 * Answers mailbox commands until firmware arrives, then verifies and loads it.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/fw_processor/mod.rs
 */
export function* processFirmware(context: FirmwareContext): Firmware<Validity> {
  const arrival = yield* answerCommands(context);
  const delivery =
    arrival.from === 'mailbox' ? mailboxDelivery(context, arrival.size) : yield* receiveRecoveryImage(context);
  yield* report(context, 'FwProcessorDownloadImageComplete');
  if (context.chip.soc.ocpLockEnabled) completeOcpLock(context);
  yield* haltIfHookSet(context, 'HALT_FW_LOAD');
  return yield* loadFirmware(context, delivery);
}

function* answerCommands(context: FirmwareContext): Firmware<Arrival> {
  const { absentRomCommands } = context.profile;
  const commands = new Map(without(absentRomCommands, ROM_COMMANDS).map((command) => [command.id, command]));
  const downloads = new Set<number>(without(absentRomCommands, RECOVERY_DOWNLOADS).map(({ id }) => id));
  for (;;) {
    yield* mailboxCommand(context, 'rom-mailbox');
    const pending = context.chip.mailbox.pending();
    if (pending === undefined) continue;
    clearNonFatalError(context);
    if (pending.axiUser === RESERVED_AXI_USER) throw new RotError('FW_PROC_MAILBOX_RESERVED_PAUSER');
    if (pending.command === COMMAND_ID.FIRMWARE_LOAD) return acceptFirmwareLoad(context, pending.dlen);
    if (downloads.has(pending.command)) return yield* acceptRecoveryDownload(context, pending.command);
    answer(context, commands, pending.command);
  }
}

function acceptFirmwareLoad({ chip }: FirmwareContext, size: number): Arrival {
  if (chip.soc.subsystemMode) throw new RotError('FW_PROC_MAILBOX_FW_LOAD_CMD_IN_SUBSYSTEM_MODE');
  if (size === 0 || size > IMAGE_BYTE_SIZE) throw new RotError('FW_PROC_INVALID_IMAGE_SIZE', `${size} bytes`);
  return { from: 'mailbox', size };
}

/** The command is completed before the download starts. */
function* acceptRecoveryDownload({ chip, persistent }: FirmwareContext, command: number): Firmware<Arrival> {
  if (!chip.soc.subsystemMode) {
    chip.mailbox.complete('CMD_FAILURE');
    // A host that polls sees the refusal before the code of it.
    yield OBSERVE;
    throw new RotError('FW_PROC_MAILBOX_INVALID_COMMAND', 'no recovery interface in passive mode');
  }
  if (command === COMMAND_ID.RI_DOWNLOAD_ENCRYPTED_FIRMWARE)
    persistent.rom.set('boot_mode', BOOT_MODE.EncryptedFirmware);
  chip.mailbox.complete('CMD_COMPLETE');
  return { from: 'recovery' };
}

function answer(context: FirmwareContext, commands: ReadonlyMap<number, RomCommand>, id: number): void {
  const { mailbox } = context.chip;
  const request = mailbox.request();
  if (request.length < 4) throw new RotError('FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH', `${request.length} bytes`);
  if (!hasValidChecksum(id, request)) throw new RotError('FW_PROC_MAILBOX_INVALID_CHECKSUM');
  const command = commands.get(id);
  if (command === undefined) throw new RotError('FW_PROC_MAILBOX_INVALID_COMMAND');
  if (id === COMMAND_ID.STASH_MEASUREMENT) refuseFullMeasurementLog(context);

  const response = command.handle(context, request);
  if (response === undefined) {
    mailbox.complete('CMD_FAILURE');
    return;
  }
  if (id === COMMAND_ID.SHUTDOWN) {
    context.chip.doe.clearSecrets();
    zeroizeEngines(context);
  }
  mailbox.respond(sealMessage(0, response));
  stopAfter(id, response);
}

/** A measurement that cannot be kept must not go unnoticed: the command fails, then ROM stops. */
function refuseFullMeasurementLog({ chip, persistent }: FirmwareContext): void {
  if (persistent.fht.get('meas_log_index') < MEASUREMENT_MAX_COUNT) return;
  chip.mailbox.complete('CMD_FAILURE');
  throw new RotError('FW_PROC_MAILBOX_STASH_MEASUREMENT_MAX_LIMIT');
}

/** Two commands end in a fatal code although they succeeded: the secrets they are about are gone. */
function stopAfter(id: number, response: Uint8Array): void {
  if (id === COMMAND_ID.SHUTDOWN) throw new RotError('RUNTIME_SHUTDOWN');
  if (id !== COMMAND_ID.ZEROIZE_UDS_FE) return;
  const succeeded = response[8] === 0;
  throw new RotError(succeeded ? 'UDS_FE_PROGRAMMING_ZEROIZATION_SUCCESS' : 'UDS_FE_PROGRAMMING_ZEROIZATION_FAILED');
}

function mailboxDelivery(context: FirmwareContext, size: number): FirmwareDelivery {
  return {
    source: mailboxImage(context, size),
    verified: () => {},
    loaded: () => context.chip.mailbox.complete('CMD_COMPLETE'),
  };
}

/** Streaming boot: takes image 0 from the recovery interface into the MCU's SRAM. */
function* receiveRecoveryImage(context: FirmwareContext): Firmware<FirmwareDelivery> {
  const { recovery } = context.drivers;
  const address = axiBase(context.chip.soc, 'SS_MCI_BASE_ADDR') + BigInt(MCU_SRAM_OFFSET);
  const size = yield* recovery.download(0, address);
  return {
    source: axiImage(context, address, size),
    verified: (error) => {
      recovery.release();
      if (error === undefined) recovery.await(1);
      else recovery.refuse(recoveryReason(error.symbol));
    },
    loaded: () => {},
  };
}
