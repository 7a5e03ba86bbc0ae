import { defaultProvider } from '@rootcap/crypto/default';
import { encodeSvnFuse, fusesOf, type ImageFuses, verifyBundle } from '@rootcap/image';
import { type Command, Option } from 'commander';
import { LIFECYCLES, type LifecycleName } from 'rootcap';
import { parseFuseFile } from '../fuse-file.ts';
import { examples } from '../help.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord, parseHex, parseInteger } from '../values.ts';

interface VerifyArguments {
  readonly fuses?: string;
  readonly vendorPkHash?: string;
  readonly ownerPkHash?: string;
  readonly pqcKeyType?: string;
  readonly svn?: string;
  readonly eccRevocation?: string;
  readonly mldsaRevocation?: string;
  readonly lmsRevocation?: string;
  readonly antiRollbackDisable?: true;
  readonly lifecycle: LifecycleName;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Fuses of the file, as far as image verification looks at them. */
function fuseFile(terminal: Terminal, path: string): Partial<ImageFuses> {
  const { fuses } = parseFuseFile(terminal.read(path, '--fuses'), '--fuses');
  const { firmwareSvn, ...rest } = fuses;
  const names = [
    'vendorPkHash',
    'ownerPkHash',
    'pqcKeyType',
    'eccRevocation',
    'mldsaRevocation',
    'lmsRevocation',
    'antiRollbackDisable',
  ] as const;
  return {
    ...Object.fromEntries(names.flatMap((name) => (rest[name] === undefined ? [] : [[name, rest[name]]]))),
    ...(firmwareSvn === undefined
      ? {}
      : { fwSvn: typeof firmwareSvn === 'number' ? encodeSvnFuse(firmwareSvn) : firmwareSvn }),
  };
}

/** Single fuses given as options. */
function fuseOptions(args: VerifyArguments): Partial<ImageFuses> {
  const fuses: Partial<Writable<ImageFuses>> = {};
  if (args.vendorPkHash !== undefined) fuses.vendorPkHash = parseHex(args.vendorPkHash, '--vendor-pk-hash', 48);
  if (args.ownerPkHash !== undefined) fuses.ownerPkHash = parseHex(args.ownerPkHash, '--owner-pk-hash', 48);
  if (args.pqcKeyType !== undefined) fuses.pqcKeyType = parseInteger(args.pqcKeyType, '--pqc-key-type', 3);
  if (args.svn !== undefined) fuses.fwSvn = encodeSvnFuse(parseInteger(args.svn, '--svn', 128));
  if (args.eccRevocation !== undefined) fuses.eccRevocation = parseInteger(args.eccRevocation, '--ecc-revocation', 15);
  if (args.mldsaRevocation !== undefined)
    fuses.mldsaRevocation = parseInteger(args.mldsaRevocation, '--mldsa-revocation', 15);
  if (args.lmsRevocation !== undefined) fuses.lmsRevocation = parseInteger(args.lmsRevocation, '--lms-revocation');
  if (args.antiRollbackDisable) fuses.antiRollbackDisable = true;
  return fuses;
}

function verify(terminal: Terminal, path: string, args: VerifyArguments): void {
  const provider = defaultProvider();
  const bundle = terminal.read(path, 'bundle');
  const own = fusesOf(provider, bundle);
  const given = { ...(args.fuses === undefined ? {} : fuseFile(terminal, args.fuses)), ...fuseOptions(args) };
  const assumed = (['vendorPkHash', 'ownerPkHash', 'pqcKeyType'] as const).filter((name) => given[name] === undefined);
  const fuses: ImageFuses = {
    vendorPkHash: own.vendorPkHash,
    ownerPkHash: own.ownerPkHash,
    pqcKeyType: own.pqcKeyType,
    ...given,
  };
  const result = verifyBundle({ provider, bundle, fuses, lifecycle: LIFECYCLES[args.lifecycle] });
  if (assumed.length > 0 && !terminal.asJson)
    terminal.talk(`taken from the bundle itself, so not checked: ${assumed.join(', ')}`);
  const facts = {
    accepted: true,
    assumed,
    fwSvn: result.fwSvn,
    effectiveFuseSvn: result.effectiveFuseSvn,
    fmc: { size: result.fmc.size, loadAddr: result.fmc.loadAddr, entryPoint: result.fmc.entryPoint },
    runtime: { size: result.runtime.size, loadAddr: result.runtime.loadAddr, entryPoint: result.runtime.entryPoint },
  };
  if (terminal.asJson) {
    terminal.printJson(facts);
    return;
  }
  terminal.print(terminal.paint.green('accepted'));
  const place = ({ entryPoint, loadAddr, size }: { size: number; loadAddr: number; entryPoint: number }): string =>
    `${size} bytes, loaded to ${hexWord(loadAddr)}, entered at ${hexWord(entryPoint)}`;
  const rows = [
    ['SVN', `${facts.fwSvn}, at least ${facts.effectiveFuseSvn} needed`],
    ['FMC', place(facts.fmc)],
    ['runtime', place(facts.runtime)],
  ];
  for (const line of table(rows)) terminal.print(line);
}

/** `image verify`: what ROM would say to a bundle. */
export function addImageVerify(image: Command, terminal: Terminal): void {
  image
    .command('verify')
    .description('verify a bundle as ROM does; key hashes that are not given are taken from the bundle itself')
    .argument('<bundle>', 'firmware bundle, - for standard input')
    .option('--fuses <file>', 'JSON fuse file')
    .option('--vendor-pk-hash <hex>', 'vendor key hash fuse, 48 bytes')
    .option('--owner-pk-hash <hex>', 'owner key hash register, 48 bytes; all zero: no owner')
    .option('--pqc-key-type <n>', '1 ML-DSA, 3 LMS')
    .option('--svn <n>', 'lowest SVN that the fuses allow, 0..128')
    .option('--ecc-revocation <mask>', 'revoked vendor P-384 keys')
    .option('--mldsa-revocation <mask>', 'revoked vendor ML-DSA keys')
    .option('--lms-revocation <mask>', 'revoked vendor LMS keys')
    .option('--anti-rollback-disable', 'any SVN is taken')
    .addOption(
      new Option('--lifecycle <name>', 'lifecycle state')
        .choices(['unprovisioned', 'manufacturing', 'production'])
        .default('production'),
    )
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'image verify bundle.bin',
        'image verify bundle.bin --fuses my-fuses.json',
        'image verify bundle.bin --svn 8',
      ),
    )
    .action((path: string, args: VerifyArguments) => verify(terminal, path, args));
}
