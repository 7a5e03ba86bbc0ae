import type { CryptoProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  authManifestToBeSigned,
  buildAuthManifest,
  buildOwnerAuthManifest,
  type ImageMetadataOptions,
  ownerAuthManifestToBeSigned,
  type PqcKeyType,
  type UnsignedSocManifest,
} from '@rootcap/image';
import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { MANIFEST_SIGNERS, readImages, requestsText } from '../manifest-file.ts';
import {
  addManifestKeyOptions,
  type ManifestKeyArguments,
  publicKeysOf,
  required,
  signingKeys,
} from '../manifest-keys.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';

type ContentArguments = ManifestKeyArguments & {
  readonly images: string;
  readonly svn: string;
  readonly manifestVersion: string;
  readonly pqc: PqcKeyType;
  readonly ownerOnly?: true;
  readonly output: string;
};

interface Content {
  readonly provider: CryptoProvider;
  readonly pqc: PqcKeyType;
  readonly version: number;
  readonly svn: number;
  readonly images: readonly ImageMetadataOptions[];
}

function contentOf(terminal: Terminal, args: ContentArguments): Content {
  const provider = defaultProvider();
  return {
    provider,
    pqc: args.pqc,
    version: parseInteger(args.manifestVersion, '--manifest-version'),
    svn: parseInteger(args.svn, '--svn', args.ownerOnly ? 255 : 128),
    images: readImages(terminal, provider, args.images, '--images'),
  };
}

function addContentOptions(command: Command): Command {
  return command
    .requiredOption('--images <file>', 'JSON list of images: fwId, digest or image (a file), …')
    .requiredOption('-o, --output <file>', 'file to write the manifest to')
    .option('--svn <n>', 'security version number, 0..128, of an owner manifest 0..255', '0')
    .option('--manifest-version <n>', 'version, which nothing compares', '1')
    .addOption(new Option('--pqc <name>', 'second signature').choices(['lms', 'mldsa']).default('mldsa'))
    .option('--owner-only', 'owner authorization manifest, without the vendor');
}

function signed(terminal: Terminal, args: ContentArguments): Uint8Array {
  const content = contentOf(terminal, args);
  if (args.pqc === 'lms' && !args.demoKeys)
    throw new UsageError('--pqc: an LMS key spends a leaf per signature, so lms signs with --demo-keys only');
  const keys = signingKeys(terminal, content.provider, args);
  const owner = {
    ownerFirmware: required(keys.ownerFirmware, 'ownerFirmware'),
    ownerManifest: required(keys.ownerManifest, 'ownerManifest'),
  };
  if (args.ownerOnly) return buildOwnerAuthManifest({ ...content, ...owner });
  const vendorFirmware = required(keys.vendorFirmware, 'vendorFirmware');
  const { vendorManifest } = keys;
  return buildAuthManifest({ ...content, ...owner, vendorFirmware, ...(vendorManifest && { vendorManifest }) });
}

function build(terminal: Terminal, args: ContentArguments): void {
  const manifest = signed(terminal, args);
  terminal.write(args.output, manifest, '--output');
  const result = { output: args.output, size: manifest.length };
  if (terminal.asJson) {
    terminal.printJson(result);
    return;
  }
  if (args.demoKeys) terminal.talk('signed with demo keys, which anybody can compute: never for production');
  for (const line of table(
    [
      ['output', result.output],
      ['size', `${result.size} bytes`],
    ],
    '',
  ))
    terminal.print(line);
}

/** `image manifest build`: a signed SoC manifest. */
export function addManifestBuild(manifest: Command, terminal: Terminal): void {
  const command = manifest.command('build').description('build and sign a SoC manifest; same input, same bytes');
  addContentOptions(command);
  addManifestKeyOptions(command, MANIFEST_SIGNERS, { lms: false, what: 'private key' })
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'image manifest build --images images.json --svn 7 --demo-keys -o manifest.bin',
        'image manifest build --images images.json --owner-only --demo-keys -o owner-manifest.bin',
      ),
    )
    .action((args: ContentArguments) => build(terminal, args));
}

function unsigned(terminal: Terminal, args: ContentArguments): UnsignedSocManifest {
  const content = contentOf(terminal, args);
  const keys = (signer: 'vendorManifest' | 'ownerManifest') =>
    publicKeysOf(terminal, content.provider, args, signer, args.pqc);
  const ownerManifest = required(keys('ownerManifest'), 'ownerManifest');
  if (args.ownerOnly) return ownerAuthManifestToBeSigned({ ...content, ownerManifest });
  const vendorManifest = keys('vendorManifest');
  return authManifestToBeSigned({ ...content, ownerManifest, ...(vendorManifest && { vendorManifest }) });
}

function signRequests(terminal: Terminal, args: ContentArguments & { readonly requests: string }): void {
  const { manifest, requests } = unsigned(terminal, args);
  const kind = args.ownerOnly ? 'owner-authorization' : 'authorization';
  terminal.write(args.output, manifest, '--output');
  terminal.write(args.requests, requestsText({ kind, pqc: args.pqc, requests }), '--requests');
  if (terminal.asJson) {
    terminal.printJson({ output: args.output, kind, pqc: args.pqc, requests });
    return;
  }
  const rows = Object.entries(requests).map(([signer, { message, pqcMessage }]) => [
    signer,
    `${message.length} bytes: ECDSA P-384 over their SHA-384, ${args.pqc === 'lms' ? 'LMS' : 'ML-DSA-87'} over ${
      pqcMessage === message ? 'the bytes' : 'that SHA-384'
    }`,
  ]);
  for (const line of table(rows, '')) terminal.print(line);
}

/** `image manifest sign-requests`: an unsigned SoC manifest and what has to be signed. */
export function addManifestSignRequests(manifest: Command, terminal: Terminal): void {
  const command = manifest
    .command('sign-requests')
    .description('lay out a SoC manifest and write down what has to be signed, for keys that live elsewhere');
  addContentOptions(command).requiredOption('--requests <file>', 'JSON file to write the requests to');
  addManifestKeyOptions(command, ['vendorManifest', 'ownerManifest'], { lms: true, what: 'public key' })
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'image manifest sign-requests --images images.json --owner-manifest-ecc-key o.pem \\\n      --owner-manifest-mldsa-key om.pem -o unsigned.bin --requests requests.json',
      ),
    )
    .action((args: ContentArguments & { readonly requests: string }) => signRequests(terminal, args));
}
