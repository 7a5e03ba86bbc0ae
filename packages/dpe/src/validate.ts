import { isDefault } from './handles.ts';
import { bitsOf, type DpeState } from './state.ts';
import {
  CONTEXT_STATE,
  CONTEXT_TYPE,
  type Context,
  MAX_TCI_NODES,
  ROOT_INDEX,
  STATE_MARKER,
  STATE_VERSION,
} from './state-layout.ts';
import { DpeError, type DpeStatusName } from './statuses.ts';
import { has, SUPPORT } from './support.ts';

function fail(status: DpeStatusName, where: string): never {
  throw new DpeError(status, where);
}

/**
 * Judges a state that comes from memory: layout, tree shape, localities and the features that contexts use. Caliptra runs
 * it after a warm or update reset.
 *
 * @throws DpeError with a status 0x0300_00xx for the first defect found
 * @see caliptra-dpe:dpe/src/validation.rs
 */
export function validateState(state: DpeState): void {
  const { marker, version } = state.head;
  if (marker !== STATE_MARKER) fail('InvalidMarker', `marker: ${marker}, ${STATE_MARKER} expected`);
  if (version !== STATE_VERSION) fail('VersionMismatch', `version: ${version}, ${STATE_VERSION} expected`);
  const contexts = Array.from({ length: MAX_TCI_NODES }, (_, index) => state.read(index));
  for (const [index, context] of contexts.entries()) {
    requireSupported(state.support, context, index);
    requireSoundSlot(state, contexts, index);
  }
  requireExclusiveDefaults(contexts);
  requireForest(contexts);
}

function requireSupported(support: number, context: Context, index: number): void {
  const where = `context ${index}`;
  if (!has(support, SUPPORT.SIMULATION) && context.context_type === CONTEXT_TYPE.SIMULATION)
    fail('SimulationNotSupported', where);
  if (!has(support, SUPPORT.INTERNAL_DICE) && context.uses_internal_input_dice !== 0)
    fail('InternalDiceNotSupported', where);
  if (!has(support, SUPPORT.INTERNAL_INFO) && context.uses_internal_input_info !== 0)
    fail('InternalInfoNotSupported', where);
  // A root always has the permission, whatever is supported.
  if (context.parent_idx !== ROOT_INDEX && !has(support, SUPPORT.X509) && context.allow_x509 !== 0)
    fail('AllowX509NotSupported', where);
}

function requireSoundSlot(state: DpeState, contexts: readonly Context[], index: number): void {
  const context = contexts[index] as Context;
  const where = `context ${index}`;
  if (context.state === CONTEXT_STATE.INACTIVE) requireClean(context, where);
  else if (context.state === CONTEXT_STATE.ACTIVE) {
    if (context.context_type === CONTEXT_TYPE.NORMAL && !state.hasInitialized) fail('DpeNotMarkedInitialized', where);
    requireLinks(contexts, index);
  } else if (context.state === CONTEXT_STATE.RETIRED) {
    requireLinks(contexts, index);
    if (context.children === 0n) fail('DanglingRetiredContext', where);
  } else fail('BadContextState', `${where}: state ${context.state}`);
  if (context.context_type !== CONTEXT_TYPE.NORMAL && context.context_type !== CONTEXT_TYPE.SIMULATION)
    fail('BadContextType', `${where}: type ${context.context_type}`);
  if (context.locality !== context.tci.locality)
    fail('LocalityMismatch', `${where}: locality ${context.locality}, its measurement has ${context.tci.locality}`);
}

/** An unused slot holds nothing. */
function requireClean(context: Context, where: string): void {
  const { tci } = context;
  if (context.parent_idx !== ROOT_INDEX) fail('InactiveContextInvalidParent', where);
  if (context.children !== 0n) fail('InactiveContextWithChildren', where);
  if (
    tci.tci_type !== 0 ||
    tci.locality !== 0 ||
    tci.svn !== 0 ||
    tci.tci_cumulative.some((byte) => byte !== 0) ||
    tci.tci_current.some((byte) => byte !== 0)
  )
    fail('InactiveContextWithMeasurement', where);
  if (context.uses_internal_input_dice !== 0 || context.allow_x509 !== 0 || context.uses_internal_input_info !== 0)
    fail('InactiveContextWithFlagSet', where);
}

/** Parent and children of a context in use exist, are in use, and know it. */
function requireLinks(contexts: readonly Context[], index: number): void {
  const { parent_idx, children } = contexts[index] as Context;
  if (parent_idx !== ROOT_INDEX) {
    const where = `context ${index}: parent ${parent_idx}`;
    const parent = contexts[parent_idx];
    if (parent === undefined) fail('ParentDoesNotExist', where);
    if (parent.state === CONTEXT_STATE.INACTIVE) fail('InactiveParent', where);
    if (!bitsOf(parent.children).includes(index)) fail('ParentChildLinksCorrupted', where);
  }
  for (const child of bitsOf(children)) {
    const where = `context ${index}: child ${child}`;
    const { state, parent_idx: back } = contexts[child] as Context;
    if (state === CONTEXT_STATE.INACTIVE) fail('InactiveChild', where);
    if (back !== index) fail('ParentChildLinksCorrupted', where);
  }
}

/** A locality has one default context or any number of others. */
function requireExclusiveDefaults(contexts: readonly Context[]): void {
  const active = contexts.filter(({ state }) => state === CONTEXT_STATE.ACTIVE);
  for (const locality of new Set(contexts.map((context) => context.locality))) {
    let defaults = 0;
    let others = 0;
    for (const context of active) {
      if (context.locality !== locality) continue;
      if (isDefault(context.handle)) defaults++;
      else others++;
      if (defaults > 1) fail('MultipleDefaultContexts', `locality ${locality}`);
      if (defaults > 0 && others > 0) fail('MixedContextLocality', `locality ${locality}`);
    }
  }
}

/** Contexts form disjoint trees, each of one type, at most one of them normal. */
function requireForest(contexts: readonly Context[]): void {
  const parents = new Array<number>(MAX_TCI_NODES).fill(0);
  for (const { children } of contexts) for (const child of bitsOf(children)) parents[child] = (parents[child] ?? 0) + 1;
  const shared = parents.findIndex((count) => count > 1);
  if (shared >= 0) fail('ChildWithMultipleParents', `context ${shared}`);

  const seen = new Set<number>();
  let normalTrees = 0;
  for (const [index, { state, context_type }] of contexts.entries()) {
    if (parents[index] !== 0 || state === CONTEXT_STATE.INACTIVE) continue;
    if (context_type === CONTEXT_TYPE.NORMAL) normalTrees++;
    visit(contexts, index, context_type, seen);
  }
  if (normalTrees > 1) fail('MultipleNormalConnectedComponents', `${normalTrees} trees`);
  const unreached = contexts.findIndex(({ state }, index) => state !== CONTEXT_STATE.INACTIVE && !seen.has(index));
  if (unreached >= 0) fail('CyclesInTree', `context ${unreached}`);
}

function visit(contexts: readonly Context[], index: number, type: number, seen: Set<number>): void {
  const { state, context_type, children } = contexts[index] as Context;
  if (state === CONTEXT_STATE.INACTIVE || seen.has(index)) fail('CyclesInTree', `context ${index}`);
  if (context_type !== type) fail('MixedContextTypeConnectedComponents', `context ${index}`);
  seen.add(index);
  for (const child of bitsOf(children)) visit(contexts, child, type, seen);
}
