import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { findSuites, type Report, runConformance, type Suite, type SuiteResult } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { type CryptoProvider, portableProvider } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { findVectorPacks, ownVectors, workingCopy } from '@rootcap/vectors';
import { type Command, Option } from 'commander';
import { Refusal, UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { padTo } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';

interface ConformanceArguments {
  readonly provider: 'node' | 'portable';
  readonly only?: string;
  readonly sample?: string;
}

const PROVIDERS: Readonly<Record<ConformanceArguments['provider'], () => CryptoProvider>> = {
  node: () => nodeProvider(),
  portable: () => portableProvider,
};

/** The vector packs of this machine, or else the vectors of the working copy. @throws UsageError if there are none */
function defaultDirectory({ io }: Terminal): string {
  const repository = workingCopy();
  const packs = usage(() => findVectorPacks({ env: io.env, cwd: io.cwd, repository }));
  if (packs !== undefined) return packs.directory;
  if (repository !== undefined) return ownVectors(repository);
  throw new UsageError('directory: name one with test vectors, or set ROOTCAP_VECTORS; the package brings none');
}

/** What a wrong variable is for whoever set it. */
function usage<T>(find: () => T): T {
  try {
    return find();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(cause.message, { cause });
  }
}

function suitesIn({ io }: Terminal, directory: string): Suite[] {
  const path = resolve(io.cwd, directory);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`directory: ${directory} is no directory`);
  return findSuites(openVectors(path));
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    throw new UsageError(`--only: "${text}" is no regular expression`, { cause });
  }
}

const count = (result: SuiteResult): number => result.notRun.reduce((sum, { count }) => sum + count, 0);

/** One line a set, and the details of its failures as talk. */
function printResult(terminal: Terminal, result: SuiteResult, nameColumns: number): void {
  const { dim, green, red, yellow } = terminal.paint;
  const { failed, name, notRun, passed, source } = result;
  const verdict = failed > 0 ? red('FAIL') : passed > 0 ? green('ok  ') : yellow('none');
  const counts = [`${passed} passed`, `${failed} failed`, `${count(result)} not run`].map((text, i) =>
    i === 1 && failed > 0 ? red(text) : text,
  );
  const reasons = notRun.map(({ count, reason }) => `${count} ${reason}`).join('; ');
  terminal.print(
    `${verdict} ${padTo(name, nameColumns)}  ${counts.join(', ')}  ${dim(source)}${reasons === '' ? '' : dim(`  (${reasons})`)}`,
  );
}

function talkFailures(terminal: Terminal, { failed, failures = [], name }: SuiteResult): void {
  for (const { detail, id } of failures) terminal.talk(`${terminal.paintTalk.red('failed')} ${name} ${id}: ${detail}`);
  if (failed > failures.length) terminal.talk(`… and ${failed - failures.length} more in ${name}`);
}

function runSuites(terminal: Terminal, suites: readonly Suite[], args: ConformanceArguments): Report {
  const sample = args.sample === undefined ? undefined : parseInteger(args.sample, '--sample');
  const limits =
    sample === undefined ? {} : { limits: { testsPerSuite: sample, monteCarloRounds: Math.min(sample, 100) } };
  const nameColumns = Math.max(...suites.map(({ name }) => name.length));
  return runConformance(suites, { provider: PROVIDERS[args.provider](), ...limits }, (result) => {
    if (!terminal.asJson) printResult(terminal, result, nameColumns);
    talkFailures(terminal, result);
  });
}

function conformance(terminal: Terminal, directories: readonly string[], args: ConformanceArguments): void {
  const places = directories.length === 0 ? [defaultDirectory(terminal)] : directories;
  const wanted = args.only === undefined ? /(?:)/ : pattern(args.only);
  const all = places.flatMap((directory) => suitesIn(terminal, directory));
  const suites = all.filter(({ name, source }) => wanted.test(name) || wanted.test(source));
  if (suites.length === 0)
    throw new Refusal(`directory: none of ${all.length} known sets fits${all.length === 0 ? ': none was found' : ''}`);
  const report = runSuites(terminal, suites, args);
  if (terminal.asJson) terminal.printJson(report);
  else {
    const { failed, notRun, passed } = report;
    terminal.print(
      `${suites.length} sets with provider ${args.provider}: ${passed} passed, ${failed} failed, ${notRun} not run`,
    );
  }
  if (report.failed > 0) terminal.fail();
}

/** `conformance`: official vectors and recordings against this library. */
export function conformanceCommand(program: Command, terminal: Terminal): void {
  program
    .command('conformance')
    .description('run every known set of test vectors below the directories')
    .argument('[directory...]', 'default: the packs that ROOTCAP_VECTORS names, or those of the working copy')
    .addOption(new Option('--provider <name>', 'cryptography to test').choices(['node', 'portable']).default('node'))
    .option('--only <pattern>', 'sets whose name or source matches, a regular expression, case aside')
    .option('--sample <n>', 'at most that many tests of a set, spread evenly')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'conformance',
        'conformance --only ml-kem --provider portable',
        'conformance vectors/ --sample 20 --json',
      ),
    )
    .action((directories: string[], args: ConformanceArguments) => conformance(terminal, directories, args));
}
