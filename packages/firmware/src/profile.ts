import type { MeasuredGeneration, TemplateGeneration } from '@rootcap/dice';
import { CALIPTRA_STATUSES, type DpeStatuses, OCP_STATUSES } from '@rootcap/dpe';
import { MAILBOX_SIZE } from '@rootcap/hardware';
import type { FirmwareContext } from './context.ts';
import { COMMAND_ID, type CommandName } from './messages/command-ids.ts';

/** What differs between firmware releases in what a client can see. */
export interface FirmwareProfile {
  readonly name: FirmwareProfileName;
  /** CPTRA_FW_REV_ID[0][15:0]: major « 11 | minor « 6 | patch. */
  readonly romVersion: number;
  readonly templates: TemplateGeneration;
  /** Which device state ROM measures into PCR 0 and names in certificates. */
  readonly measured: MeasuredGeneration;
  /** Commands that the runtime does not know yet. */
  readonly absentCommands: ReadonlySet<CommandName>;
  /** Commands that ROM does not know yet. */
  readonly absentRomCommands: ReadonlySet<CommandName>;
  /** Commands that any client may send, though later releases keep them for privilege level 0. */
  readonly unprivilegedCommands: ReadonlySet<CommandName>;
  /** Bytes of a subsystem's mailbox. */
  readonly subsystemMailboxSize: number;
  /** Whether requests of ACTIVATE_FIRMWARE end with `flags`. */
  readonly activationFlags: boolean;
  /** Whether the stable owner key can be had. */
  readonly stableOwnerKey: boolean;
  /** DPE contexts that each privilege level may have at first. */
  readonly dpeContexts: number;
  /** Numbers of the DPE's refusals. */
  readonly dpeStatuses: DpeStatuses;
}

const version = (major: number, minor: number, patch: number): number => (major << 11) | (minor << 6) | patch;

/** What came with 2.1. */
const SINCE_2_1: readonly CommandName[] = [
  'CM_AES_GCM_DECRYPT_DMA',
  'CM_MLKEM_KEY_GEN',
  'CM_MLKEM_ENCAPSULATE',
  'CM_MLKEM_DECAPSULATE',
  'CM_SHAKE256_INIT',
  'CM_SHAKE256_UPDATE',
  'CM_SHAKE256_FINAL',
  'EXTERNAL_MAILBOX_CMD',
  'GET_MCU_FW_SIZE',
  'RI_DOWNLOAD_ENCRYPTED_FIRMWARE',
  'SIGN_WITH_EXPORTED_MLDSA',
  'ZEROIZE_UDS_FE',
  ...(Object.keys(COMMAND_ID) as CommandName[]).filter((name) => name.startsWith('OCP_LOCK_')),
];

/** What 2.1.3 took away from privilege level 1. */
const UNPRIVILEGED: readonly CommandName[] = [
  'ACTIVATE_FIRMWARE',
  'DISABLE_ATTESTATION',
  'FE_PROG',
  'SET_OWNER_AUTH_MANIFEST',
];

const NEWEST = {
  name: '2.1.3',
  romVersion: version(2, 1, 3),
  templates: '2.1',
  measured: '2.1.3',
  absentCommands: new Set(),
  absentRomCommands: new Set(),
  unprivilegedCommands: new Set(),
  subsystemMailboxSize: MAILBOX_SIZE.subsystem,
  activationFlags: true,
  stableOwnerKey: true,
  dpeContexts: 32,
  dpeStatuses: CALIPTRA_STATUSES,
} as const satisfies FirmwareProfile;

/**
 * ROM and runtime of a release: ROM 2.0.0 with firmware 2.0.3, ROM and firmware 2.1.2, and the main branch (2.1.3).
 *
 * @see caliptra-sw at tags rom-2.0.0, rom-2.1.2, fw-2.0.3, fw-2.1.2 and at e7dc50f2 (2.1.3)
 */
export const FIRMWARE_PROFILES: Readonly<Record<FirmwareProfileName, FirmwareProfile>> = {
  '2.0': {
    name: '2.0',
    romVersion: version(2, 0, 0),
    templates: '2.0',
    measured: '2.0',
    absentCommands: new Set(SINCE_2_1),
    absentRomCommands: new Set([...SINCE_2_1, 'CM_SHA']),
    unprivilegedCommands: new Set(UNPRIVILEGED),
    subsystemMailboxSize: MAILBOX_SIZE.passive,
    activationFlags: false,
    stableOwnerKey: false,
    dpeContexts: 16,
    dpeStatuses: OCP_STATUSES,
  },
  '2.1.2': {
    ...NEWEST,
    name: '2.1.2',
    romVersion: version(2, 1, 2),
    measured: '2.1.0',
    unprivilegedCommands: new Set(UNPRIVILEGED),
  },
  '2.1.3': NEWEST,
};

export type FirmwareProfileName = '2.0' | '2.1.2' | '2.1.3';

/** Whether commands, firmware bundles among them, may lie in the SoC's memory: a subsystem's mailbox is too small for them. */
export function takesExternalCommands({ chip, profile }: Pick<FirmwareContext, 'chip' | 'profile'>): boolean {
  return chip.soc.subsystemMode && !profile.absentCommands.has('EXTERNAL_MAILBOX_CMD');
}

/** The runtime's commands of a release among those of the newest. */
export function runtimeCommandsOf<Command extends { readonly name: string; readonly pl0?: unknown }>(
  { absentCommands, unprivilegedCommands }: FirmwareProfile,
  commands: readonly Command[],
): Command[] {
  const unprivileged = ({ pl0: _, ...command }: Command): Command => command as Command;
  return without(absentCommands, commands).map((command) =>
    (unprivilegedCommands as ReadonlySet<string>).has(command.name) ? unprivileged(command) : command,
  );
}

/** The commands that are not among the `absent`. */
export function without<Command extends { readonly name: string }>(
  absent: ReadonlySet<string>,
  commands: readonly Command[],
): Command[] {
  return commands.filter(({ name }) => !absent.has(name));
}
