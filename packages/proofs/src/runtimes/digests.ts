import { bytesToHex } from '@rootcap/crypto';
import type { ChainAlgorithm } from 'rootcap';
import { manufacture } from 'rootcap/manufacture';

/** What a runtime shows of a device: the same everywhere, or something is wrong. */
export interface DeviceDigests {
  /** Name of the provider that computed. */
  readonly provider: string;
  /** SHA-256 of every certificate, root first, in hexadecimal. */
  readonly chains: Readonly<Record<ChainAlgorithm, readonly string[]>>;
  /** SHA-256 of all responses of some commands. */
  readonly responses: string;
  /** Milliseconds of a warm boot. */
  readonly boot: number;
}

/** Commands whose answers depend on the whole device. */
const COMMANDS = ['VERSION', 'CAPABILITIES', 'FW_INFO', 'GET_PCR_LOG', 'GET_RT_ALIAS_MLDSA87_CERT'] as const;

/** Makes and boots a device wherever this runs: nothing here is Node's. */
export function deviceDigests(): DeviceDigests {
  const { device, chain } = manufacture();
  const { provider } = device.options;
  const sha256 = (...parts: readonly Uint8Array[]): string => bytesToHex(provider.hashes.digest('sha256', ...parts));
  const chains = {
    'ecdsa-p384': chain('ecdsa-p384').map((der) => sha256(der)),
    mldsa87: chain('mldsa87').map((der) => sha256(der)),
  };
  const responses = COMMANDS.map((command) => device.mailbox.execute(command).data);
  const quote = device.mailbox.execute('QUOTE_PCRS_MLDSA87', new Uint8Array(32)).data;
  device.reset('cold');
  const start = performance.now();
  device.boot();
  return { provider: provider.name, chains, responses: sha256(...responses, quote), boot: performance.now() - start };
}

/** Differences between what two runtimes show, as sentences. */
export function compareDigests(expected: DeviceDigests, got: DeviceDigests): string[] {
  const differences: string[] = [];
  for (const algorithm of ['ecdsa-p384', 'mldsa87'] as const)
    expected.chains[algorithm].forEach((digest, i) => {
      const other = got.chains[algorithm][i];
      if (other !== digest) differences.push(`${algorithm} certificate ${i}: ${other}, expected ${digest}`);
    });
  if (expected.responses !== got.responses)
    differences.push(`responses: ${got.responses}, expected ${expected.responses}`);
  return differences;
}
