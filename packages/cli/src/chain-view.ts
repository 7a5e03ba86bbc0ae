import { type ChainResult, describeChain, guessLayer } from '@rootcap/dice/x509';
import type { Terminal } from './terminal.ts';

/** A chain in words, root first, its headlines in colour. */
export function chainLines({ paint }: Terminal, chain: ChainResult['chain']): string[] {
  return describeChain(chain)
    .split('\n')
    .map((line) => (line.startsWith('[') ? paint.bold(line) : `  ${line}`));
}

const ANCHOR_WORDS: Readonly<Record<ChainResult['anchor'], string>> = {
  trusted: 'a trusted root vouches for it',
  'self-signed': 'only its own root vouches for it',
  none: 'nobody vouches for it',
};

/** The verdict in one line, and a line for each finding. */
export function verdictLines({ paint }: Terminal, { anchor, chain, findings, valid }: ChainResult): string[] {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const verdict = valid
    ? paint.green(`VALID: ${chain.length} certificates, ${ANCHOR_WORDS[anchor]}`)
    : paint.red(`NOT VALID: ${errors} ${errors === 1 ? 'error' : 'errors'}`);
  return [
    verdict,
    ...findings.map(({ certificate, check, severity, text }) => {
      const where = certificate < 0 ? 'chain' : `certificate ${certificate}`;
      return `  ${severity === 'error' ? paint.red('error') : paint.yellow(severity)}  ${where}, ${check}: ${text}`;
    }),
  ];
}

/** The verdict as data. */
export function verdictJson({ anchor, chain, findings, valid }: ChainResult) {
  return {
    valid,
    anchor,
    findings,
    certificates: chain.map((certificate) => ({
      layer: guessLayer(certificate).layer,
      algorithm: certificate.publicKey.algorithm,
      subject: certificate.subject.text,
      issuer: certificate.issuer.text,
      serialNumber: certificate.serialNumber,
      validity: certificate.validity,
      size: certificate.der.length,
      der: certificate.der,
    })),
  };
}
