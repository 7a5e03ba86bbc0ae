import { parentPort, workerData } from 'node:worker_threads';
import { createBench } from './baseline.ts';
import { fuzzImages } from './images.ts';
import { fuzzMailbox } from './mailbox.ts';
import type { Violation } from './outcomes.ts';

/** What a worker is to do. */
export interface Job {
  readonly what: 'images' | 'mailbox';
  readonly seed: number;
  readonly count: number;
  /** One shared word: cases done so far. */
  readonly progress: SharedArrayBuffer;
}

/** What a worker found. */
export interface Findings {
  readonly counts: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
}

/** Runs on a thread of its own, so that a hang can be seen from outside. */
function work({ what, seed, count, progress }: Job): Findings {
  const done = new Int32Array(progress);
  const fuzz = what === 'images' ? fuzzImages : fuzzMailbox;
  const { counts, violations } = fuzz(createBench(), seed, { from: 0, to: count }, (cases) => {
    Atomics.store(done, 0, cases);
  });
  return { counts, violations };
}

parentPort?.postMessage(work(workerData as Job));
