import { defaultProvider } from '@rootcap/crypto/default';
import { attachManifestSignatures, type ManifestSigner, signManifestRequests } from '@rootcap/image';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import {
  MANIFEST_SIGNERS,
  type ManifestSignatures,
  readRequests,
  readSignatures,
  signaturesText,
} from '../manifest-file.ts';
import { addManifestKeyOptions, type ManifestKeyArguments, signingKeys } from '../manifest-keys.ts';
import type { Terminal } from '../terminal.ts';

type SignArguments = ManifestKeyArguments & {
  readonly as?: readonly ManifestSigner[];
  readonly output: string;
};

function signerList(text: string, all: readonly ManifestSigner[] = []): readonly ManifestSigner[] {
  const signer = MANIFEST_SIGNERS.find((name) => name === text);
  if (signer === undefined) throw new UsageError(`--as: expected one of ${MANIFEST_SIGNERS.join(', ')}, got "${text}"`);
  return [...all, signer];
}

function sign(terminal: Terminal, path: string, args: SignArguments): void {
  const { pqc, requests } = readRequests(terminal, path, 'requests');
  const provider = defaultProvider();
  if (pqc === 'lms' && !args.demoKeys)
    throw new UsageError('requests: an LMS key spends a leaf per signature, so lms signs with --demo-keys only');
  const keys = Object.entries(signingKeys(terminal, provider, args)).filter(
    ([signer]) => args.as === undefined || args.as.includes(signer as ManifestSigner),
  );
  const signatures = signManifestRequests(provider, pqc, requests, Object.fromEntries(keys));
  const signers = Object.keys(signatures);
  if (signers.length === 0) throw new UsageError('requests: none of the keys given is asked for a signature');
  terminal.write(args.output, signaturesText(signatures), '--output');
  if (terminal.asJson) terminal.printJson({ output: args.output, signers });
  else terminal.print(`signed as ${signers.join(', ')}`);
}

/** `image manifest sign`: the answers of some signers. */
export function addManifestSign(manifest: Command, terminal: Terminal): void {
  const command = manifest
    .command('sign')
    .description('sign requests with the keys given; the signatures of the others are left out')
    .argument('<requests>', 'JSON file of sign-requests, - for standard input')
    .requiredOption('-o, --output <file>', 'JSON file to write the signatures to')
    .option(
      '--as <signer>',
      `only as this signer (${MANIFEST_SIGNERS.join(', ')}); may be given several times`,
      signerList,
    );
  addManifestKeyOptions(command, MANIFEST_SIGNERS, { lms: false, what: 'private key' })
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'image manifest sign requests.json --owner-firmware-ecc-key o.pem --owner-firmware-mldsa-key om.pem \\\n      -o owner-signatures.json',
      ),
    )
    .action((path: string, args: SignArguments) => sign(terminal, path, args));
}

interface AttachArguments {
  readonly signatures: readonly string[];
  readonly output: string;
}

function attach(terminal: Terminal, path: string, args: AttachArguments): void {
  const all = args.signatures.map((file) => readSignatures(terminal, file, '--signatures'));
  const signatures: ManifestSignatures = Object.assign({}, ...all);
  const manifest = attachManifestSignatures(terminal.read(path, 'manifest'), signatures);
  terminal.write(args.output, manifest, '--output');
  const signers = Object.keys(signatures);
  if (terminal.asJson) terminal.printJson({ output: args.output, signers });
  else terminal.print(`signatures of ${signers.join(', ')} attached`);
}

/** `image manifest attach`: signatures that were made elsewhere. */
export function addManifestAttach(manifest: Command, terminal: Terminal): void {
  manifest
    .command('attach')
    .description('put signatures into a SoC manifest; nothing is verified')
    .argument('<manifest>', 'SoC manifest, - for standard input')
    .requiredOption(
      '--signatures <file>',
      'JSON file: per signer ecc (r and s, 96 bytes) and pqc; may be given several times',
      (path: string, all: readonly string[] = []) => [...all, path],
    )
    .requiredOption('-o, --output <file>', 'file to write the signed manifest to')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples('image manifest attach unsigned.bin --signatures vendor.json --signatures owner.json -o manifest.bin'),
    )
    .action((path: string, args: AttachArguments) => attach(terminal, path, args));
}
