import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { type Output, run } from '@rootcap/cli';
import { hasPack, packPath } from '@rootcap/vectors';

/** What a run of the command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
  readonly tty?: boolean;
}

function capture(tty: boolean): Output & { text: string } {
  return {
    text: '',
    isTTY: tty,
    write(text: string) {
      this.text += text;
    },
  };
}

/** The command in this process. */
export async function rootcap(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd = tmpdir(), env = {}, stdin = new Uint8Array(0), tty = false } = options;
  const stdout = capture(tty);
  const stderr = capture(tty);
  const code = await run(argv, { stdout, stderr, env, cwd, stdin: () => stdin });
  return { code, out: stdout.text, err: stderr.text };
}

/** A directory that is gone after the tests. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rootcap-cli-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a file. @returns its path */
export function file(directory: string, name: string, data: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, data);
  return path;
}

export const read = (...path: readonly string[]): Uint8Array => new Uint8Array(readFileSync(join(...path)));
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export { hasPack, packPath as vectors };

export const jsonOf = <T>(...path: readonly string[]): T => JSON.parse(readFileSync(packPath(...path), 'utf8')) as T;

/** Some bytes that are the same every time. */
export const pattern = (size: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i * 37 + seed) & 0xff);

/** FMC and runtime payloads, and a bundle of them signed with demo keys. */
export async function makeBundle(directory: string, ...options: readonly string[]): Promise<string> {
  file(directory, 'fmc.bin', pattern(4000));
  file(directory, 'runtime.bin', pattern(8000, 2));
  const path = join(directory, `bundle${options.join('')}.bin`);
  const command = ['image', 'build', '--fmc', 'fmc.bin', '--runtime', 'runtime.bin', '--demo-keys', '-o', path];
  const { code, err } = await rootcap([...command, ...options], { cwd: directory });
  if (code !== 0) throw new Error(err);
  return path;
}
