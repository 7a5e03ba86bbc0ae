import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';
import type { WrappedCmk } from '../../../messages/cmk.ts';
import {
  CmMldsaPublicKeyReq,
  CmMldsaPublicKeyResp,
  CmMldsaSignReq,
  CmMldsaSignResp,
  CmMldsaVerifyReq,
} from '../../../messages/layouts/cm-asymmetric.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import { registerForm } from '../../../rom/certificates.ts';
import type { RuntimeCommand } from '../../command.ts';
import { unwrapFor } from './cmk.ts';
import { cmCommand, used } from './command.ts';

const SEED_SIZE = 32;

/** A wrapped seed and its public key, made anew each time. */
function keyPair(context: FirmwareContext, wrapped: WrappedCmk) {
  const seed = unwrapFor(context, wrapped, CM_KEY_USAGE.MLDSA).key_material.slice(0, SEED_SIZE);
  return { seed, publicKey: context.drivers.mldsa87.keyPair(seed) };
}

/** Pure ML-DSA-87 with empty context; signatures are deterministic. */
export const MLDSA_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_MLDSA_PUBLIC_KEY', 'exact', CmMldsaPublicKeyReq, (context, { cmk }) =>
    CmMldsaPublicKeyResp.encode({ hdr: RESPONSE_HEADER, public_key: keyPair(context, cmk).publicKey }),
  ),
  cmCommand('CM_MLDSA_SIGN', 'shorter', CmMldsaSignReq, (context, { cmk, message, message_size }) => {
    const signed = used(message, message_size);
    const { seed, publicKey } = keyPair(context, cmk);
    const signature = registerForm('mldsa87', context.drivers.mldsa87.sign(seed, publicKey, signed));
    return CmMldsaSignResp.encode({ hdr: RESPONSE_HEADER, signature });
  }),
  cmCommand('CM_MLDSA_VERIFY', 'shorter', CmMldsaVerifyReq, (context, request) => {
    const signed = used(request.message, request.message_size);
    const { publicKey } = keyPair(context, request.cmk);
    if (!context.drivers.mldsa87.verify(publicKey, signed, request.signature))
      throw new RotError('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    return undefined;
  }),
];
