import type { ChainAlgorithm, Device } from 'rootcap';
import { notRun } from '../suite.ts';

const ALGORITHMS: Readonly<Record<string, ChainAlgorithm>> = { ecc: 'ecdsa-p384', mldsa: 'mldsa87' };

/** Layers of `certificateChain`, leaf first. */
const CHAIN = ['rt_alias', 'fmc_alias', 'ldevid'];

/**
 * A certificate or CSR of a booted device by the name that recordings use: `<layer>_<ecc|mldsa>`, `<layer>_csr_…`,
 * `csr_envelope`.
 */
export function issuedDocument(device: Device, kind: string): Uint8Array | undefined {
  if (kind === 'csr_envelope') return device.csrEnvelope();
  const [, document, short] = /^(.*)_(ecc|mldsa)$/.exec(kind) ?? notRun(`unknown layout: document "${kind}"`);
  const algorithm = ALGORITHMS[short as string] as ChainAlgorithm;
  if (document === 'idevid_csr') return device.idevidCsr(algorithm);
  if (document === 'fmc_alias_csr') return device.fmcAliasCsr(algorithm);
  const layer = CHAIN.indexOf(document as string);
  if (layer < 0) notRun(`unknown layout: document "${kind}"`);
  return device.certificateChain(algorithm)[layer];
}
