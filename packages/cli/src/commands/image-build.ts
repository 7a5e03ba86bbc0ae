import { bytesToHex, type CryptoProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  type BundleOptions,
  buildBundle,
  demoKeys,
  type ExecutableOptions,
  fusesOf,
  type HeaderOptions,
  type OwnerKeys,
  type PqcKeyType,
  type VendorKeys,
} from '@rootcap/image';
import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { readEccKey, readMlDsaKey } from '../keys.ts';
import { addPartyKeyOptions, type PartyKeyArguments } from '../party-keys.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { parseHex, parseInteger } from '../values.ts';

interface BuildArguments extends PartyKeyArguments {
  readonly fmc: string;
  readonly runtime: string;
  readonly fmcLoadAddr: string;
  readonly fmcEntryPoint?: string;
  readonly fmcVersion: string;
  readonly runtimeLoadAddr?: string;
  readonly runtimeEntryPoint?: string;
  readonly runtimeVersion: string;
  readonly revision?: string;
  readonly svn: string;
  readonly pl0Pauser?: string;
  readonly vendorNotBefore?: string;
  readonly vendorNotAfter?: string;
  readonly ownerNotBefore?: string;
  readonly ownerNotAfter?: string;
  readonly pqc: PqcKeyType;
  readonly demoKeys?: true;
  readonly vendorEccIndex: string;
  readonly vendorPqcIndex: string;
  readonly output: string;
}

/** The next multiple of 4: the hash engine takes words. */
const wordAligned = (size: number): number => Math.ceil(size / 4) * 4;

function payloadOf(terminal: Terminal, path: string, argument: string): Uint8Array {
  const data = terminal.read(path, argument);
  if (data.length === 0) throw new UsageError(`${argument}: ${path} is empty`);
  const padded = new Uint8Array(wordAligned(data.length));
  padded.set(data);
  if (padded.length > data.length)
    terminal.talk(`${argument}: ${padded.length - data.length} zero bytes added, for whole words`);
  return padded;
}

function executables(terminal: Terminal, args: BuildArguments): Pick<BundleOptions, 'fmc' | 'runtime'> {
  const revision = args.revision === undefined ? {} : { revision: parseHex(args.revision, '--revision', 20) };
  const make = (payload: Uint8Array, loadAddr: number, option: string, entry: string | undefined, version: string) => ({
    payload,
    loadAddr,
    entryPoint: entry === undefined ? loadAddr : parseInteger(entry, `--${option}-entry-point`),
    version: parseInteger(version, `--${option}-version`),
    ...revision,
  });
  const fmcPayload = payloadOf(terminal, args.fmc, '--fmc');
  const fmcAddress = parseInteger(args.fmcLoadAddr, '--fmc-load-addr');
  const fmc: ExecutableOptions = make(fmcPayload, fmcAddress, 'fmc', args.fmcEntryPoint, args.fmcVersion);
  const runtimeAddress =
    args.runtimeLoadAddr === undefined
      ? fmcAddress + fmcPayload.length
      : parseInteger(args.runtimeLoadAddr, '--runtime-load-addr');
  const runtimePayload = payloadOf(terminal, args.runtime, '--runtime');
  return {
    fmc,
    runtime: make(runtimePayload, runtimeAddress, 'runtime', args.runtimeEntryPoint, args.runtimeVersion),
  };
}

const DATES = ['vendorNotBefore', 'vendorNotAfter', 'ownerNotBefore', 'ownerNotAfter'] as const;

function header(args: BuildArguments): HeaderOptions {
  const dates = DATES.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]] as const]));
  return {
    svn: parseInteger(args.svn, '--svn', 128),
    ...(args.pl0Pauser === undefined ? {} : { pl0Pauser: parseInteger(args.pl0Pauser, '--pl0-pauser') }),
    ...Object.fromEntries(dates),
  };
}

