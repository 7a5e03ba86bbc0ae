import type { Infer } from '@rootcap/struct';
import type { DpeEnvironment } from '../environment.ts';
import { DEFAULT_HANDLE } from '../handles.ts';
import { InitializeContextReq, NewHandleResp } from '../messages.ts';
import { emptyContext } from '../state.ts';
import { CONTEXT_STATE, CONTEXT_TYPE } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { INITIALIZE_CONTEXT_FLAGS as FLAGS, has, SUPPORT } from '../support.ts';
import { type DpeCommand, requireRoom, respond } from './command.ts';
import { newHandle } from './new-handle.ts';

function handle(
  env: DpeEnvironment,
  locality: number,
  { flags }: Infer<ReturnType<typeof InitializeContextReq>>,
): Uint8Array {
  const { state, profile } = env;
  requireRoom(env, NewHandleResp(profile).size);
  const isDefault = has(flags, FLAGS.DEFAULT);
  const isSimulation = has(flags, FLAGS.SIMULATION);
  if (isDefault && state.hasInitialized)
    throw new DpeError('ArgumentNotSupported', 'DEFAULT: the default context was made before');
  if (isSimulation && !has(state.support, SUPPORT.SIMULATION))
    throw new DpeError('ArgumentNotSupported', 'SIMULATION is not supported');
  if (isDefault === isSimulation) throw new DpeError('InvalidArgument', 'flags: DEFAULT or SIMULATION expected');
  const slot = state.freeSlot();
  const empty = emptyContext(state.hashSize);
  const contextHandle = isDefault ? DEFAULT_HANDLE : newHandle(env);
  state.write(slot, {
    ...empty,
    handle: contextHandle,
    tci: { ...empty.tci, locality },
    locality,
    context_type: isDefault ? CONTEXT_TYPE.NORMAL : CONTEXT_TYPE.SIMULATION,
    state: CONTEXT_STATE.ACTIVE,
    allow_x509: 1,
    allow_export_cdi: 1,
    allow_recursive: isDefault ? 1 : 0,
  });
  if (isDefault) state.markInitialized();
  return respond(env, NewHandleResp(profile), { handle: contextHandle });
}

/** `InitializeContext`: the default context, once, or a simulation context. dpe/src/commands/initialize_context.rs */
export const INITIALIZE_CONTEXT: DpeCommand<Infer<ReturnType<typeof InitializeContextReq>>> = {
  id: 0x07,
  name: 'InitializeContext',
  request: InitializeContextReq,
  handle,
};
