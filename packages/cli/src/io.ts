import { readFileSync } from 'node:fs';

/** Where text goes: a stream, or a test. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** All that the command touches besides files. Data goes to `stdout`, everything said about it to `stderr`. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory that relative paths start from. */
  readonly cwd: string;
  /** All of standard input: the file named `-`. */
  stdin(): Uint8Array;
}

/** The process itself. A reader that goes away early, such as `head`, ends it quietly. */
export function processIo(): Io {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    stdin: () => new Uint8Array(readFileSync(0)),
  };
}
