import { type ChainResult, validateChain } from '@rootcap/dice/x509';
import { CHAIN_ALGORITHMS, type ChainAlgorithm, type DeviceOptions } from 'rootcap';
import { type ManufacturedDevice, manufacture } from 'rootcap/manufacture';
import type { Terminal } from '../terminal.ts';
import { KeyLadder } from './key-ladder.ts';
import { type BootStep, followBoot } from './progress.ts';

export const ALGORITHM_TITLES: Readonly<Record<ChainAlgorithm, string>> = {
  'ecdsa-p384': 'ECDSA P-384',
  mldsa87: 'ML-DSA-87',
};

/** A complete chain, root first, and the verdict on it. */
interface BootedChain {
  readonly algorithm: ChainAlgorithm;
  readonly certificates: readonly Uint8Array[];
  readonly result: ChainResult;
}

/** A device that reached its runtime, and what was seen on the way. */
export interface BootSession {
  readonly made: ManufacturedDevice;
  readonly steps: readonly BootStep[];
  readonly ladder: KeyLadder;
  readonly chains: readonly BootedChain[];
}

function validated(made: ManufacturedDevice, algorithm: ChainAlgorithm): BootedChain {
  const certificates = made.chain(algorithm);
  const { provider } = made.device.options;
  const trustAnchors = [made.vendorRoots[algorithm].certificate];
  return { algorithm, certificates, result: validateChain(certificates, { provider, trustAnchors }) };
}

/** Factory, power-on, runtime, both chains. @throws RotError if the device refuses to boot */
export function bootDevice(terminal: Terminal, options: DeviceOptions, quiet: boolean): BootSession {
  const made = manufacture(options);
  const { device } = made;
  const ladder = new KeyLadder(device);
  const progress = followBoot(terminal, device, quiet);
  const start = performance.now();
  try {
    device.boot();
  } finally {
    progress.done();
  }
  if (!quiet) {
    const time = Math.round(performance.now() - start);
    terminal.talk(terminal.paintTalk.dim(`${progress.steps.length} steps from fuses to runtime in ${time} ms`));
  }
  return { made, steps: progress.steps, ladder, chains: CHAIN_ALGORITHMS.map((name) => validated(made, name)) };
}
