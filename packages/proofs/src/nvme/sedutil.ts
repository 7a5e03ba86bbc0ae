import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../tools.ts';

const REPOSITORY = 'https://github.com/Drive-Trust-Alliance/sedutil';

function sources(scratch: string): string | undefined {
  const folder = join(scratch, 'sedutil');
  const given = process.env.SEDUTIL;
  if (given !== undefined) cpSync(given, folder, { recursive: true });
  else if (runProgram('git', ['clone', '--quiet', '--depth', '1', REPOSITORY, folder]).status !== 0) return undefined;
  return existsSync(join(folder, 'Common/sedutil.cpp')) ? folder : undefined;
}

const filesOf = (folder: string, suffix: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name));

/**
 * Builds sedutil-cli, linked statically, from the folder in SEDUTIL or from a clone.
 *
 * @returns its path, or undefined if there are no sources
 * @throws Error if it cannot be compiled
 */
export function buildSedutil(scratch: string): string | undefined {
  const folder = sources(scratch);
  if (folder === undefined) return undefined;
  writeFileSync(join(folder, 'linux/Version.h'), '#define GIT_VERSION "proof"\n');
  const objects = join(scratch, 'sedutil-objects');
  mkdirSync(objects);
  const includes = ['linux', 'Common', 'Common/pbkdf2'].flatMap((name) => ['-I', join(folder, name)]);
  const compile = (program: string, args: readonly string[]): void => {
    const { status, stderr } = runProgram(program, ['-O1', ...includes, ...args]);
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  for (const file of filesOf(join(folder, 'Common/pbkdf2'), '.c'))
    compile('gcc', ['-std=gnu11', '-c', file, '-o', join(objects, `${file.split('/').at(-1)}.o`)]);
  const output = join(scratch, 'sedutil-cli');
  const all = [...filesOf(join(folder, 'Common'), '.cpp'), ...filesOf(join(folder, 'linux'), '.cpp')];
  compile('g++', ['-std=c++11', '-static', '-o', output, ...all, ...filesOf(objects, '.o')]);
  return output;
}
