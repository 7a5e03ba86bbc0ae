import { concatBytes, equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';
import {
  CmShake256FinalReq,
  CmShake256FinalResp,
  CmShake256InitReq,
  CmShake256InitResp,
  CmShake256UpdateReq,
} from '../../../messages/layouts/cm-hash.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { cmCommand, used } from './command.ts';
import { openContext, Shake256Context, sealContext } from './contexts.ts';

const DIGEST_SIZE = 64;

function response(context: FirmwareContext, token: Uint8Array): Uint8Array {
  return CmShake256InitResp.encode({
    hdr: RESPONSE_HEADER,
    context: sealContext(context, Shake256Context, { token }),
  });
}

/**
 * Gives more of the message to the operation that the client's context names. The sponge stays in the engine, which has
 * one only: a newer CM_SHAKE256_INIT ends what was under way.
 *
 * @throws RotError RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH
 */
function absorb(context: FirmwareContext, sealed: Uint8Array, input: Uint8Array): Uint8Array {
  const { token } = openContext(context, Shake256Context, sealed);
  const running = context.state.runtime.cryptographicMailbox.shake256;
  if (running === undefined || !equalBytes(running.token, token))
    throw new RotError('RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH');
  running.message = concatBytes(running.message, input);
  return token;
}

/** @see caliptra-sw:runtime/src/cryptographic_mailbox.rs, drivers/src/sha3.rs (shake256_streaming_start) */
export const SHAKE_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_SHAKE256_INIT', 'shorter', CmShake256InitReq, (context, { input, input_size }) => {
    const message = used(input, input_size).slice();
    // The four words as a number, first one highest, little-endian in the context.
    const token = context.chip.trng.generate4().slice().reverse();
    context.state.runtime.cryptographicMailbox.shake256 = { token, message };
    return response(context, token);
  }),
  cmCommand('CM_SHAKE256_UPDATE', 'shorter', CmShake256UpdateReq, (context, request) =>
    response(context, absorb(context, request.context, used(request.input, request.input_size))),
  ),
  cmCommand('CM_SHAKE256_FINAL', 'shorter', CmShake256FinalReq, (context, request) => {
    absorb(context, request.context, used(request.input, request.input_size));
    const { cryptographicMailbox } = context.state.runtime;
    const message = cryptographicMailbox.shake256?.message ?? new Uint8Array(0);
    cryptographicMailbox.shake256 = undefined;
    const hash = context.provider.xof.digest('shake256', DIGEST_SIZE, message);
    return CmShake256FinalResp.encode({ hdr: RESPONSE_HEADER, hash });
  }),
];
