import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

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
  /** Lines that a person types; absent if nobody is there to type. */
  readonly lines?: (prompt: () => string, complete: Completer) => AsyncIterable<string>;
}

/** What may stand in the place of the last word of a line, and that word. */
type Completer = (line: string) => [matches: string[], word: string];

/** Prompts on stderr, so that stdout stays data. */
async function* typedLines(prompt: () => string, complete: Completer): AsyncIterable<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, completer: complete });
  try {
    lines.setPrompt(prompt());
    lines.prompt();
    for await (const line of lines) {
      yield line;
      lines.setPrompt(prompt());
      lines.prompt();
    }
  } finally {
    lines.close();
  }
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
    ...(process.stdin.isTTY ? { lines: typedLines } : {}),
  };
}
