import {
  CONTEXT_STATE,
  CONTEXT_TYPE,
  type Context,
  contextsOfType,
  DEFAULT_HANDLE,
  DpeError,
  type DpeState,
  MAX_TCI_NODES,
  updateMeasurement,
} from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { PCR_ID } from '../../rom/pcrs.ts';
import { pl0Locality } from '../privilege.ts';
import { requireFreeContext, rootContext } from './contexts.ts';
import { reportDpeDetail } from './invoke.ts';
import { deriveMeasurement } from './measure.ts';
import { dpeState } from './state.ts';

/** Contexts that the runtime keeps up to date itself: their TCI types, which read as ASCII most significant byte first. */
export const MANAGED_CONTEXTS = {
  /** Values the SoC configured before boot. */
  cciv: 0x4343_4956,
  /** Vendor part of the SoC manifest. */
  somv: 0x534f_4d56,
  /** Owner part of the SoC manifest. */
  somo: 0x534f_4d4f,
  /** Firmware of the MCU. */
  mcu_rt: 0x4d43_4657,
} as const;

export type ManagedContext = keyof typeof MANAGED_CONTEXTS;

const NO_INDEX = 0xff;

/** @see caliptra-sw:drivers/src/persistent.rs (CaliptraManagedDpeContextIndices) */
export function forgetManagedContexts({ persistent: { dpe } }: FirmwareContext): void {
  dpe.set('caliptra_managed_dpe_context_indices', {
    initialized: 0,
    cciv: NO_INDEX,
    mcu_rt: NO_INDEX,
    somv: NO_INDEX,
    somo: NO_INDEX,
    reserved: new Uint8Array(3).fill(NO_INDEX),
  });
}

/** Remembers the default context of a locality as a managed one. @throws RotError RUNTIME_DPE_CONTEXT_NOT_FOUND */
export function rememberManagedContext(context: FirmwareContext, managed: ManagedContext, locality: number): void {
  setIndex(
    context,
    managed,
    foundOrRefused(() => dpeState(context).find(DEFAULT_HANDLE, locality)),
  );
}

function setIndex({ persistent: { dpe } }: FirmwareContext, managed: ManagedContext, index: number): void {
  const indices = dpe.get('caliptra_managed_dpe_context_indices');
  dpe.set('caliptra_managed_dpe_context_indices', { ...indices, initialized: 1, [managed]: index });
}

function foundOrRefused(find: () => number): number {
  try {
    return find();
  } catch (error) {
    if (error instanceof DpeError) throw new RotError('RUNTIME_DPE_CONTEXT_NOT_FOUND', error.message);
    throw error;
  }
}

function indexOf({ persistent: { dpe } }: FirmwareContext, managed: ManagedContext): number | undefined {
  const indices = dpe.get('caliptra_managed_dpe_context_indices');
  const index = indices[managed];
  return indices.initialized === 0 || index === NO_INDEX ? undefined : index;
}

function isManaged(context: Context, managed: ManagedContext, locality: number | undefined): boolean {
  return (
    context.state !== CONTEXT_STATE.INACTIVE &&
    context.context_type === CONTEXT_TYPE.NORMAL &&
    context.tci.tci_type === MANAGED_CONTEXTS[managed] &&
    (locality === undefined || context.locality === locality)
  );
}

/**
 * Replaces the measurement of a managed context and tells PCR 31 of it. Nothing happens if there is no such context or the
 * measurement is the same.
 *
 * @param locality - where the context must be; any if left out
 * @throws RotError RUNTIME_DPE_CONTEXT_NOT_FOUND if another context is in its place
 * @see caliptra-sw:runtime/src/drivers.rs (update_caliptra_managed_measurement)
 */
export function updateManagedContext(
  context: FirmwareContext,
  managed: ManagedContext,
  measurement: Uint8Array,
  locality?: number,
): void {
  const { chip } = context;
  const index = indexOf(context, managed);
  if (index === undefined) return;
  const state = dpeState(context);
  const node = index < MAX_TCI_NODES ? state.read(index) : undefined;
  if (node === undefined || !isManaged(node, managed, locality))
    throw new RotError('RUNTIME_DPE_CONTEXT_NOT_FOUND', managed);
  const hash = (...parts: readonly Uint8Array[]): Uint8Array => chip.sha512.digest('sha384', ...parts);
  if (updateMeasurement(state, { hash }, index, measurement))
    chip.pcrBank.extend(PCR_ID.STASH_MEASUREMENT, measurement);
}

/**
 * Measures into a managed context, which is made on top of the locality's default context if there is none yet and
 * `create` says so.
 *
 * @throws RotError RUNTIME_AUTH_AND_STASH_MEASUREMENT_DPE_ERROR if the DPE refuses
 * @see caliptra-sw:runtime/src/drivers.rs (create_or_update_caliptra_managed_measurement)
 */
export function measureManagedContext(
  context: FirmwareContext,
  managed: ManagedContext,
  measurement: Uint8Array,
  { svn, locality, create }: { readonly svn: number; readonly locality: number; readonly create: boolean },
): void {
  if (indexOf(context, managed) !== undefined) {
    updateManagedContext(context, managed, measurement, locality);
    return;
  }
  if (!create) return;
  requireFreeContext(context, 'PL0');
  const refusal = deriveMeasurement(context, { measurement, tciType: MANAGED_CONTEXTS[managed], svn, locality });
  if (refusal !== undefined) {
    reportDpeDetail(context, refusal);
    throw new RotError('RUNTIME_AUTH_AND_STASH_MEASUREMENT_DPE_ERROR', refusal.message);
  }
  rememberManagedContext(context, managed, locality);
  context.chip.pcrBank.extend(PCR_ID.STASH_MEASUREMENT, measurement);
}

/** Finds the managed contexts of firmware that did not remember them. Only CCIV must be there. */
export function findManagedContexts(context: FirmwareContext): void {
  const { dpe } = context.persistent;
  if (dpe.get('attestation_disabled') !== 0) return;
  if (dpe.get('caliptra_managed_dpe_context_indices').initialized !== 0) return;
  const state = dpeState(context);
  const root = rootContext(state);
  const pl0 = pl0Locality(context);
  const cciv = contextsOf(state, 'cciv', (node) => node.parent_idx === root);
  if (cciv.length > 1) throw new RotError('RUNTIME_MULTIPLE_DPE_CONTEXTS_FOUND', 'cciv');
  if (cciv[0] === undefined) throw new RotError('RUNTIME_DPE_CONTEXT_NOT_FOUND', 'cciv');
  setIndex(context, 'cciv', cciv[0]);
  const others = {
    somv: contextsOf(state, 'somv'),
    somo: contextsOf(state, 'somo'),
    mcu_rt: contextsOf(state, 'mcu_rt', (node) => node.locality === pl0),
  };
  for (const [managed, [index, ...more]] of Object.entries(others))
    if (index !== undefined && more.length === 0) setIndex(context, managed as ManagedContext, index);
}

function contextsOf(
  state: DpeState,
  managed: ManagedContext,
  accepts: (node: Context) => boolean = () => true,
): number[] {
  return contextsOfType(state, MANAGED_CONTEXTS[managed]).filter((index) => accepts(state.read(index)));
}
