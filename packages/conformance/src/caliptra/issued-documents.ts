import { type CertifiedLayer, storedCertificate } from '@rootcap/firmware';
import type { ChainAlgorithm, Device } from 'rootcap';
import { notRun } from '../suite.ts';

const ALGORITHMS: Readonly<Record<string, ChainAlgorithm>> = { ecc: 'ecdsa-p384', mldsa: 'mldsa87' };

const LAYERS: Readonly<Record<string, CertifiedLayer>> = {
  ldevid: 'ldevid',
  fmc_alias: 'fmc-alias',
  rt_alias: 'rt-alias',
};

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
  const layer = LAYERS[document as string] ?? notRun(`unknown layout: document "${kind}"`);
  return storedCertificate(device.context, layer, algorithm);
}
