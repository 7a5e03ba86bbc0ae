import { RotError } from '@rootcap/errors';
import { ImageManifest, verifyImage } from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';
import { FirmwareVerifyResp } from '../messages/layouts/soc-firmware.ts';
import { RESPONSE_HEADER } from '../messages/response.ts';
import { axiImage, type ImageSource, mailboxImage } from '../rom/image-source.ts';
import { verificationEnv } from '../rom/verification-env.ts';
import type { ExternalCommand } from './external-command.ts';

/** `verify_result` of FIRMWARE_VERIFY. */
export const FIRMWARE_VERIFY_RESULT = { SUCCESS: 0xdead_c0de, FAILURE: 0x2152_3f21 } as const;

/** Whether a bundle would be accepted as an update; nothing is changed. */
function verify(context: FirmwareContext, source: ImageSource): Uint8Array {
  let result: number = FIRMWARE_VERIFY_RESULT.SUCCESS;
  try {
    verifyImage(source.read(0, ImageManifest.size), verificationEnv(context, source), 'UpdateReset', source.size);
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    result = FIRMWARE_VERIFY_RESULT.FAILURE;
  }
  return FirmwareVerifyResp.encode({ hdr: RESPONSE_HEADER, verify_result: result });
}

/**
 * FIRMWARE_VERIFY of the bundle in the mailbox.
 *
 * @throws RotError IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH in subsystem mode, whose mailbox is too small for a manifest
 * @see caliptra-sw:runtime/src/firmware_verify.rs
 */
export function verifyMailboxFirmware(context: FirmwareContext, size: number): Uint8Array {
  const source = mailboxImage(context, size);
  if (source.available < ImageManifest.size) throw new RotError('IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH');
  return verify(context, source);
}

/** FIRMWARE_VERIFY of a bundle in the SoC's memory, by EXTERNAL_MAILBOX_CMD. */
export function verifyExternalFirmware(context: FirmwareContext, { address, size }: ExternalCommand): Uint8Array {
  return verify(context, axiImage(context, address, size));
}
