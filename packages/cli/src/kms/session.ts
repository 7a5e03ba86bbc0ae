import { resolve } from 'node:path';
import { systemEntropy } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { anyStatePolicy, type CreateOptions, KeyService, type KeyServiceOptions } from '@rootcap/kms';
import { nativeScrypt, openFileStore } from '@rootcap/kms/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { readCertificates } from '../load-certificates.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';

/** Options of every command that opens a store. */
export interface StoreArguments {
  readonly passphraseFile?: string;
  readonly anyState?: true;
}

export function addStoreOptions(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    'its first line is the passphrase (default: the variable ROOTCAP_KMS_PASSPHRASE)',
  );
}

/** @throws UsageError without a passphrase */
function passphraseOf(terminal: Terminal, { passphraseFile }: StoreArguments): string {
  const given =
    passphraseFile === undefined
      ? terminal.io.env.ROOTCAP_KMS_PASSPHRASE
      : utf8Text(terminal.read(passphraseFile, '--passphrase-file')).split(/\r?\n/)[0];
  if (given === undefined || given === '')
    throw new UsageError('--passphrase-file: expected one, or the variable ROOTCAP_KMS_PASSPHRASE');
  return given;
}

/** Opens the files of a store, whether it exists or not, for as long as `use` runs. */
async function withPorts<T>(
  terminal: Terminal,
  directory: string,
  args: StoreArguments,
  use: (options: KeyServiceOptions) => T | Promise<T>,
): Promise<T> {
  const passphrase = passphraseOf(terminal, args);
  const files = openFileStore(resolve(terminal.io.cwd, directory));
  try {
    return await use({
      provider: defaultProvider(),
      entropy: systemEntropy(),
      now: () => new Date().toISOString(),
      store: files.store,
      log: files.log,
      passphrase,
      scrypt: nativeScrypt,
      ...(args.anyState === true ? { policy: anyStatePolicy } : {}),
    });
  } finally {
    files.close();
  }
}

/** Runs `use` with an open service, and closes it. @throws KmsError if it cannot be opened */
export function withService<T>(
  terminal: Terminal,
  directory: string,
  args: StoreArguments,
  use: (service: KeyService) => T | Promise<T>,
): Promise<T> {
  return withPorts(terminal, directory, args, async (options) => {
    const service = KeyService.open(options);
    try {
      return await use(service);
    } finally {
      service.close();
    }
  });
}

/** Makes a store. @throws KmsError `store-exists` */
export function createStore(
  terminal: Terminal,
  directory: string,
  args: StoreArguments,
  roots: CreateOptions['roots'],
): Promise<KeyService> {
  return withPorts(terminal, directory, args, (options) => {
    const service = KeyService.create({ ...options, roots });
    service.close();
    return service;
  });
}

/** Certificates of files as DER. @throws UsageError if there is none */
export function chainOf(terminal: Terminal, paths: readonly string[], argument: string): Uint8Array[] {
  const certificates = readCertificates(terminal, paths, argument);
  if (certificates.length === 0) throw new UsageError(`${argument}: no certificate in it`);
  return certificates.map(({ der }) => der);
}
