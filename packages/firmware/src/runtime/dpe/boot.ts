import { equalBytes } from '@rootcap/crypto';
import {
  ALL_SUPPORT,
  DpeError,
  DpeState,
  INITIALIZE_CONTEXT_FLAGS,
  runCommand,
  setMeasurement,
  validateState,
} from '@rootcap/dpe';
import { type ErrorName, RotError } from '@rootcap/errors';
import { u32 } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { PCR_ID } from '../../rom/pcrs.ts';
import { disableAttestation } from '../disable-attestation.ts';
import { callerPrivilege, pl0Locality } from '../privilege.ts';
import { CALIPTRA_LOCALITY, requireCleanTags, requireFreeContext, rootContext } from './contexts.ts';
import { reportDpeDetail, withDpe } from './invoke.ts';
import {
  findManagedContexts,
  forgetManagedContexts,
  MANAGED_CONTEXTS,
  rememberManagedContext,
  updateManagedContext,
} from './managed-contexts.ts';
import { deriveMeasurement, type Measurement } from './measure.ts';
import { dpeState, SHA384_SIZE } from './state.ts';

/** "RTMR": the runtime, as PCRs 2 and 3 measure it. */
const RT_TCI_TYPE = 0x5254_4d52;
const MAILBOX_USER_SLOTS = 5;

/**
 * Contexts of a cold boot: the runtime itself, then what the SoC configured, then what ROM was given to measure.
 *
 * @throws RotError if ROM's measurements do not fit, or the DPE refuses
 * @see caliptra-sw:runtime/src/drivers.rs (initialize_dpe)
 */
export function initializeDpe(context: FirmwareContext): void {
  const { dpe } = context.persistent;
  forgetManagedContexts(context);
  dpe.set('pl0_context_limit', context.profile.dpeContexts);
  dpe.set('pl1_context_limit', context.profile.dpeContexts);
  measureRuntime(context);
  const pl0 = pl0Locality(context);
  derive(context, 'RUNTIME_ADD_CCIV_MEASUREMENT_TO_DPE_FAILED', {
    measurement: initializationValuesHash(context),
    tciType: MANAGED_CONTEXTS.cciv,
    svn: 0,
    locality: pl0,
    from: CALIPTRA_LOCALITY,
  });
  rememberManagedContext(context, 'cciv', pl0);
  for (const { pcr_entry, metadata } of context.persistent.measurementLog()) {
    requireFreeContext(context, callerPrivilege(context));
    derive(context, 'RUNTIME_ADD_ROM_MEASUREMENTS_TO_DPE_FAILED', {
      measurement: pcr_entry.pcr_data,
      tciType: u32.read(metadata, 0),
      svn: 0,
      locality: pl0,
    });
  }
}

function derive(context: FirmwareContext, failure: ErrorName, measurement: Measurement): void {
  const refusal = deriveMeasurement(context, measurement);
  if (refusal === undefined) return;
  reportDpeDetail(context, refusal);
  throw new RotError(failure, refusal.message);
}

/** The root: current from PCR 2, cumulative from PCR 3. */
function measureRuntime(context: FirmwareContext): void {
  const { chip, persistent } = context;
  DpeState.create({ hashSize: SHA384_SIZE, support: ALL_SUPPORT }, persistent.dpe.slice('state'));
  try {
    withDpe(context, 'ecdsa-p384', { withUeid: false }, (env) =>
      runCommand(env, CALIPTRA_LOCALITY, {
        name: 'InitializeContext',
        request: { flags: INITIALIZE_CONTEXT_FLAGS.DEFAULT },
      }),
    );
  } catch (error) {
    if (error instanceof DpeError) throw new RotError('RUNTIME_INITIALIZE_DPE_FAILED', error.message);
    throw error;
  }
  const state = dpeState(context);
  const root = rootContext(state);
  const node = state.read(root);
  state.write(root, { ...node, tci: { ...node.tci, tci_type: RT_TCI_TYPE } });
  measureFromPcrs(chip, state, root);
}

