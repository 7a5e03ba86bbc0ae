import { RotError } from '@rootcap/errors';
import { pl0PauserOf } from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';

export type PrivilegeLevel = 'PL0' | 'PL1';

/**
 * AXI user of the sender of the current command: its locality. The register keeps it when the command is over, so after an
 * update it is still the one that brought the firmware.
 */
export function callerLocality({ chip: { mailbox } }: FirmwareContext): number {
  return mailbox.get('MBOX_USER');
}

/** Locality that the image's header names for privilege level 0, whether its flag is set or not. */
export function pl0Locality({ persistent: { manifest } }: FirmwareContext): number {
  return manifest.get('header').pl0Pauser;
}

/** Without the header's flag nobody has level 0. */
export function privilegeOf({ persistent: { manifest } }: FirmwareContext, locality: number): PrivilegeLevel {
  return pl0PauserOf(manifest.get('header')) === locality ? 'PL0' : 'PL1';
}

/** Privilege level of the sender of the current command. */
export function callerPrivilege(context: FirmwareContext): PrivilegeLevel {
  return privilegeOf(context, callerLocality(context));
}

/** @throws RotError RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL */
export function ensurePl0(context: FirmwareContext): void {
  if (callerPrivilege(context) !== 'PL0') throw new RotError('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL');
}
