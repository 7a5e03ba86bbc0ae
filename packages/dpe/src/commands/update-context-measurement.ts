import type { Infer } from '@rootcap/struct';
import type { DpeEnvironment } from '../environment.ts';
import { isDefault } from '../handles.ts';
import { measured } from '../measurement.ts';
import { UpdateContextMeasurementReq, UpdateContextMeasurementResp } from '../messages.ts';
import { bitsOf, type DpeState } from '../state.ts';
import { CONTEXT_STATE } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { type DpeCommand, requireRoom, respond } from './command.ts';
import { rotated } from './new-handle.ts';

type Request = Infer<ReturnType<typeof UpdateContextMeasurementReq>>;

function findParent(state: DpeState, handle: Uint8Array, locality: number): number {
  try {
    return state.find(handle, locality);
  } catch (error) {
    if (error instanceof DpeError) throw new DpeError('InvalidParentLocality', `parent_handle: ${error.message}`);
    throw error;
  }
}

function handle(env: DpeEnvironment, locality: number, request: Request): Uint8Array {
  const { state, profile } = env;
  if (isDefault(request.parent_handle))
    throw new DpeError('InvalidArgument', 'parent_handle: the default handle is refused');
  const parentIndex = findParent(state, request.parent_handle, locality);
  const parent = state.read(parentIndex);
  const childIndex = bitsOf(parent.children).find(
    (i) => state.stateOf(i) === CONTEXT_STATE.ACTIVE && state.read(i).tci.tci_type === request.tci_type,
  );
  if (childIndex === undefined)
    throw new DpeError('InvalidArgument', `tci_type: the parent has no active child of type ${request.tci_type}`);
  requireRoom(env, UpdateContextMeasurementResp(profile).size);
  const extended = measured(env, state.read(childIndex), request.data);
  // Drawn in this order: the parent's handle, then the child's.
  const nextParent = rotated(env, parent);
  const nextChild = rotated(env, extended);
  state.write(parentIndex, nextParent);
  state.write(childIndex, nextChild);
  return respond(env, UpdateContextMeasurementResp(profile), {
    new_context_handle: nextChild.handle,
    new_parent_context_handle: nextParent.handle,
  });
}

/** `UpdateContextMeasurement` (vendor): the parent extends a child, in whatever locality. dpe/src/commands/update_context_measurement.rs */
export const UPDATE_CONTEXT_MEASUREMENT: DpeCommand<Request> = {
  id: 0x8000_0000,
  name: 'UpdateContextMeasurement',
  request: UpdateContextMeasurementReq,
  handle,
};
