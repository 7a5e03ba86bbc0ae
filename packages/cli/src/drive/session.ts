import { resolve } from 'node:path';
import type { DriveParams, DriveVerb } from '@rootcap/drive';
import { askDrive } from '@rootcap/drive/node';
import type { Parties } from '@rootcap/kms';
import { connectKeyService } from '@rootcap/kms/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';

/** Where a served drive listens for the commands of this program. */
export function controlSocket(terminal: Terminal, directory: string): string {
  return resolve(terminal.io.cwd, directory, 'control.sock');
}

/** Asks the drive that another process serves. */
export function ask(
  terminal: Terminal,
  directory: string,
  verb: DriveVerb,
  params: DriveParams = {},
): Promise<unknown> {
  return askDrive(controlSocket(terminal, directory), verb, params);
}

export interface PinArguments {
  readonly pinFile?: string;
}

export function addPinOption(command: Command): Command {
  return command.option('--pin-file <file>', 'its first line is the PIN (default: the variable ROOTCAP_DRIVE_PIN)');
}

/** The PIN, if one was given. A command line is no place for it: others see it. */
export function pinOf(terminal: Terminal, { pinFile }: PinArguments): { readonly pin?: string } {
  const pin =
    pinFile === undefined
      ? terminal.io.env.ROOTCAP_DRIVE_PIN
      : utf8Text(terminal.read(pinFile, '--pin-file')).split(/\r?\n/)[0];
  return pin === undefined || pin === '' ? {} : { pin };
}

export interface KmsArguments {
  readonly kms?: string;
  readonly binding?: readonly string[];
}

export function addKmsOptions(command: Command): Command {
  return command
    .option('--kms <endpoint>', 'key service: unix:PATH, http://HOST:PORT or https://HOST:PORT')
    .option('--binding <id...>', 'whose access keys, as the key service names them');
}

/** Both sides of a flow with a key service, and the bindings. @throws UsageError for one option without the other */
export function partiesOf(
  terminal: Terminal,
  directory: string,
  { kms, binding = [] }: KmsArguments,
): { readonly parties: Parties; readonly bindings: readonly string[] } | undefined {
  if (kms === undefined && binding.length === 0) return undefined;
  if (kms === undefined || binding.length === 0) throw new UsageError('--kms and --binding: one needs the other');
  const at = kms.startsWith('unix:') ? `unix:${resolve(terminal.io.cwd, kms.slice('unix:'.length))}` : kms;
  return {
    parties: { drive: (verb, params) => ask(terminal, directory, verb, params), kms: connectKeyService(at) },
    bindings: binding,
  };
}
