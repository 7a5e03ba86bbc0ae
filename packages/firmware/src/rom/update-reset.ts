import { RotError } from '@rootcap/errors';
import { ImageManifest, type ImageVerificationInfo, verifyImage } from '@rootcap/image';
import { BOOT_STATUS } from '../boot-status.ts';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { COMMAND_ID } from '../messages/command-ids.ts';
import { ExternalMailboxCmdReq } from '../messages/layouts/soc-firmware.ts';
import { takesExternalCommands } from '../profile.ts';
import { axiImage, type ImageSource, mailboxImage, readRange } from './image-source.ts';
import { extendKeyLadder } from './key-ladder.ts';
import { copyToIccm, verifyLoaded } from './load-firmware.ts';
import { extendFmcPcrs } from './pcrs.ts';
import { verificationEnv } from './verification-env.ts';
import { relockKeys, requireRomData } from './warm-reset.ts';

const ACCESS_FAILURE = 'ROM_UPDATE_RESET_FLOW_MAILBOX_ACCESS_FAILURE';

/**
 * Replaces the runtime while FMC and all identities below it stay. A refusal leaves the old firmware in place; the
 * data vault then tells a later warm reset that the update did not end well.
 *
 * @throws RotError that the caller reports as non-fatal; the code is in the register before the command fails
 * @see caliptra-sw:rom/dev/src/flow/update_reset.rs
 */
export function* updateReset(context: FirmwareContext): Firmware {
  const { chip, persistent } = context;
  yield* report(context, 'UpdateResetStarted');
  relockKeys(context);
  requireRomData(context);
  persistent.dataVault.set('rom_update_reset_status', BOOT_STATUS.UpdateResetStarted);
  if (chip.mailbox.pending() === undefined) throw new RotError('ROM_UPDATE_RESET_FLOW_MAILBOX_ACCESS_FAILURE');
  let manifest: Uint8Array;
  try {
    manifest = yield* replaceRuntime(context);
  } catch (error) {
    if (error instanceof RotError) context.reportError('CPTRA_FW_ERROR_NON_FATAL', error.code);
    chip.mailbox.complete('CMD_FAILURE');
    throw error;
  }
  yield* report(context, 'UpdateResetLoadImageComplete');
  persistent.rom.set('manifest1', manifest);
  yield* report(context, 'UpdateResetOverwriteManifestComplete');
  chip.soc.set('CPTRA_FW_REV_ID', ImageManifest.decode(manifest).runtime.version, 1);
  persistent.dataVault.set('rom_update_reset_status', BOOT_STATUS.UpdateResetComplete);
  yield* report(context, 'UpdateResetComplete');
}

function* replaceRuntime(context: FirmwareContext): Firmware<Uint8Array> {
  const { chip } = context;
  const source = updateSource(context);
  const manifestBytes = readRange(source, 0, ImageManifest.size, ACCESS_FAILURE).slice();
  yield* report(context, 'UpdateResetLoadManifestComplete');
  const info = verifyImage(manifestBytes, verificationEnv(context, source), 'UpdateReset', source.size);
  yield* report(context, 'UpdateResetImageVerificationComplete');

  const steps = updateDataVault(context, info);
  yield* report(context, 'UpdateResetPopulateDataVaultComplete');
  extendKeyLadder(context, steps);
  yield* report(context, 'UpdateResetExtendKeyLadderComplete');
  extendFmcPcrs(context);
  yield* report(context, 'UpdateResetExtendPcrComplete');

  const manifest = ImageManifest.decode(manifestBytes);
  copyToIccm(context, source, manifest.runtime, ImageManifest.size + manifest.fmc.size, ACCESS_FAILURE);
  verifyLoaded(context, manifest.runtime, 'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH');
  chip.mailbox.complete('CMD_COMPLETE');
  return manifestBytes;
}

/** The mailbox itself, or in subsystem mode since 2.1 the staging area that the command names. */
function updateSource(context: FirmwareContext): ImageSource {
  const { mailbox } = context.chip;
  const external = takesExternalCommands(context);
  const pending = mailbox.pending();
  if (pending === undefined) throw new RotError(ACCESS_FAILURE);
  if (external && pending.command === COMMAND_ID.EXTERNAL_MAILBOX_CMD) {
    const request = ExternalMailboxCmdReq.decodeFrom(mailbox.sram);
    if (request.command_id !== COMMAND_ID.FIRMWARE_LOAD)
      throw new RotError('ROM_UPDATE_RESET_FLOW_INVALID_FIRMWARE_COMMAND');
    const address = (BigInt(request.axi_address_start_high) << 32n) | BigInt(request.axi_address_start_low);
    return axiImage(context, address, request.command_size);
  }
  if (pending.command !== COMMAND_ID.FIRMWARE_LOAD)
    throw new RotError('ROM_UPDATE_RESET_FLOW_INVALID_FIRMWARE_COMMAND');
  if (external) throw new RotError('ROM_UPDATE_RESET_FLOW_IMAGE_NOT_IN_MCU_SRAM');
  return mailboxImage(context, pending.dlen);
}

/** @returns how far the key ladder goes down: never up again */
function updateDataVault({ persistent: { dataVault } }: FirmwareContext, info: ImageVerificationInfo): number {
  const before = dataVault.get('fw_min_svn');
  const after = Math.min(before, info.fwSvn);
  dataVault.set('rt_tci', info.runtime.digest);
  dataVault.set('fw_svn', info.fwSvn);
  dataVault.set('fw_min_svn', after);
  dataVault.set('rt_entry_point', info.runtime.entryPoint);
  return before - after;
}
