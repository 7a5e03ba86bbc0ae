import type { Infer } from '@rootcap/struct';
import type { DpeEnvironment } from '../environment.ts';
import { DEFAULT_HANDLE } from '../handles.ts';
import { NewHandleResp, RotateContextHandleReq } from '../messages.ts';
import { DpeError } from '../statuses.ts';
import { has, ROTATE_CONTEXT_FLAGS, SUPPORT } from '../support.ts';
import { type DpeCommand, requireRoom, respond } from './command.ts';
import { newHandle } from './new-handle.ts';

type Request = Infer<ReturnType<typeof RotateContextHandleReq>>;

function handle(env: DpeEnvironment, locality: number, request: Request): Uint8Array {
  const { state, profile } = env;
  if (!has(state.support, SUPPORT.ROTATE_CONTEXT))
    throw new DpeError('InvalidCommand', 'RotateContextHandle is not supported');
  requireRoom(env, NewHandleResp(profile).size);
  const index = state.find(request.handle, locality);
  const toDefault = has(request.flags, ROTATE_CONTEXT_FLAGS.TARGET_IS_DEFAULT);
  if (toDefault && (state.defaultOf(locality) !== undefined || state.active(locality).length > 1))
    throw new DpeError('InvalidArgument', `TARGET_IS_DEFAULT: locality ${locality} has another context`);
  const next = toDefault ? DEFAULT_HANDLE : newHandle(env);
  state.write(index, { ...state.read(index), handle: next });
  return respond(env, NewHandleResp(profile), { handle: next });
}

/**
 * `RotateContextHandle`: a new handle, or the default one. A context never changes its locality, which is part of what it
 * attests. dpe/src/commands/rotate_context.rs
 */
export const ROTATE_CONTEXT_HANDLE: DpeCommand<Request> = {
  id: 0x0e,
  name: 'RotateContextHandle',
  request: RotateContextHandleReq,
  handle,
};
