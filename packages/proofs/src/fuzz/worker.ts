import { parentPort, workerData } from 'node:worker_threads';
import { type Bench, createBench } from './baseline.ts';
import { fuzzCommands, REQUESTS_PER_CASE } from './commands.ts';
import { fuzzImages } from './images.ts';
import { fuzzMailbox } from './mailbox.ts';
import type { Outcomes, Violation } from './outcomes.ts';
import { fuzzResets, RESETS_PER_CASE } from './resets.ts';

type Fuzz = (
  bench: Bench,
  seed: number,
  range: { readonly from: number; readonly to: number },
  progress: (done: number) => void,
) => Outcomes;

/** The kinds of runs, and of how many things that are counted a case consists. */
const RUNS = {
  images: { fuzz: fuzzImages, perCase: 1 },
  mailbox: { fuzz: fuzzMailbox, perCase: 1 },
  commands: { fuzz: fuzzCommands, perCase: REQUESTS_PER_CASE },
  resets: { fuzz: fuzzResets, perCase: RESETS_PER_CASE },
} as const satisfies Record<string, { readonly fuzz: Fuzz; readonly perCase: number }>;

/** What a worker is to do. */
export interface Job {
  readonly what: keyof typeof RUNS;
  readonly seed: number;
  /** Images, sequences, requests or resets: at least so many. */
  readonly count: number;
  /** One shared word: how many are done so far. */
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
  const { fuzz, perCase } = RUNS[what];
  const { counts, violations } = fuzz(createBench(), seed, { from: 0, to: Math.ceil(count / perCase) }, (cases) => {
    Atomics.store(done, 0, cases * perCase);
  });
  return { counts, violations };
}

parentPort?.postMessage(work(workerData as Job));
