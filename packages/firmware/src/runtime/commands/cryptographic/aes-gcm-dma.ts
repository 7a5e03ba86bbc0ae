import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { Infer } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import { dmaRead, dmaSha384, dmaWrite } from '../../../drivers/dma.ts';
import { CmAesGcmDecryptDmaReq, CmAesGcmDecryptDmaResp } from '../../../messages/layouts/cm-aes-gcm.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import { decodeSized, pl0Only, type RuntimeCommand, rawCommand } from '../../command.ts';
import { ensurePl0 } from '../../privilege.ts';
import { unwrapForGcm } from './aes-gcm.ts';
import { used } from './command.ts';
import { gcmFinish, gcmStart } from './gcm.ts';

const KEY_SIZE = 32;

/**
 * Decrypts firmware where it lies on the AXI bus. The plaintext is in place of the ciphertext even if the tag is wrong;
 * only the response tells.
 *
 * @throws RotError RUNTIME_CMB_DMA_SHA384_MISMATCH if the ciphertext is not the announced one; it is then untouched
 */
function decryptInPlace(context: FirmwareContext, request: Infer<typeof CmAesGcmDecryptDmaReq>): Uint8Array {
  const { chip } = context;
  const aad = used(request.aad, request.aad_length);
  const { key_material } = unwrapForGcm(context, request.cmk, CM_KEY_USAGE.AES);
  const address = (BigInt(request.axi_addr_hi) << 32n) | BigInt(request.axi_addr_lo);
  if (!equalBytes(dmaSha384(chip, address, request.length), request.encrypted_data_sha384))
    throw new RotError('RUNTIME_CMB_DMA_SHA384_MISMATCH');
  const started = gcmStart(context, key_material.subarray(0, KEY_SIZE), request.iv, aad);
  const ciphertext = request.length === 0 ? new Uint8Array(0) : dmaRead(chip, address, request.length);
  const { output, tag } = gcmFinish(context, 'decrypt', started, ciphertext);
  if (output.length > 0) dmaWrite(chip, address, output);
  const tag_verified = equalBytes(tag, request.tag) ? 1 : 0;
  return CmAesGcmDecryptDmaResp.encode({ hdr: RESPONSE_HEADER, tag_verified });
}

const decryptDma = rawCommand('CM_AES_GCM_DECRYPT_DMA', CmAesGcmDecryptDmaReq, (context, message) => {
  if (!context.chip.soc.subsystemMode) throw new RotError('RUNTIME_CMB_DMA_NOT_SUBSYSTEM_MODE');
  ensurePl0(context);
  return decryptInPlace(
    context,
    decodeSized(CmAesGcmDecryptDmaReq, 'shorter', message, 'RUNTIME_MAILBOX_INVALID_PARAMS'),
  );
});

export const AES_GCM_DMA_COMMANDS: readonly RuntimeCommand[] = [pl0Only('own', decryptDma)];
