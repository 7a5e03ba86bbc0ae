import { equalBytes } from '@rootcap/crypto';
import type { DpeEnvironment } from '../environment.ts';
import { HANDLE_SIZE, isDefault } from '../handles.ts';
import { type Context, MAX_TCI_NODES } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';

const MAX_ATTEMPTS = 8;

/**
 * A random handle that no slot has and that is not the default one.
 *
 * @throws DpeError InternalError after eight attempts
 */
export function newHandle({ crypto, state }: DpeEnvironment): Uint8Array {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const handle = crypto.randomBytes(HANDLE_SIZE);
    if (isDefault(handle)) continue;
    let taken = false;
    for (let i = 0; i < MAX_TCI_NODES; i++) taken ||= equalBytes(state.handleOf(i), handle);
    if (!taken) return handle;
  }
  throw new DpeError('InternalError', `no unused handle in ${MAX_ATTEMPTS} attempts`);
}

/** The context with its one-time handle replaced. The default handle stays. */
export function rotated(env: DpeEnvironment, context: Context): Context {
  return isDefault(context.handle) ? context : { ...context, handle: newHandle(env) };
}
