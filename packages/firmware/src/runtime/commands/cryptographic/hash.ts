import { concatBytes } from '@rootcap/crypto';
import type { Infer } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import { CmShaFinalReq, CmShaInitReq, CmShaInitResp, CmShaUpdateReq } from '../../../messages/layouts/cm-hash.ts';
import { RESPONSE_HEADER, varSizeResponse } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { requireHash } from './cmk.ts';
import { cmCommand, used } from './command.ts';
import { ShaContext } from './contexts.ts';

type Running = Infer<typeof ShaContext>;

const BLOCK = 128;

/** What the client's context says has been hashed, and what waits for a whole block. */
function resume({ length, input_buffer, intermediate_hash }: Running, input: Uint8Array) {
  const waiting = length % BLOCK;
  return {
    data: concatBytes(input_buffer.subarray(0, waiting), input),
    // Before the first block there is no chaining value to go on from.
    state: length >= BLOCK ? intermediate_hash : undefined,
    total: (length + input.length) >>> 0,
  };
}

function absorb({ chip }: FirmwareContext, context: Running, input: Uint8Array): Running {
  const { mode } = requireHash(context.hash_algorithm);
  const { data, state, total } = resume(context, input);
  const whole = data.length - (data.length % BLOCK);
  const input_buffer = context.input_buffer.slice();
  input_buffer.set(data.subarray(whole));
  const intermediate_hash =
    whole === 0 ? context.intermediate_hash : chip.sha512.hashBlocks(mode, data.subarray(0, whole), state);
  return { ...context, length: total, input_buffer, intermediate_hash };
}

function response(context: Running): Uint8Array {
  return CmShaInitResp.encode({ hdr: RESPONSE_HEADER, context: ShaContext.encode(context) });
}

/** @see caliptra-sw:runtime/src/cryptographic_mailbox.rs, drivers/src/sha2_512_384.rs (resume, save_buffer) */
export const HASH_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_SHA_INIT', 'shorter', CmShaInitReq, (context, { hash_algorithm, input, input_size }) => {
    const empty = {
      length: 0,
      hash_algorithm,
      input_buffer: new Uint8Array(128),
      intermediate_hash: new Uint8Array(64),
    };
    return response(absorb(context, empty, used(input, input_size)));
  }),
  cmCommand('CM_SHA_UPDATE', 'shorter', CmShaUpdateReq, (context, request) => {
    const input = used(request.input, request.input_size);
    return response(absorb(context, ShaContext.decode(request.context), input));
  }),
  cmCommand('CM_SHA_FINAL', 'shorter', CmShaFinalReq, (context, request) => {
    const input = used(request.input, request.input_size);
    const running = ShaContext.decode(request.context);
    const { mode } = requireHash(running.hash_algorithm);
    const { data, state, total } = resume(running, input);
    const { sha512 } = context.chip;
    const whole = data.length - (data.length % BLOCK);
    const chaining = sha512.hashBlocks(mode, data.subarray(0, whole), state);
    return varSizeResponse(sha512.finishBlocks(mode, chaining, data.subarray(whole), total));
  }),
];
