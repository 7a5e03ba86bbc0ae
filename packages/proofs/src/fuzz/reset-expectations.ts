import { equalBytes } from '@rootcap/crypto';
import {
  CONTEXT_STATE,
  CONTEXT_TYPE,
  DpeError,
  DpeState,
  MAX_TCI_NODES,
  normalRoot,
  validateState,
} from '@rootcap/dpe';
import { errorName } from '@rootcap/errors';
import { BOOT_STATUS, KEY_ID, PCR_ID } from '@rootcap/firmware';
import { KEY_SLOTS, type ResetKind } from '@rootcap/hardware';
import type { Device } from 'rootcap';

/** What of a device decides how it comes back, or must come back with it. */
export interface Memory {
  readonly coldBootComplete: boolean;
  readonly updateStarted: boolean;
  readonly commandActive: boolean;
  readonly attestationDisabled: boolean;
  readonly pcrs: readonly Uint8Array[];
  readonly dpeState: Uint8Array;
  readonly identity: Uint8Array;
}

const HASH_SIZE = 48;

export function remember({ chip, context: { persistent } }: Device): Memory {
  const { dataVault, dpe, fht } = persistent;
  return {
    coldBootComplete: dataVault.get('rom_cold_boot_status') === BOOT_STATUS.ColdResetComplete,
    updateStarted: dataVault.get('rom_update_reset_status') === BOOT_STATUS.UpdateResetStarted,
    commandActive: dpe.get('runtime_cmd_active') !== 0,
    attestationDisabled: dpe.get('attestation_disabled') !== 0,
    pcrs: Array.from({ length: 32 }, (_, i) => chip.pcrBank.read(i)),
    dpeState: dpe.slice('state').slice(),
    identity: fht.slice('idev_dice_ecdsa_pub_key').slice(),
  };
}

/** What is wrong with a device that came back from a reset, as text; nothing if it is as the specification says. */
export function complaints(device: Device, kind: ResetKind, before: Memory, identity: Uint8Array): string[] {
  const found = [...whereItStands(device)];
  if (kind === 'cold') found.push(...afterPowerCycle(device, identity));
  else if (kind === 'warm') found.push(...afterWarmReset(device, before));
  if (device.state === 'runtime') found.push(...ofRuntime(device, kind, before));
  return found;
}

function* whereItStands(device: Device): Iterable<string> {
  const { chip } = device;
  const { fatal, nonFatal } = device.errors;
  for (const code of [fatal, nonFatal])
    if (code !== 0 && errorName(code) === undefined) yield `code 0x${code.toString(16)} is none of Caliptra's`;
  if (device.state === 'fatal') {
    if (fatal === 0) yield 'stopped without a code';
    for (let slot = 0; slot < KEY_SLOTS; slot++)
      if (!isLocked(device, slot) && chip.keyVault.inspect(slot).some((byte) => byte !== 0))
        yield `stopped with a key in slot ${slot}`;
  } else if (device.state !== 'runtime' && device.state !== 'awaiting-firmware') yield `hangs: ${device.state}`;
  else if (fatal !== 0 && errorName(fatal) === undefined) yield `goes on with ${fatal}`;
}

/** A locked key stays until the next reset, also where the firmware erases everything. */
function isLocked({ chip: { keyVault } }: Device, slot: number): boolean {
  return keyVault.isWriteLocked(slot) || keyVault.isUseLocked(slot);
}

/** A power cycle forgets everything but what is fused. */
function* afterPowerCycle(device: Device, identity: Uint8Array): Iterable<string> {
  const { chip, context, errors, state } = device;
  if (state !== 'awaiting-firmware') yield `after a power cycle: ${state}`;
  if (errors.fatal !== 0 || errors.nonFatal !== 0) yield 'an error outlived a power cycle';
  if (!equalBytes(context.persistent.fht.slice('idev_dice_ecdsa_pub_key'), identity)) yield 'another identity';
  for (let i = 0; i < 32; i++)
    if (chip.pcrBank.read(i).some((byte) => byte !== 0)) yield `PCR ${i} outlived a power cycle`;
  if (context.persistent.fw.bytes.some((byte) => byte !== 0)) yield 'tables of the runtime outlived a power cycle';
}

