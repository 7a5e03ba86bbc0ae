import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './tools.ts';

export interface UnpackOptions {
  /** Also those that are installed; default no. */
  readonly installed?: boolean;
}

/**
 * Unpacks Debian packages, with all that they need and that is not installed, below `root`. Installs nothing and needs no
 * rights.
 *
 * @returns what went wrong
 */
export function unpackDebian(
  root: string,
  packages: readonly string[],
  { installed = false }: UnpackOptions = {},
): string | undefined {
  const reinstall = installed ? ['--reinstall'] : [];
  const install = ['install', '--simulate', ...reinstall, '--no-install-recommends', ...packages];
  const listed = runProgram('apt-get', install);
  const names = [...listed.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name as string);
  if (listed.status !== 0 || names.length === 0) return `apt-get cannot resolve the packages: ${listed.stderr.trim()}`;
  const downloads = join(root, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const fetched = spawnSync('apt-get', ['download', ...names], { cwd: downloads, encoding: 'utf8' });
  if (fetched.status !== 0) return `apt-get cannot fetch the packages: ${fetched.stderr?.trim()}`;
  for (const file of readdirSync(downloads)) {
    const { status, stderr } = runProgram('dpkg-deb', ['--extract', join(downloads, file), root]);
    if (status !== 0) return `${file}: ${stderr.trim()}`;
  }
  rmSync(downloads, { recursive: true });
  return undefined;
}
