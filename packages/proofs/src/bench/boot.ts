import type { CryptoProvider } from '@rootcap/crypto';
import { createDevice, type DeviceOptions } from 'rootcap';
import { PrimitiveRecorder, type RecordedCall } from './recorder.ts';
import { cost, milliseconds, percentile } from './statistics.ts';

export interface BootMeasurement {
  /** Milliseconds from power-on to both chains. */
  readonly boot: number;
  readonly bootMedian: number;
  /** Milliseconds of the same primitive calls, made alone. */
  readonly primitives: number;
  readonly ratio: number;
  readonly calls: readonly RecordedCall[];
}

function bootToChains(options: DeviceOptions): void {
  const device = createDevice(options).boot();
  device.certificateChain('ecdsa-p384');
  device.certificateChain('mldsa87');
}

/** The primitive calls of a boot. A first boot passes the known-answer tests and builds the demo firmware. */
export function primitivesOfBoot(
  options: DeviceOptions & { readonly provider: CryptoProvider },
): readonly RecordedCall[] {
  const recorder = new PrimitiveRecorder(options.provider);
  const recorded = { ...options, provider: recorder.provider };
  bootToChains(recorded);
  return recorder.record(() => bootToChains(recorded));
}

/** Boots and replays in turn, so that both see the same machine. */
export function measureBoot(
  options: DeviceOptions & { readonly provider: CryptoProvider },
  rounds: number,
): BootMeasurement {
  const calls = primitivesOfBoot(options);
  const replay = (): void => {
    for (const call of calls) call.run();
  };
  for (let i = 0; i < 3; i++) {
    bootToChains(options);
    replay();
  }
  const boots: number[] = [];
  const replays: number[] = [];
  for (let i = 0; i < rounds; i++) {
    boots.push(milliseconds(() => bootToChains(options)));
    replays.push(milliseconds(replay));
  }
  const [boot, primitives] = [cost(boots), cost(replays)];
  return { boot, bootMedian: percentile(boots, 0.5), primitives, ratio: boot / primitives, calls };
}

export interface PrimitiveShare {
  readonly name: string;
  readonly count: number;
  readonly milliseconds: number;
}

/** Where the time of the primitives goes, most expensive first. */
export function shares(calls: readonly RecordedCall[], rounds: number): PrimitiveShare[] {
  const samples = calls.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++)
    calls.forEach((call, i) => {
      samples[i]?.push(milliseconds(call.run));
    });
  const totals = new Map<string, { count: number; milliseconds: number }>();
  calls.forEach(({ name }, i) => {
    const total = totals.get(name) ?? { count: 0, milliseconds: 0 };
    totals.set(name, { count: total.count + 1, milliseconds: total.milliseconds + cost(samples[i] ?? [0]) });
  });
  return [...totals].map(([name, total]) => ({ name, ...total })).sort((a, b) => b.milliseconds - a.milliseconds);
}
