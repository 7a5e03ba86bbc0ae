import type { CryptoProvider } from '@rootcap/crypto';
import {
  demoKeys,
  demoManifestKeys,
  type ManifestSigner,
  type OwnerKeys,
  type OwnerPublicKeys,
  ownerPublicKeys,
  type PqcKeyType,
} from '@rootcap/image';
import type { Command } from 'commander';
import { UsageError } from './errors.ts';
import { readEccKey, readMlDsaKey, readPublicKey } from './keys.ts';
import { MANIFEST_SIGNERS } from './manifest-file.ts';
import type { Terminal } from './terminal.ts';

/** Options of each signer: `--vendor-firmware-ecc-key` and so on. */
type KeyOption = `${ManifestSigner}${'EccKey' | 'MldsaKey' | 'LmsKey'}`;

export type ManifestKeyArguments = Readonly<Partial<Record<KeyOption, string>>> & { readonly demoKeys?: true };

const OPTION_NAMES: Readonly<Record<ManifestSigner, string>> = {
  vendorFirmware: 'vendor-firmware',
  vendorManifest: 'vendor-manifest',
  ownerFirmware: 'owner-firmware',
  ownerManifest: 'owner-manifest',
};

/** Adds `--demo-keys` and the key options of `signers`; LMS keys only where public ones are enough. */
export function addManifestKeyOptions(
  command: Command,
  signers: readonly ManifestSigner[],
  { lms, what }: { readonly lms: boolean; readonly what: string },
): Command {
  command.option('--demo-keys', 'the public demo keys of vendor and owner');
  for (const signer of signers) {
    const option = OPTION_NAMES[signer];
    const name = option.replace('-', "'s ");
    command
      .option(`--${option}-ecc-key <file>`, `${name} P-384 ${what}`)
      .option(`--${option}-mldsa-key <file>`, `${name} ML-DSA-87 ${what}`);
    if (lms) command.option(`--${option}-lms-key <file>`, `${name} LMS public key`);
  }
  return command;
}

/** Whether a key file is named for any signer. */
function anyKeyNamed(args: ManifestKeyArguments): boolean {
  return MANIFEST_SIGNERS.some((signer) =>
    (['EccKey', 'MldsaKey', 'LmsKey'] as const).some((kind) => args[`${signer}${kind}`] !== undefined),
  );
}

function demoSigningKeys(provider: CryptoProvider): Readonly<Record<ManifestSigner, OwnerKeys>> {
  const { vendor, owner } = demoKeys(provider);
  const [ecc, mldsa, lms] = [vendor.ecc[0], vendor.mldsa[0], vendor.lms[0]];
  if (!ecc || !mldsa || !lms) throw new TypeError('demoKeys: expected a vendor key of each kind');
  return { vendorFirmware: { ecc, mldsa, lms }, ownerFirmware: owner, ...demoManifestKeys(provider) };
}

/** Demo keys where asked for. @throws UsageError if files are named, too */
function demoKeysOf(
  provider: CryptoProvider,
  args: ManifestKeyArguments,
): Readonly<Record<ManifestSigner, OwnerKeys>> | undefined {
  if (!args.demoKeys) return undefined;
  if (anyKeyNamed(args)) throw new UsageError('--demo-keys: give either demo keys or key files');
  return demoSigningKeys(provider);
}

/** The signing keys that the options name. @throws UsageError for half a pair of keys */
export function signingKeys(
  terminal: Terminal,
  provider: CryptoProvider,
  args: ManifestKeyArguments,
): Readonly<Partial<Record<ManifestSigner, OwnerKeys>>> {
  const demo = demoKeysOf(provider, args);
  if (demo !== undefined) return demo;
  const keys: Partial<Record<ManifestSigner, OwnerKeys>> = {};
  for (const signer of MANIFEST_SIGNERS) {
    const [ecc, mldsa] = [args[`${signer}EccKey`], args[`${signer}MldsaKey`]];
    if (ecc === undefined && mldsa === undefined) continue;
    const option = `--${OPTION_NAMES[signer]}`;
    if (ecc === undefined || mldsa === undefined)
      throw new UsageError(`${option}-${ecc === undefined ? 'ecc' : 'mldsa'}-key: missing beside the other key`);
    keys[signer] = {
      ecc: readEccKey(terminal, provider, ecc, `${option}-ecc-key`),
      mldsa: readMlDsaKey(terminal, provider, mldsa, `${option}-mldsa-key`),
    };
  }
  return keys;
}

/** The public keys of a signer that the options name, or undefined. @throws UsageError for half a pair of keys */
export function publicKeysOf(
  terminal: Terminal,
  provider: CryptoProvider,
  args: ManifestKeyArguments,
  signer: ManifestSigner,
  pqc: PqcKeyType,
): OwnerPublicKeys | undefined {
  const demo = demoKeysOf(provider, args);
  if (demo !== undefined) return ownerPublicKeys(demo[signer]);
  const ecc = args[`${signer}EccKey`];
  const second = args[`${signer}${pqc === 'lms' ? 'LmsKey' : 'MldsaKey'}`];
  if (ecc === undefined && second === undefined) return undefined;
  const option = `--${OPTION_NAMES[signer]}`;
  if (ecc === undefined || second === undefined)
    throw new UsageError(`${option}-${ecc === undefined ? 'ecc' : pqc}-key: missing beside the other key`);
  return {
    ecc: readPublicKey(terminal, provider, 'ecc', ecc, `${option}-ecc-key`),
    [pqc]: readPublicKey(terminal, provider, pqc, second, `${option}-${pqc}-key`),
  };
}

/** @throws UsageError if `keys` is missing */
export function required<T>(keys: T | undefined, signer: ManifestSigner): T {
  if (keys === undefined) {
    const option = `--${OPTION_NAMES[signer]}`;
    throw new UsageError(`--demo-keys: missing, or ${option}-ecc-key and the second key`);
  }
  return keys;
}
