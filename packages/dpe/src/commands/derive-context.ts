import type { Infer } from '@rootcap/struct';
import type { DpeEnvironment } from '../environment.ts';
import { DEFAULT_HANDLE, INVALID_HANDLE } from '../handles.ts';
import { measured } from '../measurement.ts';
import { DeriveContextReq, DeriveContextResp } from '../messages.ts';
import { bitsOf, type DpeState, emptyContext } from '../state.ts';
import { CONTEXT_STATE, CONTEXT_TYPE, type Context } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { DERIVE_CONTEXT_FLAGS as FLAGS, has, SUPPORT } from '../support.ts';
import { type DpeCommand, requireRoom, respond } from './command.ts';
import { exportCdi } from './export-cdi.ts';
import { newHandle, rotated } from './new-handle.ts';

type Request = Infer<ReturnType<typeof DeriveContextReq>>;

/** Flags that need a feature. */
const NEEDS: readonly (readonly [keyof typeof FLAGS, number])[] = [
  ['INTERNAL_INPUT_INFO', SUPPORT.INTERNAL_INFO],
  ['INTERNAL_INPUT_DICE', SUPPORT.INTERNAL_DICE],
  ['RETAIN_PARENT_CONTEXT', SUPPORT.RETAIN_PARENT_CONTEXT],
  ['INPUT_ALLOW_X509', SUPPORT.X509],
  ['CREATE_CERTIFICATE', SUPPORT.CDI_EXPORT],
  ['EXPORT_CDI', SUPPORT.CDI_EXPORT],
  ['RECURSIVE', SUPPORT.RECURSIVE],
];

function requireSupport(support: number, flags: number): void {
  for (const [flag, feature] of NEEDS)
    if (has(flags, FLAGS[flag]) && !has(support, feature))
      throw new DpeError('ArgumentNotSupported', `${flag} is not supported`);
}

function refuse(reason: string): never {
  throw new DpeError('InvalidArgument', reason);
}

/** Combinations of flags and parent that never work. */
function requirePermission(parent: Context, flags: number): void {
  const set = (flag: keyof typeof FLAGS): boolean => has(flags, FLAGS[flag]);
  if (set('INPUT_ALLOW_X509') && parent.allow_x509 === 0) refuse('INPUT_ALLOW_X509: the parent has no permission');
  if (set('EXPORT_CDI')) {
    if (!set('CREATE_CERTIFICATE')) refuse('EXPORT_CDI: CREATE_CERTIFICATE expected');
    if (set('RECURSIVE')) refuse('EXPORT_CDI excludes RECURSIVE');
    if (set('CHANGE_LOCALITY')) refuse('EXPORT_CDI excludes CHANGE_LOCALITY');
    if (parent.context_type === CONTEXT_TYPE.SIMULATION) refuse('EXPORT_CDI: the parent is a simulation');
    if (parent.allow_export_cdi === 0) refuse('EXPORT_CDI: the parent has no permission');
  }
  if (set('RECURSIVE')) {
    if (set('RETAIN_PARENT_CONTEXT')) refuse('RECURSIVE excludes RETAIN_PARENT_CONTEXT');
    if (set('ALLOW_RECURSIVE')) refuse('RECURSIVE excludes ALLOW_RECURSIVE');
    if (parent.allow_recursive === 0) refuse('RECURSIVE: the context has no permission');
  }
}

/** RECURSIVE: one more measurement of the same context. */
function extend(env: DpeEnvironment, index: number, target: number, { data, tci_type }: Request): Uint8Array {
  requireRoom(env, DeriveContextResp(env.profile).size);
  const context = env.state.read(index);
  if (context.tci.tci_type !== tci_type)
    refuse(`RECURSIVE: tci_type ${tci_type}, ${context.tci.tci_type} expected as the context has`);
  if (context.locality !== target)
    throw new DpeError('InvalidLocality', `RECURSIVE: the context is not in locality ${target}`);
  const extended = rotated(env, measured(env, context, data));
  env.state.write(index, extended);
  return respond(env, DeriveContextResp(env.profile), { handle: extended.handle, parent_handle: DEFAULT_HANDLE });
}

