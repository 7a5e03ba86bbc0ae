import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Findings, Job } from './fuzz/worker.ts';

/** How many of each, unless the command line says otherwise. */
const DEFAULTS = { images: 100_000, mailbox: 100_000, commands: 1_000_000, resets: 10_000 } as const;
const NAMES = {
  images: 'mutated images',
  mailbox: 'mutated mailbox sequences',
  commands: 'requests for commands',
  resets: 'resets',
} as const satisfies Record<Job['what'], string>;
const KINDS = Object.keys(DEFAULTS) as Job['what'][];

const USAGE = `usage: pnpm fuzz [--only KIND]... ${KINDS.map((kind) => `[--${kind} N]`).join(' ')} [--seed S]
  default ${KINDS.map((kind) => `${DEFAULTS[kind].toLocaleString('en')} ${kind}`).join(', ')}, seed 1; --only leaves out the other kinds`;
/** No case takes longer, whatever else the machine does. */
const HANG_MILLISECONDS = 60_000;
const REPORT_MILLISECONDS = 15_000;

/** Runs a job on a thread and watches it. @throws Error if a case does not end */
function run(job: Omit<Job, 'progress'>): Promise<Findings> {
  const progress = new SharedArrayBuffer(4);
  const done = new Int32Array(progress);
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./fuzz/worker.js', import.meta.url), { workerData: { ...job, progress } });
    let [last, since] = [-1, Date.now()];
    const watch = setInterval(() => {
      const now = Atomics.load(done, 0);
      if (now !== last) [last, since] = [now, Date.now()];
      process.stderr.write(`  ${job.what}: ${now.toLocaleString('en')} of ${job.count.toLocaleString('en')}\n`);
      if (Date.now() - since < HANG_MILLISECONDS) return;
      void worker.terminate();
      reject(new Error(`${job.what}: number ${now} of seed ${job.seed} hangs`));
    }, REPORT_MILLISECONDS);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => clearInterval(watch));
  });
}

/** Prints how often each outcome came. @returns whether every property held */
function report(what: string, count: number, seconds: number, { counts, violations }: Findings): boolean {
  console.log(`\n${count.toLocaleString('en')} ${what}, ${seconds.toFixed(0)} s; outcomes:`);
  for (const [outcome, times] of [...counts].sort((a, b) => b[1] - a[1]))
    console.log(`${String(times).padStart(8)}  ${outcome}`);
  for (const { case: number, property, detail } of violations) console.error(`case ${number}: ${property}: ${detail}`);
  console.log(violations.length === 0 ? `ok   ${what}: every property held` : `FAIL ${what}: see above`);
  return violations.length === 0;
}

async function fuzz(what: Job['what'], count: number, seed: number): Promise<boolean> {
  if (count === 0) return true;
  const start = performance.now();
  const findings = await run({ what, seed, count });
  return report(NAMES[what], count, (performance.now() - start) / 1000, findings);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: expected a whole number, got ${text}\n${USAGE}`);
  process.exit(2);
}

const option = (fallback: number) => ({ type: 'string', default: String(fallback) }) as const;
const { values } = parseArgs({
  options: {
    images: option(DEFAULTS.images),
    mailbox: option(DEFAULTS.mailbox),
    commands: option(DEFAULTS.commands),
    resets: option(DEFAULTS.resets),
    only: { type: 'string', multiple: true, default: [...KINDS] },
    seed: option(1),
  },
});
const wrong = values.only.find((kind) => !(KINDS as readonly string[]).includes(kind));
if (wrong !== undefined) {
  console.error(`--only: expected one of ${KINDS.join(', ')}, got ${wrong}\n${USAGE}`);
  process.exit(2);
}
const seed = wholeNumber('seed', values.seed);
console.log(
  `seed ${seed}. Properties: typed errors with a Caliptra code, no hang, nothing half-changed, no secret outside, a way back.`,
);
const results: boolean[] = [];
for (const kind of KINDS)
  if (values.only.includes(kind)) results.push(await fuzz(kind, wholeNumber(kind, values[kind]), seed));
process.exitCode = results.every(Boolean) ? 0 : 1;
