import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_ALGORITHMS, type ChainAlgorithm } from 'rootcap';
import { manufacture } from 'rootcap/manufacture';

/** Certificates of a chain, root first. */
const LAYERS = ['vendor-root', 'idevid', 'ldevid', 'fmc-alias', 'rt-alias'] as const;

/** Both complete chains of a device from the factory, root first, DER. */
export function completeChains(): Readonly<Record<ChainAlgorithm, readonly Uint8Array[]>> {
  const { chain } = manufacture();
  return { 'ecdsa-p384': chain('ecdsa-p384'), mldsa87: chain('mldsa87') };
}

/** Writes chains as `DIR/<algorithm>/<n>-<layer>.der`. @returns the directory of each chain */
export function writeChains(directory: string, chains: ReturnType<typeof completeChains>): string[] {
  return CHAIN_ALGORITHMS.map((algorithm) => {
    const own = join(directory, algorithm);
    mkdirSync(own, { recursive: true });
    chains[algorithm].forEach((der, i) => {
      writeFileSync(join(own, `${i}-${LAYERS[i] ?? 'extra'}.der`), der);
    });
    return own;
  });
}
