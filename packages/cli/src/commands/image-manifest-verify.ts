import { bytesToHex } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  encodeSvnFuse,
  parseSocManifest,
  type SocManifestFuses,
  socManifestFormatOf,
  verifySocManifest,
} from '@rootcap/image';
import { type Command, Option } from 'commander';
import { LIFECYCLES, type LifecycleName } from 'rootcap';
import { examples } from '../help.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';

interface VerifyArguments {
  readonly firmware: string;
  readonly svn?: string;
  readonly maxSvn?: string;
  readonly ownerMinSvn?: string;
  readonly pqcKeyType?: string;
  readonly antiRollbackDisable?: true;
  readonly lifecycle: LifecycleName;
  readonly beside?: string;
}

function fusesOf(args: VerifyArguments): SocManifestFuses {
  const { antiRollbackDisable, maxSvn, ownerMinSvn, pqcKeyType, svn } = args;
  return {
    ...(svn === undefined ? {} : { socManifestSvn: encodeSvnFuse(parseInteger(svn, '--svn', 128)) }),
    ...(maxSvn === undefined ? {} : { socManifestMaxSvn: parseInteger(maxSvn, '--max-svn', 255) }),
    ...(ownerMinSvn === undefined ? {} : { ownerManifestMinSvn: parseInteger(ownerMinSvn, '--owner-min-svn', 255) }),
    ...(pqcKeyType === undefined ? {} : { pqcKeyType: parseInteger(pqcKeyType, '--pqc-key-type', 3) }),
    ...(antiRollbackDisable === undefined ? {} : { antiRollbackDisable }),
  };
}

function verify(terminal: Terminal, path: string, args: VerifyArguments): void {
  const manifest = terminal.read(path, 'manifest');
  const verified = verifySocManifest(manifest, {
    provider: defaultProvider(),
    firmware: terminal.read(args.firmware, '--firmware'),
    fuses: fusesOf(args),
    lifecycle: LIFECYCLES[args.lifecycle],
    ...(args.beside === undefined
      ? {}
      : { otherEntries: parseSocManifest(terminal.read(args.beside, '--beside')).entries }),
  });
  const facts = {
    accepted: true,
    kind: socManifestFormatOf(manifest)?.kind,
    svn: verified.svn,
    pqcKeyType: verified.pqcKeyType,
    fwIds: verified.entries.map(({ fwId }) => fwId),
    digest: verified.digest,
    ...('vendorMeasurement' in verified && {
      vendorMeasurement: verified.vendorMeasurement,
      ownerMeasurement: verified.ownerMeasurement,
    }),
  };
  if (terminal.asJson) {
    terminal.printJson(facts);
    return;
  }
  terminal.print(terminal.paint.green('accepted'));
  const { accepted: _, ...shown } = facts;
  const rows = Object.entries(shown).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? bytesToHex(value) : String(value),
  ]);
  for (const line of table(rows)) terminal.print(line);
}

/** `image manifest verify`: what the runtime would say to a SoC manifest. */
export function addManifestVerify(manifest: Command, terminal: Terminal): void {
  manifest
    .command('verify')
    .description('verify a SoC manifest as the runtime of this firmware does')
    .argument('<manifest>', 'SoC manifest, - for standard input')
    .requiredOption('--firmware <bundle>', 'firmware that runs; its keys vouch for those of the manifest')
    .option('--svn <n>', 'lowest SVN that the fuses allow, 0..128')
    .option('--max-svn <n>', 'highest SVN that the fuses allow')
    .option('--owner-min-svn <n>', 'lowest SVN of an owner authorization manifest, a strap')
    .option('--pqc-key-type <n>', '1 ML-DSA, 3 LMS; default: what the firmware has')
    .option('--anti-rollback-disable', 'any SVN is taken')
    .addOption(
      new Option('--lifecycle <name>', 'lifecycle state')
        .choices(['unprovisioned', 'manufacturing', 'production'])
        .default('production'),
    )
    .option('--beside <manifest>', 'the manifest of the other kind that is loaded already')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'image manifest verify manifest.bin --firmware bundle.bin',
        'image manifest verify owner-manifest.bin --firmware bundle.bin --beside manifest.bin',
      ),
    )
    .action((path: string, args: VerifyArguments) => verify(terminal, path, args));
}
