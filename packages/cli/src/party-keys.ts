import type { CryptoProvider } from '@rootcap/crypto';
import type { OwnerPublicKeys, PqcKeyType, VendorPublicKeys } from '@rootcap/image';
import { type Command, Option } from 'commander';
import { UsageError } from './errors.ts';
import { type PublicKeyKind, readPublicKey } from './keys.ts';
import type { Terminal } from './terminal.ts';

/** Options that name key files of vendor and owner. */
export interface PartyKeyArguments {
  readonly vendorEccKey?: readonly string[];
  readonly vendorMldsaKey?: readonly string[];
  readonly vendorLmsKey?: readonly string[];
  readonly ownerEccKey?: string;
  readonly ownerMldsaKey?: string;
  readonly ownerLmsKey?: string;
}

const collect = (path: string, all: readonly string[] = []): readonly string[] => [...all, path];

/** Adds the options; LMS keys only where public ones are enough, since a private LMS key has a state. */
export function addPartyKeyOptions(command: Command, { lms, what }: { lms: boolean; what: string }): Command {
  command
    .option('--vendor-ecc-key <file>', `vendor P-384 ${what}; repeat for each of up to 4`, collect)
    .option('--vendor-mldsa-key <file>', `vendor ML-DSA-87 ${what}; repeat for each of up to 4`, collect);
  if (lms) command.option('--vendor-lms-key <file>', 'vendor LMS public key; repeat for each of up to 32', collect);
  command
    .option('--owner-ecc-key <file>', `owner P-384 ${what}`)
    .option('--owner-mldsa-key <file>', `owner ML-DSA-87 ${what}`);
  return lms ? command.option('--owner-lms-key <file>', 'owner LMS public key') : command;
}

export function pqcOption(description: string): Option {
  return new Option('--pqc <name>', description).choices(['lms', 'mldsa']);
}

function publicKeys(terminal: Terminal, provider: CryptoProvider, kind: PublicKeyKind, option: string) {
  return (path: string): Uint8Array => readPublicKey(terminal, provider, kind, path, option);
}

/** Public keys of the vendor that the options name, or undefined if they name none. */
export function vendorOf(
  terminal: Terminal,
  provider: CryptoProvider,
  args: PartyKeyArguments,
): VendorPublicKeys | undefined {
  const { vendorEccKey, vendorLmsKey, vendorMldsaKey } = args;
  if (vendorEccKey === undefined) {
    if (vendorLmsKey !== undefined || vendorMldsaKey !== undefined)
      throw new UsageError('--vendor-ecc-key: missing beside the other vendor keys');
    return undefined;
  }
  return {
    ecc: vendorEccKey.map(publicKeys(terminal, provider, 'ecc', '--vendor-ecc-key')),
    ...(vendorMldsaKey && { mldsa: vendorMldsaKey.map(publicKeys(terminal, provider, 'mldsa', '--vendor-mldsa-key')) }),
    ...(vendorLmsKey && { lms: vendorLmsKey.map(publicKeys(terminal, provider, 'lms', '--vendor-lms-key')) }),
  };
}

/** Public keys of the owner that the options name, or undefined if they name none. */
export function ownerOf(
  terminal: Terminal,
  provider: CryptoProvider,
  args: PartyKeyArguments,
): OwnerPublicKeys | undefined {
  const { ownerEccKey, ownerLmsKey, ownerMldsaKey } = args;
  if (ownerEccKey === undefined) {
    if (ownerLmsKey !== undefined || ownerMldsaKey !== undefined)
      throw new UsageError('--owner-ecc-key: missing beside the other owner key');
    return undefined;
  }
  return {
    ecc: readPublicKey(terminal, provider, 'ecc', ownerEccKey, '--owner-ecc-key'),
    ...(ownerMldsaKey && { mldsa: readPublicKey(terminal, provider, 'mldsa', ownerMldsaKey, '--owner-mldsa-key') }),
    ...(ownerLmsKey && { lms: readPublicKey(terminal, provider, 'lms', ownerLmsKey, '--owner-lms-key') }),
  };
}

/** The second algorithm, asked for or told by the keys given. @throws UsageError if neither says which */
export function pqcOf(asked: PqcKeyType | undefined, keys: VendorPublicKeys | OwnerPublicKeys): PqcKeyType {
  if (asked !== undefined) return asked;
  if ((keys.mldsa === undefined) === (keys.lms === undefined))
    throw new UsageError('--pqc: needed, since the keys given do not tell whether ML-DSA or LMS is used');
  return keys.mldsa === undefined ? 'lms' : 'mldsa';
}
