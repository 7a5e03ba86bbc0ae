import { bytesToHex } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  type BundleDescription,
  type ExecutableDescription,
  inspectBundle,
  type KeyListDescription,
  type PartyDescription,
} from '@rootcap/image';
import type { Command } from 'commander';
import { examples } from '../help.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';
import { hexWord } from '../values.ts';

function mark({ paint }: Terminal, good: boolean, yes: string, no: string): string {
  return good ? paint.green(yes) : paint.red(no);
}

function signature(terminal: Terminal, state: PartyDescription['eccSignature']): string {
  return mark(terminal, state === 'valid', 'valid', state);
}

function partyRows(terminal: Terminal, name: string, party: PartyDescription, second: string): string[][] {
  const dates = [party.notBefore ?? 'none', party.notAfter ?? 'none'].map((date) => date.replace(/\0/g, '') || 'none');
  return [
    [`${name} key hash`, bytesToHex(party.pkHash)],
    [
      `${name} signatures`,
      `ECDSA P-384 ${signature(terminal, party.eccSignature)}, ${second} ${signature(terminal, party.pqcSignature)}`,
    ],
    [`${name} dates`, `${dates[0]} to ${dates[1]}`],
  ];
}

function keyListRow(terminal: Terminal, name: string, list: KeyListDescription): string[] {
  const listed = mark(terminal, list.activeKeyListed, 'listed', 'NOT the one in the list');
  return [name, `${list.keyHashCount} in the list, number ${list.activeIndex} signs, ${listed}`];
}

function executableRows(terminal: Terminal, name: string, { digestValid, entry }: ExecutableDescription): string[][] {
  const { digest, entryPoint, loadAddr, offset, revision, size, version } = entry;
  const text = utf8Text(revision).replace(/\0+$/, '');
  const shown = /^[\x20-\x7e]+$/.test(text) ? `"${text}"` : bytesToHex(revision);
  return [
    [name, `${size} bytes at ${offset}, loaded to ${hexWord(loadAddr)}, entered at ${hexWord(entryPoint)}`],
    ['', `version ${hexWord(version)}, revision ${shown}`],
    ['', `SHA-384 ${bytesToHex(digest)} ${mark(terminal, digestValid, 'matches', 'DOES NOT MATCH')}`],
  ];
}

const SECOND_NAMES = { mldsa: 'ML-DSA-87', lms: 'LMS' } as const;

/** A bundle in words. */
export function bundleLines(terminal: Terminal, bundle: BundleDescription): string[] {
  const { fmc, manifest, owner, pl0Pauser, pqcKeyType, runtime, size, sizeUsed, svn, vendor } = bundle;
  const second = pqcKeyType === undefined ? `unknown algorithm ${manifest.pqcKeyType}` : SECOND_NAMES[pqcKeyType];
  return table(
    [
      ['size', `${size} bytes, ${sizeUsed} used`],
      ['SVN', String(svn)],
      ['algorithms', `ECDSA P-384 and ${second}`],
      ['PL0 AXI user', pl0Pauser === undefined ? 'none' : String(pl0Pauser)],
      ...partyRows(terminal, 'vendor', vendor, second),
      keyListRow(terminal, 'vendor P-384 keys', vendor.ecc),
      keyListRow(terminal, `vendor ${second} keys`, vendor.pqc),
      ...partyRows(terminal, 'owner', owner, second),
      ['table of contents', mark(terminal, bundle.tocDigestValid, 'digest matches', 'digest DOES NOT MATCH')],
      [
        'key indices',
        mark(terminal, bundle.keyIndicesAgree, 'header and preamble agree', 'header and preamble DIFFER'),
      ],
      ...executableRows(terminal, 'FMC', fmc),
      ...executableRows(terminal, 'runtime', runtime),
    ],
    '',
  );
}

function inspect(terminal: Terminal, path: string): void {
  const description = inspectBundle(defaultProvider(), terminal.read(path, 'bundle'));
  if (!terminal.asJson) {
    for (const line of bundleLines(terminal, description)) terminal.print(line);
    return;
  }
  const { manifest: _, ...facts } = description;
  terminal.printJson(facts);
}

/** `image inspect`: what a bundle holds, right or wrong. */
export function addImageInspect(image: Command, terminal: Terminal): void {
  image
    .command('inspect')
    .description('say what a firmware bundle holds and which of its digests and signatures are right')
    .argument('<bundle>', 'firmware bundle, - for standard input')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('image inspect bundle.bin', 'inspect bundle.bin   (every field with its offset)'))
    .action((path: string) => inspect(terminal, path));
}