function measureFromPcrs({ pcrBank }: FirmwareContext['chip'], state: DpeState, root: number): void {
  setMeasurement(state, root, pcrBank.read(PCR_ID.RT_FW_CURRENT), pcrBank.read(PCR_ID.RT_FW_JOURNEY));
}

/**
 * SHA-384 over what the SoC chose before boot: users of locked mailbox slots, and where firmware lies.
 *
 * @see caliptra-sw:runtime/src/drivers.rs (compute_initialization_values_hash)
 */
function initializationValuesHash({ chip: { soc, sha512 }, persistent: { manifest } }: FirmwareContext): Uint8Array {
  const words: number[] = [];
  for (let i = 0; i < MAILBOX_USER_SLOTS; i++)
    if ((soc.get('CPTRA_MBOX_AXI_USER_LOCK', i) & 1) !== 0) words.push(soc.get('CPTRA_MBOX_VALID_AXI_USER', i));
  const { pl0Pauser, flags } = manifest.get('header');
  const fmc = manifest.get('fmc');
  const runtime = manifest.get('runtime');
  words.push(pl0Pauser, flags, fmc.loadAddr, fmc.entryPoint, runtime.loadAddr, runtime.entryPoint);
  const bytes = new Uint8Array(4 * words.length);
  words.forEach((word, i) => {
    new DataView(bytes.buffer).setUint32(4 * i, word, true);
  });
  return sha512.digest('sha384', bytes);
}

/** After an update the DPE is kept; it learns of the new runtime. */
export function updateDpe(context: FirmwareContext): void {
  validateDpe(context);
  requireCleanTags(context);
  findManagedContexts(context);
  const state = dpeState(context);
  measureFromPcrs(context.chip, state, rootContext(state));
  if (context.persistent.dpe.get('attestation_disabled') === 0)
    updateManagedContext(context, 'cciv', initializationValuesHash(context));
}

/** After a warm reset the DPE must be as it was, and vouch for the runtime that the PCRs know. */
export function resumeDpe(context: FirmwareContext): void {
  validateDpe(context);
  requireCleanTags(context);
  const state = dpeState(context);
  const { tci } = state.read(rootContext(state));
  const { pcrBank } = context.chip;
  const otherwise = 'RUNTIME_DISABLE_ATTESTATION_FAILED_PCR_VALIDATION';
  if (!equalBytes(tci.tci_current, pcrBank.read(PCR_ID.RT_FW_CURRENT)))
    distrust(context, 'RUNTIME_RT_CURRENT_PCR_VALIDATION_FAILED', otherwise);
  else if (!equalBytes(tci.tci_cumulative, pcrBank.read(PCR_ID.RT_FW_JOURNEY)))
    distrust(context, 'RUNTIME_RT_JOURNEY_PCR_VALIDATION_FAILED', otherwise);
}

/** Contexts that survived a reset: attestation ends if they are damaged or too many. */
function validateDpe(context: FirmwareContext): void {
  try {
    validateState(dpeState(context));
    requireFreeContext(context, callerPrivilege(context));
  } catch (error) {
    if (error instanceof RotError) distrust(context, error.symbol, 'RUNTIME_DISABLE_ATTESTATION_FAILED_DPE_LIMITS');
    else if (error instanceof DpeError) {
      distrust(context, 'RUNTIME_DPE_VALIDATION_FAILED', 'RUNTIME_DISABLE_ATTESTATION_FAILED_DPE_VALIDATION');
      context.chip.soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', context.profile.dpeStatuses[error.status], 0);
    } else throw error;
  }
}

/** Disables attestation and says why. @param otherwise - code of the fatal error if that fails */
export function distrust(context: FirmwareContext, reason: ErrorName, otherwise: ErrorName): void {
  try {
    disableAttestation(context);
  } catch (error) {
    if (error instanceof RotError) throw new RotError(otherwise, error.message);
    throw error;
  }
  context.reportError('CPTRA_FW_ERROR_NON_FATAL', new RotError(reason).code);
}
