import { bytesToHex } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  decodeRevocation,
  decodeSvnFuse,
  encodeRevocation,
  encodeSvnFuse,
  fusesOf,
  ownerPkHash,
  type PqcKeyType,
  pqcKeyTypeOf,
  type RevocableKeys,
  vendorPkHash,
} from '@rootcap/image';
import { type Command, Option } from 'commander';
import { demoFuses } from 'rootcap';
import { UsageError } from '../errors.ts';
import { parseFuseFile } from '../fuse-file.ts';
import { fuseViews } from '../fuse-view.ts';
import { examples } from '../help.ts';
import { addPartyKeyOptions, ownerOf, type PartyKeyArguments, pqcOf, pqcOption, vendorOf } from '../party-keys.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord, parseInteger, parseIntegers } from '../values.ts';

interface HashArguments extends PartyKeyArguments {
  readonly pqc?: PqcKeyType;
}

/** Prints `values` as JSON or as a table of two columns. */
function printValues(terminal: Terminal, values: Readonly<Record<string, unknown>>): void {
  if (terminal.asJson) {
    terminal.printJson(values);
    return;
  }
  const rows = Object.entries(values).map(([name, value]) => [name, String(value)]);
  for (const line of table(rows, '')) terminal.print(line);
}

function hashesOf(terminal: Terminal, bundle: string | undefined, args: HashArguments) {
  const provider = defaultProvider();
  const vendor = vendorOf(terminal, provider, args);
  const owner = ownerOf(terminal, provider, args);
  const keysGiven = vendor !== undefined || owner !== undefined;
  if (bundle !== undefined) {
    if (keysGiven) throw new UsageError('bundle: give either a bundle or key files');
    const fuses = fusesOf(provider, terminal.read(bundle, 'bundle'));
    return {
      pqc: pqcKeyTypeOf(fuses.pqcKeyType) ?? `unknown (${fuses.pqcKeyType})`,
      vendorPkHash: bytesToHex(fuses.vendorPkHash),
      ownerPkHash: bytesToHex(fuses.ownerPkHash),
    };
  }
  if (!keysGiven) throw new UsageError('bundle: give a bundle, or key files of vendor or owner');
  const pqc = pqcOf(args.pqc, vendor ?? (owner as NonNullable<typeof owner>));
  return {
    pqc,
    ...(vendor && { vendorPkHash: bytesToHex(vendorPkHash(provider, vendor, pqc)) }),
    ...(owner && { ownerPkHash: bytesToHex(ownerPkHash(provider, owner, pqc)) }),
  };
}

/** One argument is a number to encode, four are fuse words to decode. */
function svn(terminal: Terminal, values: readonly string[]): void {
  const numbers = parseIntegers(values, 'svn');
  if (numbers.length !== 1 && numbers.length !== 4)
    throw new UsageError(`svn: expected one number or 4 fuse words, got ${numbers.length}`);
  const words = numbers.length === 1 ? encodeSvnFuse(numbers[0] as number) : numbers;
  const fuse = terminal.asJson ? words : words.map(hexWord).join(' ');
  printValues(terminal, { svn: decodeSvnFuse(words), fuse });
}

interface RevocationArguments {
  readonly keys: RevocableKeys;
  readonly mask?: string;
}

function revocation(terminal: Terminal, indices: readonly string[], { keys, mask }: RevocationArguments): void {
  if (mask !== undefined && indices.length > 0) throw new UsageError('--mask: give either key indices or a mask');
  if (mask === undefined && indices.length === 0) throw new UsageError('index: give key indices, or --mask to decode');
  const word =
    mask === undefined ? encodeRevocation(keys, parseIntegers(indices, 'index', 31)) : parseInteger(mask, '--mask');
  const revoked = decodeRevocation(word);
  const shown = terminal.asJson
    ? { mask: word, revoked }
    : { mask: hexWord(word), revoked: revoked.join(', ') || 'none' };
  printValues(terminal, { keys, ...shown });
}

interface ViewArguments {
  readonly showSecrets?: true;
}

function view(terminal: Terminal, file: string | undefined, { showSecrets }: ViewArguments): void {
  const given = file === undefined ? {} : parseFuseFile(terminal.read(file, 'file'), 'file').fuses;
  const all = { ...demoFuses(defaultProvider()), ...given };
  const views = fuseViews(all, showSecrets === true).map((fuse) => ({
    ...fuse,
    source: Object.hasOwn(given, fuse.name) ? 'file' : fuse.value === undefined ? 'not burnt' : 'demo device',
  }));
  if (terminal.asJson) {
    terminal.printJson({ fuses: views });
    return;
  }
  const { bold, dim } = terminal.paint;
  const rows = views.map(({ decoded, name, register, source, value }) => [
    value === undefined ? dim(name) : bold(name),
    register ?? '',
    dim(source),
    [value, decoded].filter((part) => part !== undefined).join('  ') || dim('-'),
  ]);
  const heading = ['fuse', 'register', 'from', 'value'].map((text) => dim(text));
  for (const line of table([heading, ...rows], '')) terminal.print(line);
}

function addHash(fuses: Command, terminal: Terminal): void {
  const command = fuses
    .command('hash')
    .description('key hashes to burn: of a firmware bundle, or of key files (public or private)')
    .argument('[bundle]', 'firmware bundle');
  addPartyKeyOptions(command, { lms: true, what: 'key' })
    .addOption(pqcOption('second algorithm, if the keys do not tell'))
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'fuses hash bundle.bin',
        'fuses hash --vendor-ecc-key v0.pem --vendor-mldsa-key v0-mldsa.pem --owner-ecc-key o.pem --owner-mldsa-key o-mldsa.pem',
      ),
    )
    .action((bundle: string | undefined, args: HashArguments) => {
      printValues(terminal, hashesOf(terminal, bundle, args));
    });
}

/** `fuses`: what to burn, and what is burnt. */
export function fusesCommand(program: Command, terminal: Terminal): void {
  const fuses = program.command('fuses').description('compute, decode and view fuses');
  addHash(fuses, terminal);
  fuses
    .command('svn')
    .description('SVN to fuse words and back: the lowest n of 128 bits are burnt')
    .argument('<value...>', 'an SVN in 0..128, or the four words of the fuse')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('fuses svn 7', 'fuses svn 0x7f 0 0 0'))
    .action((values: string[]) => svn(terminal, values));
  fuses
    .command('revocation')
    .description('revoked key indices to the mask of the fuse and back')
    .argument('[index...]', 'indices of revoked keys')
    .addOption(new Option('--keys <kind>', 'which keys').choices(['ecc', 'mldsa', 'lms']).default('ecc'))
    .option('--mask <word>', 'mask to decode')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('fuses revocation 0 2', 'fuses revocation --keys lms --mask 0x80000001'))
    .action((indices: string[], args: RevocationArguments) => {
      revocation(terminal, indices, args);
    });
  fuses
    .command('view')
    .description('show and validate every fuse of a fuse file, or of the demo device')
    .argument('[file]', 'JSON fuse file, - for standard input')
    .option('--show-secrets', 'print secret fuses instead of their size')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('fuses view', 'fuses view my-fuses.json'))
    .action((file: string | undefined, args: ViewArguments) => view(terminal, file, args));
}
