import { parseArgs } from 'node:util';
import { openVectors } from '@rootcap/conformance/node';
import { packPath } from '@rootcap/vectors';
import { fuzzAccesses } from './abr/accesses.ts';
import { compareWithProvider, OPERATION_KINDS } from './abr/agreement.ts';
import { runThroughRegisters } from './abr/vectors.ts';
import { Checklist } from './tools.ts';

const KINDS = ['vectors', 'accesses', 'agreement'] as const;
const USAGE = `usage: pnpm abr [--only KIND]... [--accesses N] [--agreement N] [--seed S]
  KIND is one of ${KINDS.join(', ')}; default all, 100000 accesses, 10000 operations of each of ${OPERATION_KINDS.length} kinds, seed 1`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [...KINDS] },
    accesses: { type: 'string', default: '100000' },
    agreement: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});

function wholeNumber(name: 'accesses' | 'agreement' | 'seed'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: expected a whole number, got ${values[name]}\n${USAGE}`);
  process.exit(2);
}

const wrong = values.only.find((kind) => !(KINDS as readonly string[]).includes(kind));
if (wrong !== undefined) {
  console.error(`--only: expected one of ${KINDS.join(', ')}, got ${wrong}\n${USAGE}`);
  process.exit(2);
}
const [accesses, agreement, seed] = [wholeNumber('accesses'), wholeNumber('agreement'), wholeNumber('seed')];
const list = new Checklist();

function vectors(): void {
  const { results, commands } = runThroughRegisters(openVectors(packPath()));
  let [passed, failed] = [0, 0];
  for (const { name, passed: right, failed: wrongly, notRun, failures = [] } of results) {
    passed += right;
    failed += wrongly;
    const left = notRun.map(({ reason, count }) => `, ${count} not run: ${reason}`).join('');
    console.log(`${String(right).padStart(6)} passed, ${wrongly} failed${left}  ${name}`);
    for (const { id, detail } of failures) console.error(`  ${id}: ${detail}`);
  }
  for (const [command, { runs, errors }] of [...commands].sort())
    console.log(`${String(runs).padStart(6)} times ${command}, ${errors} of them ended in the error state`);
  list.check(passed > 0 && failed === 0, `${passed} vectors through the registers, ${failed} failed`);
}

function randomAccesses(): void {
  const cases = (['rtl-2.0.3', 'emulator'] as const).flatMap((profile) => [
    { profile, ocpLock: false },
    { profile, ocpLock: true },
  ]);
  for (const { profile, ocpLock } of cases) {
    const found = fuzzAccesses(seed, accesses, profile, { ocpLock });
    for (const violation of found.violations.slice(0, 20)) console.error(`  ${violation}`);
    list.check(
      found.violations.length === 0,
      `${found.accesses} random accesses (${profile}${ocpLock ? ', OCP LOCK' : ''}): ${found.commands} commands, ${found.scans} searches for secrets, ` +
        `slowest ${found.slowestMilliseconds.toFixed(0)} ms, ${found.violations.length} violations`,
    );
  }
}

function randomOperations(): void {
  const operations = agreement * OPERATION_KINDS.length;
  const { counts, differences } = compareWithProvider(seed, { from: 0, to: operations }, (done) => {
    if (done % 500 === 0) process.stderr.write(`  agreement: ${done} of ${operations}\n`);
  });
  for (const [outcome, times] of [...counts].sort()) console.log(`${String(times).padStart(6)}  ${outcome}`);
  for (const difference of differences.slice(0, 20)) console.error(`  ${difference}`);
  list.check(
    differences.length === 0,
    `${operations} operations, ${agreement} of each kind, as the portable provider, ${differences.length} not`,
  );
}

const RUNS = { vectors, accesses: randomAccesses, agreement: randomOperations } as const;
for (const kind of KINDS) if (values.only.includes(kind)) RUNS[kind]();
process.exitCode = list.exitCode;
