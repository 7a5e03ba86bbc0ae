import { RotError } from '@rootcap/errors';
import { AuthorizationManifest, IMAGE_SOURCES } from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';
import type { Firmware } from '../coroutine.ts';
import { dmaSha384 } from '../drivers/dma.ts';
import { BOOT_MODE } from '../memory/tables.ts';
import { manifestRecoveryReason, RECOVERY_REASON } from '../rom/recovery-reason.ts';
import { bootMcu, MCU_FW_STATUS, mcuSramAddress } from './mcu.ts';
import { pl0Locality } from './privilege.ts';
import { authorizeAndStash, MCU_FW_ID } from './soc-manifest/authorize.ts';
import { setAuthManifest } from './soc-manifest/load.ts';

const SOC_MANIFEST_IMAGE = 1;
const MCU_FIRMWARE_IMAGE = 2;
/** AES-GCM tag behind the ciphertext of an encrypted image. */
const GCM_TAG_SIZE = 16;

/** Leaves in the recovery interface why `operation` failed. */
function orRefuseImage(
  { drivers: { recovery } }: FirmwareContext,
  image: number,
  reasonOf: (error: RotError) => number,
  operation: () => void,
): void {
  try {
    operation();
  } catch (error) {
    if (error instanceof RotError) recovery.refuse(reasonOf(error), image);
    throw error;
  }
}

/**
 * The rest of a subsystem's streaming boot: takes the SoC manifest, then the firmware of the MCU, which has to be listed
 * in it, and lets the MCU run it. Encrypted firmware stays where it is for the MCU to decrypt.
 *
 * @throws RotError if either is refused
 * @see caliptra-sw:runtime/src/recovery_flow.rs
 */
export function* recoveryFlow(context: FirmwareContext): Firmware {
  const { recovery } = context.drivers;
  const manifest = yield* recovery.downloadToCaliptra(SOC_MANIFEST_IMAGE, AuthorizationManifest.size);
  orRefuseImage(
    context,
    SOC_MANIFEST_IMAGE,
    ({ symbol }) => manifestRecoveryReason(symbol),
    () => setAuthManifest(context, manifest, true),
  );
  recovery.release();
  const size = yield* recovery.download(MCU_FIRMWARE_IMAGE, mcuSramAddress(context));
  const digest = dmaSha384(context.chip, mcuSramAddress(context), size);
  orRefuseImage(
    context,
    MCU_FIRMWARE_IMAGE,
    () => RECOVERY_REASON.MAIN_FIRMWARE_AUTHENTICATION_FAILURE,
    () => authorizeMcuFirmware(context, digest),
  );
  if (context.persistent.rom.get('boot_mode') === BOOT_MODE.EncryptedFirmware) {
    leaveToMcu(context, size);
    return;
  }
  context.persistent.fw.set('mcu_firmware_loaded', MCU_FW_STATUS.Loaded);
  bootMcu(context);
}

function authorizeMcuFirmware(context: FirmwareContext, measurement: Uint8Array): void {
  const request = { fwId: MCU_FW_ID, measurement, source: IMAGE_SOURCES.inRequest, imageSize: 0 };
  const svn = context.persistent.dpe.get('soc_manifest_svn');
  const { authorized } = authorizeAndStash(context, request, { svn, locality: pl0Locality(context) });
  if (!authorized) throw new RotError('IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH', 'firmware of the MCU');
}

/** Encrypted firmware: size and digest of the ciphertext are all that the MCU asks for. */
function leaveToMcu(context: FirmwareContext, size: number): void {
  if (size < GCM_TAG_SIZE) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${size} bytes of MCU firmware`);
  const ciphertext = size - GCM_TAG_SIZE;
  const sha384 = dmaSha384(context.chip, mcuSramAddress(context), ciphertext);
  context.state.runtime.mcuFirmware = { size: ciphertext, sha384 };
  context.drivers.recovery.succeed();
}
