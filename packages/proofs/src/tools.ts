import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a program said and how it ended. */
export interface ProgramResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. A program that cannot be started has status 127. */
export function runProgram(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ProgramResult {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 << 20,
  });
  return {
    status: result.status ?? (result.error === undefined ? 1 : 127),
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? result.error?.message ?? '',
  };
}

/** Path of a program on PATH. */
export function findProgram(...names: readonly string[]): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(existsSync);
}

/** Runs a program that an npm package brings, through npx, which keeps it in npm's cache. */
export function runFromNpm(packages: readonly string[], command: readonly string[]): ProgramResult {
  return runProgram('npx', ['--yes', ...packages.flatMap((name) => ['--package', name]), '--', ...command]);
}

/** A requirement that a run checks: prints it, and remembers if it was not met. */
export class Checklist {
  #failed = 0;

  check(met: boolean, text: string): void {
    if (!met) this.#failed++;
    console.log(`${met ? 'ok  ' : 'FAIL'} ${text}`);
  }

  get exitCode(): number {
    return this.#failed === 0 ? 0 : 1;
  }
}