function requireUniqueType(state: DpeState, parent: Context, tciType: number): void {
  for (const child of bitsOf(parent.children))
    if (state.read(child).tci.tci_type === tciType)
      refuse(
        `tci_type: ${tciType} is taken by another child of the parent; children of one context have different types`,
      );
}

/** A locality has either one default context or any number of others. */
function requireExclusive(state: DpeState, parent: number, target: number, flags: number): void {
  const present = state.active(target);
  const byDefault = state.defaultOf(target);
  const parentLeaves = byDefault === parent && !has(flags, FLAGS.RETAIN_PARENT_CONTEXT);
  const allowed = has(flags, FLAGS.MAKE_DEFAULT)
    ? present.length === 0 || (present.length === 1 && parentLeaves)
    : byDefault === undefined || parentLeaves;
  if (!allowed) refuse(`locality ${target} would have a default context beside another one`);
}

function childOf(env: DpeEnvironment, parent: Context, index: number, target: number, request: Request): Context {
  const { flags } = request;
  const flag = (name: keyof typeof FLAGS): number => (has(flags, FLAGS[name]) ? 1 : 0);
  const empty = emptyContext(env.state.hashSize);
  const child: Context = {
    ...empty,
    handle: flag('MAKE_DEFAULT') ? DEFAULT_HANDLE : newHandle(env),
    tci: { ...empty.tci, tci_type: request.tci_type, locality: target, svn: request.svn },
    locality: target,
    parent_idx: index,
    context_type: parent.context_type,
    state: CONTEXT_STATE.ACTIVE,
    uses_internal_input_info: flag('INTERNAL_INPUT_INFO'),
    uses_internal_input_dice: flag('INTERNAL_INPUT_DICE'),
    allow_x509: flag('INPUT_ALLOW_X509'),
    allow_export_cdi: flag('ALLOW_NEW_CONTEXT_TO_EXPORT') & parent.allow_export_cdi,
    allow_recursive: flag('ALLOW_RECURSIVE') & parent.allow_recursive,
  };
  return measured(env, child, request.data);
}

function handle(env: DpeEnvironment, locality: number, request: Request): Uint8Array {
  const { state } = env;
  const { flags } = request;
  requireSupport(state.support, flags);
  const index = state.find(request.handle, locality);
  const parent = state.read(index);
  requirePermission(parent, flags);
  const target = has(flags, FLAGS.CHANGE_LOCALITY) ? request.target_locality : locality;
  if (has(flags, FLAGS.RECURSIVE)) return extend(env, index, target, request);
  requireUniqueType(state, parent, request.tci_type);

  // The reference draws the parent's handle here, before the checks that follow.
  const left: Context = has(flags, FLAGS.RETAIN_PARENT_CONTEXT)
    ? rotated(env, parent)
    : { ...parent, state: CONTEXT_STATE.RETIRED, handle: INVALID_HANDLE };
  if (has(flags, FLAGS.EXPORT_CDI)) return exportCdi(env, index, left);

  requireRoom(env, DeriveContextResp(env.profile).size);
  const slot = state.freeSlot();
  requireExclusive(state, index, target, flags);
  const child = childOf(env, parent, index, target, request);
  state.write(slot, child);
  state.write(index, { ...left, children: left.children | (1n << BigInt(slot)) });
  return respond(env, DeriveContextResp(env.profile), { handle: child.handle, parent_handle: left.handle });
}

/** `DeriveContext`: a child with a measurement, one more measurement, or an exported CDI. dpe/src/commands/derive_context.rs */
export const DERIVE_CONTEXT: DpeCommand<Request> = {
  id: 0x08,
  name: 'DeriveContext',
  request: DeriveContextReq,
  handle,
};
