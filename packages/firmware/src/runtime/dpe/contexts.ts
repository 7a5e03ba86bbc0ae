import { CONTEXT_STATE, countContexts, type DpeState, MAX_TCI_NODES, normalRoot } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { type PrivilegeLevel, pl0Locality } from '../privilege.ts';
import { dpeState } from './state.ts';

/** Locality of the runtime itself. */
export const CALIPTRA_LOCALITY = 0xffff_ffff;

/** Contexts in use, active and retired, by the privilege level of their locality. */
export function usedContexts(context: FirmwareContext): Readonly<Record<PrivilegeLevel, number>> {
  const state = dpeState(context);
  const pl0 = pl0Locality(context);
  const ofPl0 = countContexts(state, (locality) => locality === pl0 || locality === CALIPTRA_LOCALITY);
  return { PL0: ofPl0, PL1: countContexts(state) - ofPl0 };
}

/** @throws RotError if a privilege level has as many contexts as it may, or more */
export function requireFreeContext(context: FirmwareContext, level: PrivilegeLevel): void {
  const used = usedContexts(context)[level];
  const limit = context.persistent.dpe.get(level === 'PL0' ? 'pl0_context_limit' : 'pl1_context_limit');
  if (used === limit) throw new RotError(`RUNTIME_${level}_USED_DPE_CONTEXT_THRESHOLD_REACHED`);
  if (used > limit) throw new RotError(`RUNTIME_${level}_USED_DPE_CONTEXT_THRESHOLD_EXCEEDED`);
}

/** Index of the context that measures the runtime itself. @throws RotError if there is none */
export function rootContext(state: DpeState): number {
  const root = normalRoot(state);
  if (root === undefined) throw new RotError('RUNTIME_UNABLE_TO_FIND_DPE_ROOT_CONTEXT');
  return root;
}

/** Takes the tags from contexts that are gone. */
export function clearTagsOfInactive(context: FirmwareContext): void {
  const { dpe } = context.persistent;
  const state = dpeState(context);
  const has = dpe.slice('context_has_tag');
  const tags = [...dpe.get('context_tags')];
  for (let i = 0; i < MAX_TCI_NODES; i++) {
    if (state.stateOf(i) !== CONTEXT_STATE.INACTIVE) continue;
    has[i] = 0;
    tags[i] = 0;
  }
  dpe.set('context_tags', tags);
}

/** Contexts that are gone must have no tag. @throws RotError */
export function requireCleanTags(context: FirmwareContext): void {
  const { dpe } = context.persistent;
  const state = dpeState(context);
  const has = dpe.slice('context_has_tag');
  const tags = dpe.get('context_tags');
  for (let i = 0; i < MAX_TCI_NODES; i++) {
    if (state.stateOf(i) !== CONTEXT_STATE.INACTIVE) continue;
    if (tags[i] !== 0) throw new RotError('RUNTIME_CONTEXT_TAGS_VALIDATION_FAILED', `context ${i}`);
    if (has[i] !== 0) throw new RotError('RUNTIME_CONTEXT_HAS_TAG_VALIDATION_FAILED', `context ${i}`);
  }
}
