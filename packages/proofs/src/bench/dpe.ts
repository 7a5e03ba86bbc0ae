import type { CryptoProvider } from '@rootcap/crypto';
import { CHAIN_ALGORITHMS, type ChainAlgorithm, createDevice, type Device } from 'rootcap';
import { PrimitiveRecorder } from './recorder.ts';
import { milliseconds, percentile } from './statistics.ts';

export interface DpeMeasurement {
  readonly name: string;
  /** Milliseconds of the command through the mailbox of a running device. */
  readonly command: number;
  /** Milliseconds of its primitive calls alone. */
  readonly primitives: number;
  readonly ratio: number;
}

const LABEL = new Uint8Array(48).fill(1);
/** What is signed: a digest, or the external mu of ML-DSA. */
const toBeSigned = (algorithm: ChainAlgorithm): Uint8Array => new Uint8Array(algorithm === 'mldsa87' ? 64 : 48).fill(2);

/** What a client of the DPE asks for most. */
const COMMANDS = {
  CertifyKey: (device: Device, algorithm: ChainAlgorithm): void => {
    device.dpe.call('CertifyKey', { format: 0, label: LABEL }, { algorithm });
  },
  Sign: (device: Device, algorithm: ChainAlgorithm): void => {
    device.dpe.call('Sign', { label: LABEL, tbs: toBeSigned(algorithm) }, { algorithm });
  },
} as const;

/**
 * Each command, and then the same primitive calls alone: a signature tries until one fits, so only the same calls are the
 * same work. Medians, the ratio too.
 */
export function measureDpe(provider: CryptoProvider, rounds: number): DpeMeasurement[] {
  const recorder = new PrimitiveRecorder(provider);
  const device = createDevice({ provider: recorder.provider }).boot();
  const round = (run: () => void): { command: number; primitives: number } => {
    let command = 0;
    const calls = recorder.record(() => {
      command = milliseconds(run);
    });
    const primitives = milliseconds(() => {
      for (const call of calls) call.run();
    });
    return { command, primitives };
  };
  return CHAIN_ALGORITHMS.flatMap((algorithm) =>
    Object.entries(COMMANDS).map(([name, run]) => {
      for (let i = 0; i < 3; i++) run(device, algorithm);
      const samples = Array.from({ length: rounds }, () => round(() => run(device, algorithm)));
      const median = (of: (sample: ReturnType<typeof round>) => number): number => percentile(samples.map(of), 0.5);
      return {
        name: `${name} ${algorithm}`,
        command: median((sample) => sample.command),
        primitives: median((sample) => sample.primitives),
        ratio: median((sample) => sample.command / sample.primitives),
      };
    }),
  );
}
