import { defaultProvider } from '@rootcap/crypto/default';
import { describe, guessLayer, validateChain } from '@rootcap/dice/x509';
import type { Command } from 'commander';
import { chainLines, verdictJson, verdictLines } from '../chain-view.ts';
import { Refusal, UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { certificatesAndRequestsOf, readCertificates } from '../load-certificates.ts';
import type { Terminal } from '../terminal.ts';

interface VerifyArguments {
  readonly root?: readonly string[];
  readonly at?: string;
}

function show(terminal: Terminal, files: readonly string[]): void {
  const all = files.flatMap((path) => certificatesAndRequestsOf(terminal.read(path, 'file')));
  if (all.length === 0) throw new Refusal('file: no certificate and no request in it');
  if (terminal.asJson) {
    terminal.printJson({
      certificates: all.map((certificate) => ({
        kind: certificate.kind,
        ...guessLayer(certificate),
        algorithm: certificate.publicKey.algorithm,
        subject: certificate.subject.text,
        ...(certificate.kind === 'certificate' ? { issuer: certificate.issuer.text, ...certificate.validity } : {}),
        claims: certificate.decoded,
        size: certificate.der.length,
      })),
    });
    return;
  }
  const text = all.map((certificate, i) => `[${i}] ${describe(certificate)}`).join('\n');
  for (const line of text.split('\n')) terminal.print(line.startsWith('[') ? terminal.paint.bold(line) : `  ${line}`);
}

function verify(terminal: Terminal, files: readonly string[], { at, root }: VerifyArguments): void {
  const certificates = readCertificates(terminal, files, 'file');
  if (certificates.length === 0) throw new Refusal('file: no certificate in it');
  const anchors = root === undefined ? undefined : readCertificates(terminal, root, '--root');
  if (anchors?.length === 0) throw new UsageError('--root: no certificate in it');
  const result = validateChain(certificates, {
    provider: defaultProvider(),
    ...(anchors === undefined ? {} : { trustAnchors: anchors }),
    ...(at === undefined ? {} : { at: dateOf(at) }),
  });
  if (terminal.asJson) terminal.printJson(verdictJson(result));
  else
    for (const line of [...chainLines(terminal, result.chain), ...verdictLines(terminal, result)]) terminal.print(line);
  if (!result.valid) terminal.fail();
}

/** A day means its first second. @throws UsageError */
function dateOf(text: string): string {
  if (/^\d{14}Z$/.test(text)) return text;
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(full) || Number.isNaN(Date.parse(full)))
    throw new UsageError(`--at: expected YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ or YYYYMMDDHHMMSSZ, got "${text}"`);
  return full;
}

/** `chain`: certificates in words, and whether they hold together. */
export function chainCommand(program: Command, terminal: Terminal): void {
  const chain = program.command('chain').description('read and validate certificate chains');
  chain
    .command('show')
    .description('say in words what certificates and requests claim; nothing is verified')
    .argument('<file...>', 'PEM or DER, - for standard input')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('chain show device/chain-mldsa.pem', 'chain show device/idevid-csr-ecdsa.der'))
    .action((files: string[]) => show(terminal, files));
  chain
    .command('verify')
    .description('validate a chain, in either direction; without --root up to its own self-signed root')
    .argument('<file...>', 'PEM or DER, - for standard input')
    .option('--root <file>', 'trusted root, may be given several times', (path, all: readonly string[] = []) => [
      ...all,
      path,
    ])
    .option('--at <date>', 'time at which it has to be valid; left out: validity is not compared with any time')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'chain verify device/chain-ecdsa.pem --root device/vendor-root-ecdsa.pem',
        'chain verify rt-alias.der fmc-alias.der ldevid.der idevid.der --root root.der --at 2026-01-01',
      ),
    )
    .action((files: string[], args: VerifyArguments) => verify(terminal, files, args));
}