/** Demo keys where asked for; else the files, which have to name every key that the bundle needs. */
function keys(
  terminal: Terminal,
  provider: CryptoProvider,
  args: BuildArguments,
): { readonly vendor: VendorKeys; readonly owner: OwnerKeys } {
  const { ownerEccKey, ownerMldsaKey, vendorEccKey, vendorMldsaKey } = args;
  const given = [ownerEccKey, ownerMldsaKey, vendorEccKey, vendorMldsaKey];
  if (args.demoKeys) {
    if (given.some((option) => option !== undefined))
      throw new UsageError('--demo-keys: give either demo keys or key files');
    return demoKeys(provider);
  }
  if (args.pqc === 'lms')
    throw new UsageError('--pqc: an LMS key spends a leaf per signature, so lms signs with --demo-keys only');
  if (!ownerEccKey || !ownerMldsaKey || !vendorEccKey || !vendorMldsaKey)
    throw new UsageError(
      '--demo-keys: missing, or all of --vendor-ecc-key, --vendor-mldsa-key, --owner-ecc-key, --owner-mldsa-key',
    );
  return {
    vendor: {
      ecc: vendorEccKey.map((path) => readEccKey(terminal, provider, path, '--vendor-ecc-key')),
      mldsa: vendorMldsaKey.map((path) => readMlDsaKey(terminal, provider, path, '--vendor-mldsa-key')),
    },
    owner: {
      ecc: readEccKey(terminal, provider, ownerEccKey, '--owner-ecc-key'),
      mldsa: readMlDsaKey(terminal, provider, ownerMldsaKey, '--owner-mldsa-key'),
    },
  };
}

function build(terminal: Terminal, args: BuildArguments): void {
  const provider = defaultProvider();
  const bundle = buildBundle({
    provider,
    ...keys(terminal, provider, args),
    ...executables(terminal, args),
    header: header(args),
    pqc: args.pqc,
    vendorEccIndex: parseInteger(args.vendorEccIndex, '--vendor-ecc-index', 3),
    vendorPqcIndex: parseInteger(args.vendorPqcIndex, '--vendor-pqc-index', 31),
  });
  terminal.write(args.output, bundle, '--output');
  const { ownerPkHash, vendorPkHash } = fusesOf(provider, bundle);
  const result = { output: args.output, size: bundle.length, vendorPkHash, ownerPkHash };
  if (terminal.asJson) {
    terminal.printJson(result);
    return;
  }
  if (args.demoKeys) terminal.talk('signed with demo keys, which anybody can compute: never for production');
  const rows = Object.entries(result).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? bytesToHex(value) : String(value),
  ]);
  for (const line of table(rows, '')) terminal.print(line);
}

/** `image build`: a signed firmware bundle of two payloads. */
export function addImageBuild(image: Command, terminal: Terminal): void {
  const command = image
    .command('build')
    .description('build and sign a firmware bundle; the same input gives the same bytes')
    .requiredOption('--fmc <file>', 'payload of the first mutable code')
    .requiredOption('--runtime <file>', 'payload of the runtime')
    .requiredOption('-o, --output <file>', 'file to write the bundle to')
    .option('--svn <n>', 'security version number, 0..128', '0')
    .addOption(new Option('--pqc <name>', 'second signature').choices(['lms', 'mldsa']).default('mldsa'))
    .option('--demo-keys', 'sign with the public demo keys of vendor and owner');
  addPartyKeyOptions(command, { lms: false, what: 'private key' })
    .option('--vendor-ecc-index <n>', 'which vendor P-384 key signs', '0')
    .option('--vendor-pqc-index <n>', 'which vendor key of the second algorithm signs', '0')
    .option('--fmc-load-addr <address>', 'where ROM puts the FMC', '0x40000000')
    .option('--fmc-entry-point <address>', 'default: its load address')
    .option('--fmc-version <n>', 'version of the FMC', '0')
    .option('--runtime-load-addr <address>', 'where ROM puts the runtime; default: behind the FMC')
    .option('--runtime-entry-point <address>', 'default: its load address')
    .option('--runtime-version <n>', 'version of the runtime', '0')
    .option('--revision <hex>', 'source revision of both, 20 bytes')
    .option('--pl0-pauser <n>', 'AXI user of privilege level 0; left out: none')
    .option('--vendor-not-before <date>', 'YYYYMMDDHHMMSSZ, goes into the alias certificates')
    .option('--vendor-not-after <date>', 'YYYYMMDDHHMMSSZ')
    .option('--owner-not-before <date>', "YYYYMMDDHHMMSSZ, comes before the vendor's")
    .option('--owner-not-after <date>', 'YYYYMMDDHHMMSSZ')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'image build --fmc fmc.bin --runtime runtime.bin --svn 7 --demo-keys -o bundle.bin',
        'image build --fmc fmc.bin --runtime runtime.bin --vendor-ecc-key v.pem --vendor-mldsa-key vm.pem \\\n      --owner-ecc-key o.pem --owner-mldsa-key om.pem -o bundle.bin',
      ),
    )
    .action((args: BuildArguments) => build(terminal, args));
}
