import { bytesToHex } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  type ImageMetadataDescription,
  inspectSocManifest,
  type ManifestSignerDescription,
  type SocManifestDescription,
} from '@rootcap/image';
import type { Command } from 'commander';
import { examples } from '../help.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord } from '../values.ts';

function state({ paint }: Terminal, value: ManifestSignerDescription['ecc'], needed: boolean): string {
  if (value === 'valid') return paint.green(value);
  if (value === 'unknown key') return 'not checked';
  return value === 'missing' && !needed ? 'none' : paint.red(value);
}

const SECOND_NAMES = { mldsa: 'ML-DSA-87', lms: 'LMS' } as const;

/** Keys and what they sign, in words. */
const SIGNER_NAMES: Readonly<Record<string, string>> = {
  vendorFirmware: "vendor's firmware key, over version, SVN, flags and vendor keys",
  ownerFirmware: "owner's firmware key, over the owner keys",
  vendorManifest: "vendor's manifest key, over the images",
  ownerManifest: "owner's manifest key, over the images",
};

function imageRows(image: ImageMetadataDescription): string[][] {
  const { componentId, classification, execBit, fwId, ignoreAuthCheck, imageSource } = image;
  const address = (value: bigint): string => `0x${value.toString(16).padStart(16, '0')}`;
  const said = [
    `component ${hexWord(componentId)}`,
    `classification ${classification}`,
    `source ${imageSource ?? 'none'}`,
    execBit === 0 ? 'no exec bit' : `exec bit ${execBit}`,
    ...(ignoreAuthCheck ? ['digest NOT compared'] : []),
  ];
  return [
    [`image ${fwId}`, said.join(', ')],
    ['', `loaded to ${address(image.imageLoadAddress)}, staged at ${address(image.imageStagingAddress)}`],
    ['', `SHA-384 ${bytesToHex(image.digest)}`],
  ];
}

/** A SoC manifest in words. */
export function manifestLines(terminal: Terminal, description: SocManifestDescription): string[] {
  const { flags, images, keyHashes, kind, pqcKeyType, signers, size, svn, vendorSignatureRequired, version } =
    description;
  const second = pqcKeyType === undefined ? 'unknown algorithm' : SECOND_NAMES[pqcKeyType];
  const signerRows = Object.entries(signers).map(([signer, { ecc, pqc }], i) => {
    const needed = signer !== 'vendorManifest' || vendorSignatureRequired;
    const states = `ECDSA P-384 ${state(terminal, ecc, needed)}, ${second} ${state(terminal, pqc, needed)}`;
    return [i === 0 ? 'signatures' : '', `${states}: ${SIGNER_NAMES[signer] ?? signer}`];
  });
  return table(
    [
      ['manifest', `${kind}, ${size} bytes, ${images.length} ${images.length === 1 ? 'image' : 'images'}`],
      ['version', String(version)],
      ['SVN', String(svn)],
      ['flags', `${hexWord(flags)}${vendorSignatureRequired ? ', the vendor has to sign the images' : ''}`],
      ...(keyHashes.vendor ? [['vendor key hash', bytesToHex(keyHashes.vendor)]] : []),
      ['owner key hash', bytesToHex(keyHashes.owner)],
      ...signerRows,
      ...images.flatMap(imageRows),
    ],
    '',
  );
}

function inspect(terminal: Terminal, path: string, args: { readonly firmware?: string }): void {
  const firmware = args.firmware === undefined ? undefined : terminal.read(args.firmware, '--firmware');
  const description = inspectSocManifest(defaultProvider(), terminal.read(path, 'manifest'), firmware);
  if (terminal.asJson) terminal.printJson(description);
  else for (const line of manifestLines(terminal, description)) terminal.print(line);
}

/** `image manifest inspect`: what a SoC manifest holds, right or wrong. */
export function addManifestInspect(manifest: Command, terminal: Terminal): void {
  manifest
    .command('inspect')
    .description('say what a SoC manifest holds and which of its signatures are right')
    .argument('<manifest>', 'SoC manifest, - for standard input')
    .option('--firmware <bundle>', 'firmware bundle whose keys vouch for those of the manifest')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('image manifest inspect manifest.bin --firmware bundle.bin'))
    .action((path: string, args: { readonly firmware?: string }) => inspect(terminal, path, args));
}