/** A warm reset brings the runtime back if boot and last update went through; otherwise ROM stops. */
function* afterWarmReset({ errors, state }: Device, before: Memory): Iterable<string> {
  const fatal = errorName(errors.fatal);
  const romStops = !before.coldBootComplete || before.updateStarted;
  if (romStops && state !== 'fatal') yield `an unsuccessful boot or update, and then ${state}`;
  if (before.coldBootComplete && before.updateStarted && fatal !== 'ROM_WARM_RESET_UNSUCCESSFUL_PREVIOUS_UPDATE_RESET')
    yield `an unsuccessful update, and then ${fatal}`;
  if (state === 'awaiting-firmware') yield 'a warm reset asks for firmware';
  if (!romStops && state === 'fatal' && !/^(FMC|RUNTIME|ROM_CFI)_/.test(fatal ?? '')) yield `ROM stops: ${fatal}`;
}

function* ofRuntime(device: Device, kind: ResetKind, before: Memory): Iterable<string> {
  const { chip, context } = device;
  const { dpe } = context.persistent;
  const disabled = dpe.get('attestation_disabled') !== 0;
  if (before.attestationDisabled && !disabled && kind !== 'cold') yield 'attestation came back';
  if (kind === 'warm' && before.commandActive && !disabled) yield 'attestation survived a reset in a command';
  for (const index of [PCR_ID.FMC_CURRENT, PCR_ID.FMC_JOURNEY, PCR_ID.STASH_MEASUREMENT])
    if (!chip.pcrBank.isLocked(index)) yield `PCR ${index} is not locked`;
  if (chip.soc.get('INTERNAL_ICCM_LOCK') !== 1) yield 'ICCM is not locked';
  for (const slot of [KEY_ID.STABLE_IDEV, KEY_ID.STABLE_LDEV])
    if (!chip.keyVault.isWriteLocked(slot)) yield `key ${slot} is not locked`;
  if (kind !== 'cold') yield* keptMeasurements(device, kind, before);
  const problem = dpeProblem(device);
  if (problem !== undefined && !disabled) yield `attestation goes on with a bad DPE: ${problem}`;
  if (!disabled && kind !== 'cold') yield* vouches(device);
  if (kind === 'warm' && !equalBytes(dpe.slice('state'), before.dpeState)) yield 'a warm reset changed the DPE';
}

/** The DPE's root is what the PCRs measured of the runtime. */
function* vouches({ chip, context: { persistent } }: Device): Iterable<string> {
  const state = new DpeState(persistent.dpe.slice('state'), HASH_SIZE);
  const root = normalRoot(state);
  if (root === undefined) return;
  const { tci_current, tci_cumulative } = state.read(root).tci;
  if (!equalBytes(tci_current, chip.pcrBank.read(PCR_ID.RT_FW_CURRENT))) yield 'the DPE has another runtime than PCR 2';
  if (!equalBytes(tci_cumulative, chip.pcrBank.read(PCR_ID.RT_FW_JOURNEY))) yield 'the DPE has another past than PCR 3';
}

/** A warm reset changes no PCR; an update those of the firmware, never what the SoC measured. */
function* keptMeasurements({ chip }: Device, kind: ResetKind, { pcrs }: Memory): Iterable<string> {
  const mayChange: readonly number[] = [
    PCR_ID.FMC_CURRENT,
    PCR_ID.FMC_JOURNEY,
    PCR_ID.RT_FW_CURRENT,
    PCR_ID.RT_FW_JOURNEY,
  ];
  for (const [i, before] of pcrs.entries())
    if (!equalBytes(chip.pcrBank.read(i), before) && !(kind === 'update' && mayChange.includes(i)))
      yield `PCR ${i} changed in a reset: ${kind}`;
}

/** Why the DPE would refuse its own state; nothing if it would not. */
function dpeProblem({ context: { persistent } }: Device): string | undefined {
  const state = new DpeState(persistent.dpe.slice('state'), HASH_SIZE);
  try {
    validateState(state);
    return undefined;
  } catch (error) {
    if (!(error instanceof DpeError)) throw error;
    return error.message;
  }
}

/** As in caliptra-dpe, a simulation begins where a default context is; the validator takes no such state. */
export function simulates({ context: { persistent } }: Device): boolean {
  const state = new DpeState(persistent.dpe.slice('state'), HASH_SIZE);
  return Array.from({ length: MAX_TCI_NODES }, (_, i) => state.read(i)).some(
    (context) => context.state !== CONTEXT_STATE.INACTIVE && context.context_type === CONTEXT_TYPE.SIMULATION,
  );
}
