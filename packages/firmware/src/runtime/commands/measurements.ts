import { DpeError } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import {
  GetTaggedTciReq,
  GetTaggedTciResp,
  ReallocateDpeContextLimitsReq,
  ReallocateDpeContextLimitsResp,
  StashMeasurementReq,
  StashMeasurementResp,
  TagTciReq,
} from '../../messages/layouts/dpe.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import { pl0Only, type RuntimeCommand, runtimeCommand } from '../command.ts';
import { usedContexts } from '../dpe/contexts.ts';
import { stashMeasurement } from '../dpe/stash.ts';
import { dpeState } from '../dpe/state.ts';
import { callerLocality } from '../privilege.ts';

const MIN_PL0_CONTEXTS = 2;

/** Context that a tag names. */
function taggedContext({ persistent: { dpe } }: FirmwareContext, tag: number): number {
  const has = dpe.slice('context_has_tag');
  return dpe.get('context_tags').findIndex((value, i) => value === tag && has[i] !== 0);
}

/** @see caliptra-sw:runtime/src/tagging.rs (TagTciCmd) */
function tagTci(context: FirmwareContext, { handle, tag }: ReturnType<typeof TagTciReq.decode>): undefined {
  const { dpe } = context.persistent;
  if (taggedContext(context, tag) >= 0) throw new RotError('RUNTIME_DUPLICATE_TAG', `tag ${tag}`);
  const index = contextOfCaller(context, handle);
  const has = dpe.slice('context_has_tag');
  if (has[index] !== 0) throw new RotError('RUNTIME_CONTEXT_ALREADY_TAGGED');
  has[index] = 1;
  dpe.set(
    'context_tags',
    dpe.get('context_tags').map((value, i) => (i === index ? tag : value)),
  );
}

function contextOfCaller(context: FirmwareContext, handle: Uint8Array): number {
  try {
    return dpeState(context).find(handle, callerLocality(context));
  } catch (error) {
    if (error instanceof DpeError) throw new RotError('RUNTIME_TAGGING_FAILURE', error.message);
    throw error;
  }
}

/** @see caliptra-sw:runtime/src/tagging.rs (GetTaggedTciCmd) */
function getTaggedTci(context: FirmwareContext, { tag }: ReturnType<typeof GetTaggedTciReq.decode>): Uint8Array {
  const index = taggedContext(context, tag);
  if (index < 0) throw new RotError('RUNTIME_TAGGING_FAILURE', `tag ${tag}`);
  const { tci_cumulative, tci_current, svn } = dpeState(context).read(index).tci;
  return GetTaggedTciResp.encode({ hdr: RESPONSE_HEADER, tci_cumulative, tci_current, svn });
}

/** @see caliptra-sw:runtime/src/reallocate_dpe_context_limits.rs */
function reallocateContextLimits(context: FirmwareContext, pl0: number): Uint8Array {
  const { profile } = context;
  const { dpe } = context.persistent;
  if (pl0 < MIN_PL0_CONTEXTS) throw new RotError('RUNTIME_REALLOCATE_DPE_CONTEXTS_PL0_LESS_THAN_MIN');
  const total = 2 * profile.dpeContexts;
  if (pl0 > total) throw new RotError('RUNTIME_REALLOCATE_DPE_CONTEXTS_PL0_GREATER_THAN_MAX');
  const pl1 = total - pl0;
  const used = usedContexts(context);
  if (pl0 < used.PL0) throw new RotError('RUNTIME_REALLOCATE_DPE_CONTEXTS_PL0_LESS_THAN_USED');
  if (pl1 < used.PL1) throw new RotError('RUNTIME_REALLOCATE_DPE_CONTEXTS_PL1_LESS_THAN_USED');
  dpe.set('pl0_context_limit', pl0);
  dpe.set('pl1_context_limit', pl1);
  return ReallocateDpeContextLimitsResp.encode({
    hdr: RESPONSE_HEADER,
    new_pl0_context_limit: pl0,
    new_pl1_context_limit: pl1,
  });
}

const stash = runtimeCommand('STASH_MEASUREMENT', 'exact', StashMeasurementReq, (context, request) => {
  const { metadata, measurement, svn } = request;
  const refusal = stashMeasurement(context, { metadata, measurement, svn, locality: callerLocality(context) });
  const dpe_result = context.profile.dpeStatuses[refusal?.status ?? 'NoError'];
  return StashMeasurementResp.encode({ hdr: RESPONSE_HEADER, dpe_result });
});

const reallocate = runtimeCommand(
  'REALLOCATE_DPE_CONTEXT_LIMITS',
  'exact',
  ReallocateDpeContextLimitsReq,
  (context, { pl0_context_limit }) => reallocateContextLimits(context, pl0_context_limit),
);

export const MEASUREMENT_COMMANDS: readonly RuntimeCommand[] = [
  pl0Only('first', stash),
  runtimeCommand('DPE_TAG_TCI', 'exact', TagTciReq, tagTci),
  runtimeCommand('DPE_GET_TAGGED_TCI', 'exact', GetTaggedTciReq, getTaggedTci),
  pl0Only('decoded', reallocate),
];
