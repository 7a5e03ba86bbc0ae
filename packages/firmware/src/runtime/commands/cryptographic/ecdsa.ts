import { concatBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';
import type { EccKeyPair } from '../../../drivers/ecc384.ts';
import type { WrappedCmk } from '../../../messages/cmk.ts';
import {
  CmEcdsaPublicKeyReq,
  CmEcdsaPublicKeyResp,
  CmEcdsaSignReq,
  CmEcdsaSignResp,
  CmEcdsaVerifyReq,
} from '../../../messages/layouts/cm-asymmetric.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { unwrapFor } from './cmk.ts';
import { cmCommand, used } from './command.ts';

const SIZE = 48;

/** The key pair of a wrapped seed, made anew each time. */
function keyPair(context: FirmwareContext, wrapped: WrappedCmk): EccKeyPair {
  const { key_material } = unwrapFor(context, wrapped, CM_KEY_USAGE.ECDSA);
  return context.drivers.ecc384.keyPairFromBytes(key_material.subarray(0, SIZE));
}

export const ECDSA_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_ECDSA_PUBLIC_KEY', 'exact', CmEcdsaPublicKeyReq, (context, { cmk }) => {
    const { publicKey } = keyPair(context, cmk);
    return CmEcdsaPublicKeyResp.encode({
      hdr: RESPONSE_HEADER,
      public_key_x: publicKey.subarray(0, SIZE),
      public_key_y: publicKey.subarray(SIZE),
    });
  }),
  cmCommand('CM_ECDSA_SIGN', 'shorter', CmEcdsaSignReq, (context, { cmk, message, message_size }) => {
    const digest = context.chip.sha512.digest('sha384', used(message, message_size));
    const { publicKey, privateKey } = keyPair(context, cmk);
    const signature = context.drivers.ecc384.sign(privateKey, publicKey, digest);
    return CmEcdsaSignResp.encode({
      hdr: RESPONSE_HEADER,
      signature_r: signature.subarray(0, SIZE),
      signature_s: signature.subarray(SIZE),
    });
  }),
  cmCommand('CM_ECDSA_VERIFY', 'shorter', CmEcdsaVerifyReq, (context, request) => {
    const digest = context.chip.sha512.digest('sha384', used(request.message, request.message_size));
    const { publicKey } = keyPair(context, request.cmk);
    const signature = concatBytes(request.signature_r, request.signature_s);
    if (!context.drivers.ecc384.verify(publicKey, digest, signature))
      throw new RotError('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    return undefined;
  }),
];
