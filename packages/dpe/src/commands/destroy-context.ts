import type { Infer } from '@rootcap/struct';
import { DestroyContextReq, NoBody } from '../messages.ts';
import { bitsOf, type DpeState, destroyed } from '../state.ts';
import { CONTEXT_STATE, MAX_TCI_NODES, ROOT_INDEX } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { type DpeCommand, respond } from './command.ts';

/** A context and all its descendants. @throws DpeError InvalidHandle or InternalError if the tree is damaged */
function subtree(state: DpeState, root: number): Set<number> {
  const found = new Set([root]);
  for (const index of found) {
    if (state.stateOf(index) === CONTEXT_STATE.INACTIVE)
      throw new DpeError('InvalidHandle', `descendant ${index} of context ${root} is not in use`);
    for (const child of bitsOf(state.read(index).children)) found.add(child);
  }
  return found;
}

/** The Retired ancestors that have no other child than the one on the way up from `index`. */
function* retiredAncestors(state: DpeState, index: number): Generator<number> {
  for (let at = state.read(index).parent_idx; at !== ROOT_INDEX; ) {
    const { state: kind, children, parent_idx } = state.read(at);
    if (kind !== CONTEXT_STATE.RETIRED || bitsOf(children).length !== 1) return;
    yield at;
    at = parent_idx;
  }
}

/** Destroys a context, its descendants in any locality, and the retired chain above that only led to it. */
export function destroy(state: DpeState, index: number): void {
  const doomed = new Set([...subtree(state, index), ...retiredAncestors(state, index)]);
  let mask = 0n;
  for (const at of doomed) mask |= 1n << BigInt(at);
  for (let i = 0; i < MAX_TCI_NODES; i++) {
    const context = state.read(i);
    if (doomed.has(i)) state.write(i, destroyed(context));
    else if ((context.children & mask) !== 0n) state.write(i, { ...context, children: context.children & ~mask });
  }
}

/** `DestroyContext`. dpe/src/commands/destroy_context.rs */
export const DESTROY_CONTEXT: DpeCommand<Infer<ReturnType<typeof DestroyContextReq>>> = {
  id: 0x0f,
  name: 'DestroyContext',
  request: DestroyContextReq,
  handle(env, locality, request) {
    destroy(env.state, env.state.find(request.handle, locality));
    return respond(env, NoBody(env.profile), {});
  },
};
