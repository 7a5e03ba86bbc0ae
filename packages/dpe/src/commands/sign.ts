import type { Infer } from '@rootcap/struct';
import { derivedKey } from '../derived-key.ts';
import type { DpeEnvironment } from '../environment.ts';
import { MAX_RAW_SIZE, SignRawReq, SignReq, SignResp } from '../messages.ts';
import type { SignData } from '../port.ts';
import type { DpeProfile } from '../profiles.ts';
import { CONTEXT_TYPE } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { has, SIGN_FLAGS } from '../support.ts';
import { type DpeCommand, type RequestLayout, requireRoom, respond } from './command.ts';
import { rotated } from './new-handle.ts';

type SignRequest = Infer<ReturnType<typeof SignReq>>;
type SignRawRequest = Infer<ReturnType<typeof SignRawReq>>;

/** Only ML-DSA has the raw form; ECC ignores the flags. */
function layoutOf(profile: DpeProfile, body?: Uint8Array): RequestLayout<SignRequest | SignRawRequest> {
  const layout = SignReq(profile);
  if (profile.algorithm !== 'mldsa87' || body === undefined) return layout;
  const at = layout.offsetOf('flags');
  const flags = body.length < at + 4 ? 0 : new DataView(body.buffer, body.byteOffset).getUint32(at, true);
  return has(flags, SIGN_FLAGS.IS_RAW) ? SignRawReq(profile) : layout;
}

function dataOf(profile: DpeProfile, request: SignRequest | SignRawRequest): SignData {
  if ('raw_data' in request) return { kind: 'message', bytes: request.raw_data.subarray(0, request.size) };
  return { kind: profile.algorithm === 'mldsa87' ? 'mu' : 'digest', bytes: request.tbs };
}

function handle(env: DpeEnvironment, locality: number, request: SignRequest | SignRawRequest): Uint8Array {
  const { state, profile } = env;
  const index = state.find(request.handle, locality);
  const context = state.read(index);
  if (context.context_type === CONTEXT_TYPE.SIMULATION)
    throw new DpeError('InvalidArgument', 'handle: a simulation context does not sign');
  const layout = SignResp(profile);
  const signature = derivedKey(env, index, request.label).sign(dataOf(profile, request));
  requireRoom(env, layout.size);
  const next = rotated(env, context);
  state.write(index, next);
  return respond(env, layout, {
    new_context_handle: next.handle,
    signature,
    padding: new Uint8Array(layout.size - layout.offsetOf('padding')),
  });
}

/** `Sign` with the key of a context and a label: a digest, an external mu, or (IS_RAW) a message. dpe/src/commands/sign.rs */
export const SIGN: DpeCommand<SignRequest | SignRawRequest> = {
  id: 0x0a,
  name: 'Sign',
  request: layoutOf,
  validate(request) {
    if ('raw_data' in request && request.size > MAX_RAW_SIZE)
      throw new DpeError('InvalidArgument', `size: ${request.size} bytes, at most ${MAX_RAW_SIZE} expected`);
  },
  handle,
};
